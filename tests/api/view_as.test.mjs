// Looking at the product as somebody else: what that person sees, and nothing that writes, whatever the route.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases, until } from '../support/server.mjs'
import { open_office } from '../support/office.mjs'

const some_id = '1000000000000001'
// What may still be asked for by a writing method: leaving.
const leaving = ['DELETE /api/session', 'DELETE /api/session/view']
// Reading that hands data out, or tells of the person at the screen and of accounts.
const not_as_another = [
  '/api/exports/{object}', '/api/imports/{id}/rejects.csv', '/api/session/second_factor', '/api/session/view', '/api/profile/sessions', '/api/sessions', '/api/accounts', '/api/keys',
]

for (const kind of databases) {
  describe(`view as on ${kind}`, () => {
    let office, boss, zhou, server, zhou_id, boss_id, mine, paths
    before(async () => {
      office = await open_office(kind)
      ;({ boss, zhou, server } = office)
      zhou_id = (await boss.all('user', { filter: ['login', 'is', 'zhou'] }))[0].id
      boss_id = (await boss.all('user', { filter: ['login', 'is', 'boss'] }))[0].id
      mine = await zhou.create('customer', { name: '周凯的客户' })
      await office.lin.create('customer', { name: '林悦的客户' })
      paths = (await boss.expect(200, 'GET', '/api/openapi.json')).paths
    })
    after(async () => {
      assert.deepEqual(server.defects(), [])
      await server.stop()
    })

    async function look_as(id = zhou_id, account = office.accounts.boss) {
      const client = await server.sign_in(account)
      const answer = await client.post('/api/session/view', { user: id })
      assert.equal(answer.status, 200, answer.text)
      client.take_session(answer)
      return client
    }
    const audit = async (filter) => boss.all('audit_entry', { filter, sort: 'seq:desc', fields: 'subject,at,kind,outcome,login,record,address,rows,detail' })

    test('pages, lists, menus and search are those of the other person', async () => {
      const client = await look_as()
      assert.equal(client.user.login, 'zhou')
      assert.deepEqual([client.user.seen_by.login, client.user.seen_by.id], ['boss', boss_id])
      const session = await client.expect(200, 'GET', '/api/session')
      assert.equal(session.user.seen_by.name, '总管')
      assert.deepEqual((await client.all('customer')).map(({ name }) => name), ['周凯的客户'])
      const [as_seen, as_zhou] = await Promise.all([client, zhou].map((one) => one.expect(200, 'GET', '/api/meta')))
      assert.deepEqual(as_seen.objects, as_zhou.objects)
      assert.deepEqual(as_seen.areas, as_zhou.areas)
      assert.equal(as_seen.objects.user, undefined)
      assert.equal((await client.get('/api/records/user')).status, 403)
      const { allowed } = await client.expect(200, 'GET', `/api/records/customer/${mine.id}/access`, { query: { verb: 'view' } })
      assert.equal(allowed, true)
    })

    test('every writing route refuses, and nothing changes', async () => {
      const client = await look_as()
      const [victim] = await boss.all('customer', { filter: ['id', 'is', mine.id] })
      const filled = (path) => path.replaceAll('{object}', 'customer').replaceAll('{action}', 'assign').replaceAll(/\{\w+\}/g, victim.id)
      let asked = 0
      for (const [path, methods] of Object.entries(paths)) {
        for (const [method, operation] of Object.entries(methods)) {
          const route = `${method.toUpperCase()} ${path}`
          if (['get', 'head'].includes(method) || operation['x-right'] === 'open' || leaving.includes(route)) continue
          const answer = await client.request(method.toUpperCase(), filled(path), { body: {}, headers: { 'if-match': String(victim.version) } })
          assert.equal(answer.status, 403, `${route}: ${answer.text.slice(0, 200)}`)
          assert.equal(answer.body.code, 'looking_as_another', route)
          ++asked
        }
      }
      assert.ok(asked > 30, `${asked} routes`)
      assert.equal((await client.post('/api/records/customer', { name: '不该有' })).status, 403)
      const form = new FormData()
      form.set('file', new Blob(['a\n1\n'], { type: 'text/csv' }), 'x.csv')
      assert.equal((await client.request('POST', '/api/files', { body: form })).status, 403)
      const [after] = await boss.all('customer', { filter: ['id', 'is', mine.id] })
      assert.deepEqual(after, victim)
      assert.equal(await boss.count('customer'), 2)
    })

    test('exports, and what concerns the person at the screen or accounts, refuse too', async () => {
      const client = await look_as()
      for (const path of not_as_another.filter((one) => paths[one]?.get)) {
        const answer = await client.get(path.replaceAll('{object}', 'customer').replaceAll(/\{\w+\}/g, some_id))
        assert.equal(answer.status, 403, path)
        assert.equal(answer.body.code, 'looking_as_another', path)
      }
    })

    test('begin and end are on the audit, and so is what was seen and refused, all by the real person', async () => {
      const client = await look_as()
      await client.post('/api/records/customer', { name: '不该有' })
      const back = await client.expect(200, 'DELETE', '/api/session/view')
      assert.equal(back.user.login, 'boss')
      assert.equal(back.user.seen_by, undefined)
      const [end, begin] = await audit({ and: [['kind', 'is', 'view_as']] })
      assert.deepEqual([begin, end].map((entry) => [JSON.parse(entry.detail).what, entry.login, entry.subject, entry.record, entry.address]), [
        ['begin', 'boss', 'zhou', zhou_id, '127.0.0.1'],
        ['end', 'boss', 'zhou', zhou_id, '127.0.0.1'],
      ])
      const refused = await until('the refusal is told', async () => (await audit({ and: [['kind', 'is', 'refused'], ['subject', 'is', 'POST /api/records/customer']] }))[0], 5000)
      assert.equal(refused.login, 'boss')
      assert.equal(JSON.parse(refused.detail).view_as, 'zhou')
    })

    test('sensitive fields that are seen are told as seen by the real person', async () => {
      const [role] = await boss.all('role', { filter: ['code', 'is', 'salesperson'] })
      const full = await boss.read('role', role.id)
      const grants = JSON.parse(full.grants)
      await boss.change('role', full, { grants: JSON.stringify({ ...grants, fields: { ...grants.fields, 'contact.health': 'read' } }) })
      const contact = await boss.create('contact', { name: '郑立', customer: mine.id, owner: zhou.user.employee.id, health: '良好' })
      const client = await look_as()
      assert.equal((await client.read('contact', contact.id)).health, '良好')
      const entry = await until('it is told', async () => (await audit({ and: [['kind', 'is', 'sensitive'], ['record', 'is', contact.id]] })).find(({ detail }) => JSON.parse(detail).view_as === 'zhou'), 5000)
      assert.equal(entry.login, 'boss')
      await boss.change('role', await boss.read('role', role.id), { grants: full.grants })
    })

    test('after the end one is oneself again; tokens of the view are worth nothing', async () => {
      const client = await look_as()
      const replayed = server.stranger()
      replayed.cookie = client.cookie
      client.take_session(await client.delete('/api/session/view'))
      assert.equal((await client.create('customer', { name: '自己的' })).name, '自己的')
      assert.equal((await replayed.get('/api/session')).status, 401)
      assert.equal((await client.delete('/api/session/view')).status, 404)
      await boss.expect(200, 'DELETE', `/api/records/customer/${(await boss.all('customer', { filter: ['name', 'is', '自己的'] }))[0].id}`)
    })

    test('needs a right of its own, an active account, and never makes an administrator of anybody', async () => {
      const lin_id = (await boss.all('user', { filter: ['login', 'is', 'lin'] }))[0].id
      assert.equal((await zhou.post('/api/session/view', { user: lin_id })).status, 403)
      assert.equal((await zhou.get('/api/session/view')).status, 403)
      assert.equal((await boss.post('/api/session/view', { user: boss_id })).status, 403, 'oneself')
      assert.equal((await boss.post('/api/session/view', { user: some_id })).status, 404)
      await boss.change('user', await boss.read('user', lin_id), { status: 'disabled' })
      assert.equal((await boss.post('/api/session/view', { user: lin_id })).status, 404)
      await boss.change('user', await boss.read('user', lin_id), { status: 'active' })
      office.lin = await server.sign_in(office.accounts.lin) // the disabling may have ended the session

      const [role] = await boss.all('role', { filter: ['code', 'is', 'salesperson'] })
      const full = await boss.read('role', role.id)
      const grants = JSON.parse(full.grants)
      await boss.change('role', full, { grants: JSON.stringify({ ...grants, special: ['user.view_as'] }) })
      const found = await zhou.expect(200, 'GET', '/api/session/view', { query: { q: '林' } })
      assert.deepEqual(found.users.map(({ login }) => login), ['lin'])
      assert.equal((await zhou.post('/api/session/view', { user: boss_id })).status, 403, 'an administrator')
      const helper = await look_as(lin_id, office.accounts.zhou)
      assert.deepEqual((await helper.all('customer')).map(({ name }) => name), ['林悦的客户'])

      // The right goes while somebody looks: the view is over at once, and still nothing is written.
      await boss.change('role', await boss.read('role', role.id), { grants: full.grants })
      await until('the view is over', async () => (await helper.expect(200, 'GET', '/api/session')).user.login === 'zhou', 1000)
      assert.deepEqual((await helper.all('customer')).map(({ name }) => name), ['周凯的客户'])
      assert.equal((await helper.post('/api/records/customer', { name: '不该有' })).body.code, 'looking_as_another')
      helper.take_session(await helper.delete('/api/session/view'))
      assert.equal((await helper.get('/api/session')).body.user.login, 'zhou')
    })

    test('streams that were open are cut; a new one tells as whom, and what that person may know', async () => {
      const client = await server.sign_in(office.accounts.boss)
      const before = await client.events()
      client.take_session(await client.post('/api/session/view', { user: zhou_id }))
      await until('the stream closes', () => before.closed, 1000)
      assert.equal(before.received.some(({ event }) => event === 'ended'), false, 'the session goes on')
      const stream = await client.events()
      assert.equal((await stream.next(({ event }) => event === 'who')).data.user, zhou_id)
      const foreign = await office.lin.create('customer', { name: '别人的' })
      const own = await zhou.create('customer', { name: '自己的事件' })
      await stream.next(({ data }) => data.ids?.includes(own.id))
      assert.equal(JSON.stringify(stream.received).includes(foreign.id), false)
      stream.close()
    })

    test('a session that ends while looking tells the end of the view; who is online shows it', async () => {
      const client = await look_as()
      const { sessions } = await boss.expect(200, 'GET', '/api/sessions')
      const looking = sessions.filter(({ view_as }) => view_as === 'zhou')
      assert.ok(looking.length >= 1)
      assert.ok(looking.every(({ user }) => user.login === 'boss'))
      await client.expect(204, 'DELETE', '/api/session')
      const [end] = await until('it is told', async () => { const [first] = await audit({ and: [['kind', 'is', 'view_as']] }); return JSON.parse(first.detail).what === 'end' && [first] }, 5000)
      assert.deepEqual([end.login, end.subject, JSON.parse(end.detail).why], ['boss', 'zhou', 'sign_out'])
    })
  })
}
