// The process is killed while people work. Whatever was acknowledged is there afterwards, whole.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client, databases, pause, until } from '../support/server.mjs'
import { open_office } from '../support/office.mjs'

const rounds = Number(process.env.GX_CRASH_ROUNDS ?? 25)
const writers = 8
// A generator of its own, so that a run can be repeated.
const seed = Number(process.env.GX_SEED ?? Date.now() % 1_000_000)
let random_state = seed
const random = (below) => {
  random_state = (random_state * 1_103_515_245 + 12_345) % 2_147_483_648
  return random_state % below
}

// SQLite ends with the process; PostgreSQL goes on, and only the program is killed.
for (const kind of databases) {
  describe(`kill -9 on ${kind} (seed ${seed})`, () => {
    let office, server
    before(async () => {
      office = await open_office(kind)
      server = office.server
    })
    after(async () => {
      await server.stop()
    })

    // The same session on the server that runs now.
    const client_of = (session) => Object.assign(new Client(server.origin), { cookie: session.cookie, csrf: session.csrf, user: session.user })

    test(`${rounds} rounds under ${writers} writers lose no acknowledged write and leave no half of one`, async (context) => {
      const acknowledged = new Map() // id: what was last told to be stored
      const unsure = new Set() // ids whose last change was sent, but never answered
      const together = [] // names of three that were sent as one
      const starts = []
      let serial = 0
      for (let round = 1; round <= rounds; ++round) {
        let running = true
        const write = async (writer) => {
          const client = client_of(office.boss)
          const own = []
          while (running) {
            const turn = ++serial
            const name = `r${round} w${writer} n${turn}`
            try {
              if (!own.length || turn % 4 < 2) {
                const answer = await client.post('/api/records/customer', { name, short_name: 'v1' })
                if (answer.status !== 201) continue
                acknowledged.set(answer.body.id, { short_name: 'v1', version: 1, number: answer.body.number })
                own.push({ id: answer.body.id, version: 1 })
              } else if (turn % 4 === 2) {
                const one = own[turn % own.length]
                const short_name = `v${one.version + 1} ${turn}`
                unsure.add(one.id)
                const answer = await client.patch(`/api/records/customer/${one.id}`, { short_name }, { 'if-match': String(one.version) })
                if (answer.status !== 200) continue
                one.version = answer.body.version
                acknowledged.set(one.id, { ...acknowledged.get(one.id), short_name, version: one.version })
                unsure.delete(one.id)
              } else {
                // Several records in one request: all or none.
                together.push(name)
                const answer = await client.post('/api/records/customer', [{ name: `${name} a` }, { name: `${name} b` }, { name: `${name} c` }])
                if (answer.status !== 201) continue
                for (const id of answer.body.ids) acknowledged.set(id, { short_name: null, version: 1 })
              }
            } catch {
              return // the server is gone
            }
          }
        }
        const work = Array.from({ length: writers }, (_, writer) => write(writer))
        await pause(100 + random(250))
        await server.kill()
        running = false
        await Promise.all(work)
        server = await office.installation.serve()
        starts.push(server.start_milliseconds)
      }
      const boss = client_of(office.boss)
      const stored = new Map((await boss.all('customer')).map((record) => [record.id, record]))
      for (const [id, told] of acknowledged) {
        const record = stored.get(id)
        assert.ok(record, `acknowledged record ${id} is gone`)
        if (told.number) assert.equal(record.number, told.number)
        if (unsure.has(id) && record.version !== told.version) {
          // The change that was never answered is there whole or not at all.
          assert.equal(record.version, told.version + 1)
          assert.match(record.short_name, new RegExp(`^v${record.version} `))
        } else {
          assert.deepEqual([record.version, record.short_name], [told.version, told.short_name])
        }
      }
      for (const name of together) {
        const parts = [...stored.values()].filter((record) => record.name.startsWith(`${name} `))
        assert.ok(parts.length === 0 || parts.length === 3, `${name}: ${parts.length} of 3`)
      }
      const numbers = [...stored.values()].map(({ number }) => number)
      assert.equal(new Set(numbers).size, numbers.length, 'no number twice')
      // What belongs to a record is written with it: history and search.
      for (const id of [...acknowledged.keys()].filter((_, i) => i % 50 === 0)) {
        const record = stored.get(id)
        const { history } = await boss.expect(200, 'GET', `/api/records/customer/${id}/history`)
        assert.equal(history[0].version, record.version)
        assert.equal(history.length, record.version)
        assert.ok((await boss.list('customer', { search: record.name, limit: 500 })).records.some((found) => found.id === id), record.name)
      }
      starts.sort((a, b) => a - b)
      context.diagnostic(`${acknowledged.size} records acknowledged; restart ${Math.round(starts[starts.length >> 1])} ms in the middle, ${Math.round(starts.at(-1))} ms at most`)
      assert.ok(acknowledged.size > rounds, 'there was work to lose')
    })

    test('an import that is broken off leaves nothing after the next start', async () => {
      const boss = client_of(office.boss)
      const before = await boss.count('customer')
      const rows = Array.from({ length: 30_000 }, (_, i) => `断 ${i} 号公司,备注 ${i}`)
      const file = await boss.upload('broken.csv', `客户名称,备注\n${rows.join('\n')}\n`)
      const import_ = await boss.expect(201, 'POST', '/api/imports', { body: { object: 'customer', file: file.id } })
      const { job } = await boss.expect(202, 'POST', `/api/imports/${import_.id}/run`)
      await until('rows are written', async () => (await boss.count('customer')) > before + 500, 60_000)
      await server.kill()
      server = await office.installation.serve()
      const again = client_of(office.boss)
      assert.equal(await again.count('customer'), before)
      const { state } = await again.expect(200, 'GET', `/api/imports/${import_.id}`)
      assert.ok(['failed', 'cancelled'].includes(state), state)
      assert.ok(['failed', 'cancelled'].includes((await again.expect(200, 'GET', `/api/jobs/${job}`)).state))
      assert.equal((await again.list('customer', { search: '号公司', limit: 5 })).records.length, 0)
    })

    test('two people editing the same record never lose an update silently', async () => {
      const clients = [client_of(office.boss), await server.sign_in(office.accounts.boss)]
      const made = await clients[0].create('customer', { name: '同改公司' })
      const written = []
      await Promise.all(
        clients.map(async (client, who) => {
          for (let i = 0; i < 40; ++i) {
            const { version } = await client.read('customer', made.id)
            const short_name = `p${who} ${i}`
            const answer = await client.patch(`/api/records/customer/${made.id}`, { short_name }, { 'if-match': String(version) })
            assert.ok([200, 412].includes(answer.status), String(answer.status))
            if (answer.status === 200) written.push({ version: answer.body.version, batch: answer.body.batch, short_name })
            else assert.ok(answer.body.current.version > version, 'a refusal shows what is newer')
          }
        }),
      )
      // An answer shows the record as it stands when it is read, which may be a change of the other later.
      assert.equal(new Set(written.map(({ batch }) => batch)).size, written.length, 'each acknowledged write is one of its own')
      const last = await clients[0].read('customer', made.id)
      assert.equal(last.version, written.length + 1, 'as many versions as acknowledged writes')
      const newest = written.filter(({ version }) => version === last.version)
      assert.ok(newest.some(({ short_name }) => short_name === last.short_name), last.short_name)
      const told = []
      let after
      do {
        const page = await clients[0].expect(200, 'GET', `/api/records/customer/${made.id}/history`, { query: { after } })
        told.push(...page.history)
        after = page.next ?? undefined
      } while (after)
      assert.equal(told.length, written.length + 1, 'the history has every one of them')
    })

    test('a clean stop finishes what is running, and what was answered is there', async () => {
      const boss = client_of(office.boss)
      const before = await boss.count('customer')
      const answers = Promise.allSettled(Array.from({ length: 24 }, (_, i) => boss.post('/api/records/customer', { name: `停前 ${i}` })))
      await pause(30)
      const end = await server.stop()
      const made = (await answers).filter(({ status, value }) => status === 'fulfilled' && value.status === 201).length
      assert.deepEqual(end, { code: 0, signal: null })
      server = await office.installation.serve()
      const there = (await client_of(office.boss).count('customer')) - before
      assert.ok(there >= made, `${there} of ${made}`)
    })
  })
}
