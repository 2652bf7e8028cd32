// A mail server that keeps what it gets: enough of SMTP for a program that sends, and nothing else.
import { createServer } from 'node:net'
import { until } from './server.mjs'

export async function open_mailbox() {
  const mails = []
  const box = { mails, refuse: 0 }
  const server = createServer((socket) => {
    let rest = ''
    let mail
    let reading = false
    const say = (line) => socket.write(line + '\r\n')
    say('220 mailbox.test ESMTP')
    socket.on('error', () => {})
    socket.on('data', (piece) => {
      rest += piece.toString('latin1')
      for (let at; (at = rest.indexOf('\r\n')) >= 0; ) {
        const line = rest.slice(0, at)
        rest = rest.slice(at + 2)
        if (reading) {
          if (line !== '.') {
            mail.raw += line.replace(/^\./, '') + '\r\n'
            continue
          }
          reading = false
          mails.push(read_mail(mail))
          say('250 kept')
        } else if (/^(EHLO|HELO)/i.test(line)) {
          say('250 mailbox.test')
        } else if (/^MAIL FROM:<(.*)>/i.test(line)) {
          if (box.refuse-- > 0) {
            say('451 come again later')
            continue
          }
          mail = { from: line.match(/<(.*)>/)[1], to: [], raw: '' }
          say('250 ok')
        } else if (/^RCPT TO:<(.*)>/i.test(line)) {
          mail.to.push(line.match(/<(.*)>/)[1])
          say('250 ok')
        } else if (/^DATA/i.test(line)) {
          reading = true
          say('354 go on')
        } else if (/^QUIT/i.test(line)) {
          say('221 bye')
          socket.end()
        } else {
          say('500 what?')
        }
      }
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  server.unref()
  box.url = `smtp://127.0.0.1:${server.address().port}`
  box.close = () => server.close()
  box.next = (condition, milliseconds = 10_000) => until('an e-mail arrives', () => mails.find(condition), milliseconds)
  return box
}

function read_mail({ from, to, raw }) {
  const [head, body] = [raw.slice(0, raw.indexOf('\r\n\r\n')), raw.slice(raw.indexOf('\r\n\r\n') + 4)]
  const headers = {}
  for (const line of head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')) headers[line.slice(0, line.indexOf(':')).toLowerCase()] = line.slice(line.indexOf(':') + 1).trim()
  const words = (text) => text.replaceAll(/\?=\s+=\?/g, '?==?').replaceAll(/=\?UTF-8\?B\?(.*?)\?=/g, (_, coded) => Buffer.from(coded, 'base64').toString('utf8'))
  return { from, to, headers, subject: words(headers.subject ?? ''), text: Buffer.from(body, 'base64').toString('utf8') }
}
