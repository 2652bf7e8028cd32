// What ends a session, an API key or a share ends everything of it within a second: pages, programs, event streams.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases, until } from '../support/server.mjs'
import { open_office } from '../support/office.mjs'

for (const kind of databases) {
  describe(`ends of sessions on ${kind}`, () => {
    let office, boss, server, other
    const servers = []
    before(async () => {
      office = await open_office(kind)
      ;({ boss, server } = office)
      servers.push(server)
      await allow_keys()
      // One database, two processes: only PostgreSQL has that.
      if (kind === 'postgres') servers.push((other = await office.installation.serve(['--node', '1'])))
    })
    after(async () => {
      for (const one of servers) {
        assert.deepEqual(one.defects(), [])
        await one.stop()
      }
    })

    // The same session as seen by another process.
    function through(process, client) {
      const same = process.stranger()
      same.cookie = client.cookie
      same.csrf = client.csrf
      return same
    }

    // Pages and streams of a fresh session of `zhou` in every process; what `act` does cuts all of them within a second.
    async function cut_within_a_second(act) {
      const zhou = await server.sign_in(office.accounts.zhou)
      const seen = servers.map((process) => through(process, zhou))
      const streams = await Promise.all(seen.map((client) => client.events()))
      for (const client of seen) await client.expect(200, 'GET', '/api/session')
      await act(zhou)
      const since = Date.now()
      await Promise.all([
        ...streams.map((stream) => until('the stream closes', () => stream.closed, 5000)),
        ...seen.map((client) => until('the page is refused', async () => (await client.get('/api/records/customer')).status === 401, 5000)),
      ])
      const took = Date.now() - since
      assert.ok(took < 1000, `${took} ms`)
      for (const stream of streams) assert.ok(stream.received.some(({ event }) => event === 'ended'), 'the page is told')
      return took
    }

    const account = async () => (await boss.all('user', { filter: ['login', 'is', 'zhou'] }))[0]

    test('sign-out', () => cut_within_a_second((zhou) => zhou.expect(204, 'DELETE', '/api/session')))

    test('an administrator ends the session of somebody online (covers: PLAT-126)', async () => {
      await cut_within_a_second(async (zhou) => {
        const { sessions } = await boss.expect(200, 'GET', '/api/sessions')
        const his = sessions.filter(({ user }) => user.login === 'zhou').toSorted((a, b) => b.since.localeCompare(a.since))[0]
        assert.equal(his.user.name, '周凯')
        assert.equal(his.address, '127.0.0.1')
        assert.ok(Math.abs(Date.parse(his.since) - Date.now()) < 60_000)
        assert.ok(Date.parse(his.seen) >= Date.parse(his.since))
        assert.equal((await zhou.get('/api/sessions')).status, 403)
        assert.equal((await zhou.delete(`/api/sessions/${his.id}`)).status, 403)
        await boss.expect(204, 'DELETE', `/api/sessions/${his.id}`)
        assert.equal((await boss.delete(`/api/sessions/${his.id}`)).status, 404)
      })
    })

    test('all sessions of one account at once', () => cut_within_a_second(async () => boss.expect(204, 'DELETE', `/api/accounts/${(await account()).id}/sessions`)))

    test('a changed password (covers: PLAT-06)', async () => {
      const there = await server.sign_in(office.accounts.zhou)
      await cut_within_a_second(() => there.expect(204, 'POST', '/api/session/password', { body: { old: office.accounts.zhou.password, new: 'another one for zhou' } }))
      await there.expect(200, 'GET', '/api/session')
      office.accounts.zhou.password = 'another one for zhou'
    })

    test('disabling the account, in the browser and on the command line (covers: PLAT-50)', async () => {
      await cut_within_a_second(async () => boss.change('user', await account(), { status: 'disabled' }))
      assert.equal((await server.stranger().post('/api/session', office.accounts.zhou)).status, 401)
      await boss.change('user', await account(), { status: 'active' })
      await cut_within_a_second(() => office.installation.done(['user', 'disable', 'zhou']))
      await boss.change('user', await account(), { status: 'active' })
    })

    test('a stricter strength of authentication for the role (covers: PLAT-11)', async () => {
      const [role] = await boss.all('role', { filter: ['code', 'is', 'salesperson'] })
      await cut_within_a_second(async () => boss.change('role', await boss.read('role', role.id), { strength: 'second_factor' }))
      await boss.change('role', await boss.read('role', role.id), { strength: null })
    })

    test('an administrator ends the sessions of everybody but the own one', async () => {
      assert.equal((await (await server.sign_in(office.accounts.lin)).delete('/api/sessions')).status, 403)
      await cut_within_a_second(() => boss.expect(204, 'DELETE', '/api/sessions'))
      await boss.expect(200, 'GET', '/api/session')
    })

    test('the sessions of others go on', async () => {
      const lin = await server.sign_in(office.accounts.lin)
      const stream = await lin.events()
      await cut_within_a_second((zhou) => zhou.expect(204, 'DELETE', '/api/session'))
      assert.equal(stream.closed, false)
      if (other) await through(other, lin).expect(200, 'GET', '/api/session')
      stream.close()
    })

    // --- API keys ---------------------------------------------------------------------------------------------------
    async function special(rights) {
      const [role] = await boss.all('role', { filter: ['code', 'is', 'salesperson'] })
      const full = await boss.read('role', role.id)
      await boss.change('role', full, { grants: JSON.stringify({ ...JSON.parse(full.grants), special: rights }) })
    }
    const allow_keys = () => special(['api_key.use'])
    // A key of `zhou` as programs use it, one in every process; they know within a second that he may have one.
    async function programs_of(zhou, until_when) {
      await allow_keys()
      const made = await zhou.expect(201, 'POST', '/api/keys', { body: { name: '程序', password: office.accounts.zhou.password, until: until_when?.() } })
      const programs = servers.map((process) => process.stranger({ authorization: `Bearer ${made.key}` }))
      for (const one of programs) await until('the key is taken', async () => (await one.get('/api/records/customer', { limit: 1 })).status === 200, 1000)
      return { made, programs }
    }

    // A key of `zhou`, in use in every process; what `act` does cuts off its requests and streams within a second.
    async function key_cut_within_a_second(act, { status = 401, until_when } = {}) {
      const zhou = await server.sign_in(office.accounts.zhou)
      const { made, programs } = await programs_of(zhou, until_when)
      const streams = await Promise.all(programs.map((one) => one.events()))
      await act(zhou, made)
      const since = Date.now()
      await Promise.all([
        ...streams.map((stream) => until('the stream closes', () => stream.closed, 5000)),
        ...programs.map((one) => until('the key is refused', async () => (await one.get('/api/records/customer')).status === status, 5000)),
      ])
      const took = Date.now() - since
      assert.ok(took < 1000, `${took} ms`)
    }

    test('an API key that its owner ends', () => key_cut_within_a_second((zhou, made) => zhou.expect(204, 'DELETE', `/api/keys/${made.id}`)))
    test('an API key that an administrator ends', () => key_cut_within_a_second((_, made) => boss.expect(204, 'DELETE', `/api/keys/${made.id}`)))

    test('an API key whose end has come', async () => {
      let end
      await key_cut_within_a_second(() => new Promise((done) => setTimeout(done, end - Date.now())), { until_when: () => new Date((end = Date.now() + 4000)).toISOString() })
    })

    test('an API key whose account is disabled, in the browser and on the command line', async () => {
      await key_cut_within_a_second(async () => boss.change('user', await account(), { status: 'disabled' }))
      await boss.change('user', await account(), { status: 'active' })
      await key_cut_within_a_second(() => office.installation.done(['user', 'disable', 'zhou']))
      await boss.change('user', await account(), { status: 'active' })
    })

    test('an API key whose account is deleted', async () => {
      await key_cut_within_a_second(async () => { const row = await account(); await boss.expect(200, 'DELETE', `/api/records/user/${row.id}`, { headers: { 'if-match': String(row.version) } }) })
      const [row] = await boss.all('user', { bin: 1, filter: ['login', 'is', 'zhou'] })
      await boss.act('user', row.id, 'restore')
    })

    test('an API key with a changed password, as the policy says', async () => {
      await key_cut_within_a_second(async (zhou) => {
        await zhou.expect(204, 'POST', '/api/session/password', { body: { old: office.accounts.zhou.password, new: 'yet another one for zhou' } })
        office.accounts.zhou.password = 'yet another one for zhou'
      })
    })

    test('a changed role: the right to use keys is gone', () => key_cut_within_a_second(() => special([]), { status: 403 }))

    test('a changed role: pages, API keys and streams lose an object at once', async () => {
      const zhou = await server.sign_in(office.accounts.zhou)
      const { programs } = await programs_of(zhou)
      const clients = [...servers.map((process) => through(process, zhou)), ...programs]
      const streams = await Promise.all(clients.map((client) => client.events()))
      const [role] = await boss.all('role', { filter: ['code', 'is', 'salesperson'] })
      const full = await boss.read('role', role.id)
      const grants = JSON.parse(full.grants)
      const customer = await zhou.create('customer', { name: '暂时可见' })
      await Promise.all(streams.map((stream) => stream.next(({ data }) => data.ids?.includes(customer.id))))
      await boss.change('role', full, { grants: JSON.stringify({ ...grants, objects: { ...grants.objects, customer: {} } }) })
      const since = Date.now()
      for (const client of clients) await until('the list is refused', async () => (await client.get('/api/records/customer')).status === 403, 5000)
      assert.ok(Date.now() - since < 1000, `${Date.now() - since} ms`)
      await Promise.all(streams.map((stream) => stream.next(({ event }) => event === 'meta')))
      const changed = await boss.change('customer', await boss.read('customer', customer.id), { name: '不再可见' })
      const told = await boss.create('customer', { name: '之后' })
      assert.ok(changed && told)
      const counts = streams.map((stream) => stream.received.filter(({ data }) => data.ids?.includes(customer.id)).length)
      await new Promise((done) => setTimeout(done, 600))
      assert.deepEqual(streams.map((stream) => stream.received.filter(({ data }) => data.ids?.includes(customer.id)).length), counts)
      assert.ok(counts.every((count) => count === 1), String(counts))
      await boss.change('role', await boss.read('role', role.id), { grants: full.grants })
      for (const stream of streams) stream.close()
    })

    // --- shares -----------------------------------------------------------------------------------------------------
    // A customer of lin, open to zhou; what `end` does takes it from his pages, programs and lists within a second, and
    // his open streams are told so that pages that show it read again.
    async function share_cut_within_a_second(end, until_when) {
      const lin = await server.sign_in(office.accounts.lin)
      const zhou = await server.sign_in(office.accounts.zhou)
      const { programs } = await programs_of(zhou)
      const readers = [...servers.map((process) => through(process, zhou)), ...programs]
      const customer = await lin.create('customer', { name: '借给周凯的' })
      const path = `/api/records/customer/${customer.id}`
      const at = until_when?.()
      const { shares } = await lin.expect(200, 'POST', `${path}/shares`, { body: { kind: 'employee', grantee: zhou.user.employee.id, level: 'read', until: at && new Date(at).toISOString() } })
      for (const reader of readers) await until('the record is open', async () => (await reader.get(path)).status === 200, 1000)
      const streams = await Promise.all(readers.map((reader) => reader.events()))
      await Promise.all(streams.map((stream) => stream.next(({ event }) => event === 'who')))
      await end({ lin, path, share: shares[0], at })
      const since = Date.now()
      const of_it = ({ event, data }) => event === 'change' && data.object === 'customer' && data.ids?.includes(customer.id)
      await Promise.all([
        ...readers.map((reader) => until('the record is not found', async () => (await reader.get(path)).status === 404, 5000)),
        ...streams.map((stream) => stream.next(of_it)),
      ])
      const took = Date.now() - since
      assert.ok(took < 1000, `${took} ms`)
      for (const reader of readers) assert.equal((await reader.all('customer')).some(({ id }) => id === customer.id), false)
      const told = streams.map((stream) => stream.received.filter(of_it).length)
      await lin.change('customer', await lin.read('customer', customer.id), { phone: '010-65550000' })
      await new Promise((done) => setTimeout(done, 600))
      assert.deepEqual(streams.map((stream) => stream.received.filter(of_it).length), told, 'and nothing of it is told any more')
      for (const stream of streams) stream.close()
    }

    test('the end of a share that is taken back (covers: PLAT-62)', () => share_cut_within_a_second(({ lin, path, share }) => lin.expect(204, 'DELETE', `${path}/shares/${share.id}`)))
    test('the end of a share that has come (covers: PLAT-62)', () =>
      share_cut_within_a_second(({ at }) => new Promise((done) => setTimeout(done, at - Date.now())), () => Date.now() + 4000))
  })
}
