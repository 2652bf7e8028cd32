// An SMS gateway that keeps what it gets and says what it costs: what docs/operations.md describes, and nothing else.
import { createServer } from 'node:http'
import { until } from './server.mjs'

export async function open_sms_gateway() {
  const messages = []
  const box = { messages, refuse: 0 }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    if (box.refuse-- > 0) {
      response.writeHead(503).end(`come again later with ${new URLSearchParams(body).get('text')}`)
      return
    }
    const form = new URLSearchParams(body)
    const message = { ...Object.fromEntries(form), method: request.method, path: request.url, authorization: request.headers.authorization }
    messages.push(message)
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ id: `sms-${messages.length}`, cost: '0.045' }))
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  server.unref()
  box.url = `http://a-token@127.0.0.1:${server.address().port}/send`
  box.close = () => server.close()
  box.next = (condition, milliseconds = 10_000) => until('an SMS arrives', () => messages.find(condition), milliseconds)
  return box
}
