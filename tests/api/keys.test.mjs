// API keys: made in person, shown once, as good as the account's rights, and good for nothing that makes more of them.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases, until } from '../support/server.mjs'
import { open_office } from '../support/office.mjs'

const some_id = '1000000000000001'
const day = 86_400_000

for (const kind of databases) {
  describe(`API keys on ${kind}`, () => {
    let office, boss, zhou, server, role, paths
    before(async () => {
      office = await open_office(kind)
      ;({ boss, zhou, server } = office)
      ;[role] = await boss.all('role', { filter: ['code', 'is', 'salesperson'] })
      await allow(true)
      paths = (await boss.expect(200, 'GET', '/api/openapi.json')).paths
    })
    after(async () => {
      assert.deepEqual(server.defects(), [])
      await server.stop()
    })

    async function allow(on) {
      const full = await boss.read('role', role.id)
      const grants = JSON.parse(full.grants)
      await boss.change('role', full, { grants: JSON.stringify({ ...grants, special: on ? ['api_key.use'] : [] }) })
    }
    const make = (client, account, wish = {}) => client.expect(201, 'POST', '/api/keys', { body: { name: '报表', password: account.password, ...wish } })
    function program(made) {
      return server.stranger({ authorization: `Bearer ${made.key}` })
    }
    const audit = (filter) => boss.all('audit_entry', { filter, sort: 'seq:desc', fields: 'subject,at,kind,outcome,login,record,address,rows,detail' })

    test('a key is made with the password, shown once, and works without cookie and token', async () => {
      const refused = await zhou.post('/api/keys', { name: '报表', password: 'not it' })
      assert.equal(refused.status, 422)
      assert.equal(refused.body.errors[0].field, 'password')
      const made = await make(zhou, office.accounts.zhou)
      assert.match(made.key, /^gx_[\w-]{40,}$/)
      const { keys } = await zhou.expect(200, 'GET', '/api/keys')
      assert.equal(keys[0].begins, made.key.slice(0, 8))
      assert.equal(JSON.stringify(keys).includes(made.key), false)
      assert.equal(JSON.stringify(await boss.all('api_key')).includes(made.key), false)

      const script = program(made)
      const customer = await script.create('customer', { name: '程序建的' })
      assert.equal((await script.read('customer', customer.id)).owner.title, '周凯')
      assert.deepEqual((await script.all('customer')).map(({ name }) => name), ['程序建的'])
      assert.equal((await script.expect(200, 'GET', '/api/meta')).user.login, 'zhou')
      const used = (await zhou.expect(200, 'GET', '/api/keys')).keys.find(({ id }) => id === made.id)
      assert.equal(used.last_address, '127.0.0.1')
      assert.ok(Math.abs(Date.parse(used.last_used) - Date.now()) < 60_000)
    })

    test('it reaches what the account reaches, and no more', async () => {
      const foreign = await office.lin.create('customer', { name: '林悦的' })
      const script = program(await make(zhou, office.accounts.zhou))
      assert.equal((await script.get(`/api/records/customer/${foreign.id}`)).status, 404)
      assert.equal((await script.get('/api/records/user')).status, 403)
    })

    test('a key for reading reads, lists and exports, and every writing route refuses it', async () => {
      const made = await make(boss, office.accounts.boss, { reads_only: true })
      const script = program(made)
      assert.ok((await script.all('customer')).length > 0)
      assert.equal((await script.get('/api/exports/customer')).status, 200)
      const before = await boss.count('customer')
      let asked = 0
      for (const [path, methods] of Object.entries(paths)) {
        for (const [method, operation] of Object.entries(methods)) {
          if (['get', 'head'].includes(method) || operation['x-right'] === 'open') continue
          const answer = await script.request(method.toUpperCase(), path.replaceAll('{object}', 'customer').replaceAll('{action}', 'assign').replaceAll(/\{\w+\}/g, some_id), { body: {} })
          assert.equal(answer.status, 403, `${method} ${path}: ${answer.text.slice(0, 200)}`)
          assert.ok(['key_only_reads', 'not_with_a_key'].includes(answer.body.code), `${method} ${path}: ${answer.body.code}`)
          ++asked
        }
      }
      assert.ok(asked > 30, `${asked} routes`)
      assert.equal(await boss.count('customer'), before)
    })

    test('no key touches passwords, second factors, sessions, accounts, views of others or keys', async () => {
      const script = program(await make(boss, office.accounts.boss))
      for (const [path, methods] of Object.entries(paths)) {
        if (!/^\/api\/(session|sessions|keys|accounts|profile\/sessions)(\/|$)/.test(path)) continue
        for (const [method, operation] of Object.entries(methods)) {
          if (operation['x-right'] === 'open' || method === 'head') continue
          const answer = await script.request(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, some_id), method === 'get' ? {} : { body: {} })
          if (method === 'post' && path === '/api/session') continue
          assert.equal(answer.status, 403, `${method} ${path}: ${answer.text.slice(0, 200)}`)
          assert.equal(answer.body.code, 'not_with_a_key', `${method} ${path}`)
        }
      }
      assert.equal((await script.patch('/api/profile', { mobile: '13912345678' }, { 'if-match': '1' })).body.code, 'not_with_a_key')
    })

    test('needs the right of its own; making, ending and wrong keys are on the audit', async () => {
      const made = await make(zhou, office.accounts.zhou, { name: '要停用的' })
      await zhou.expect(204, 'DELETE', `/api/keys/${made.id}`)
      assert.equal((await program(made).get('/api/records/customer')).status, 401)
      const wrong = await program({ key: 'gx_wrong' }).get('/api/records/customer')
      assert.equal(wrong.status, 401)
      assert.equal(wrong.body.code, 'key_unknown')
      const told = await until('all is told', async () => {
        const entries = await audit({ and: [['kind', 'is', 'api_key']] })
        return entries.some(({ outcome }) => outcome.code === 'refused') && entries
      }, 5000)
      const of_it = told.filter(({ record }) => record === made.id).map(({ detail, login, subject }) => [JSON.parse(detail).what, login, subject])
      assert.deepEqual(of_it.toReversed(), [['make', 'zhou', '要停用的'], ['end', 'zhou', '要停用的']])

      await allow(false)
      const answer = await until('the right is gone', async () => { const tried = await zhou.post('/api/keys', { name: 'x', password: office.accounts.zhou.password }); return tried.status === 403 && tried }, 1000)
      assert.equal(answer.body.code, 'forbidden')
      await allow(true)
    })

    test('the end is asked for and limited by the policy; nonsense is told', async () => {
      const password = office.accounts.zhou.password
      const fields = async (wish) => {
        const answer = await zhou.post('/api/keys', { name: 'x', password, ...wish })
        assert.equal(answer.status, 422, answer.text)
        return answer.body.errors.map(({ field }) => field)
      }
      assert.deepEqual(await fields({ name: ' ' }), ['name'])
      assert.deepEqual(await fields({ name: '长'.repeat(61) }), ['name'])
      assert.deepEqual(await fields({ until: new Date(Date.now() - day).toISOString() }), ['until'])
      assert.deepEqual(await fields({ until: new Date(Date.now() + 400 * day).toISOString() }), ['until'])
      assert.deepEqual(await fields({ until: 'soon' }), ['until'])
      assert.deepEqual(await fields({ reads_only: 'yes' }), ['reads_only'])
      const until_when = new Date(Date.now() + 30 * day).toISOString()
      assert.ok(Math.abs(Date.parse((await make(zhou, office.accounts.zhou, { until: until_when })).until) - Date.parse(until_when)) < 1000)
    })

    test('everybody sees the own keys; who has the right sees and ends those of others', async () => {
      const made = await make(zhou, office.accounts.zhou)
      assert.equal((await office.lin.expect(200, 'GET', '/api/keys')).keys.length, 0)
      assert.equal((await zhou.get('/api/keys', { all: 1 })).status, 403)
      assert.equal((await office.lin.delete(`/api/keys/${made.id}`)).status, 404)
      const { keys } = await boss.expect(200, 'GET', '/api/keys', { query: { all: 1 } })
      assert.equal(keys.find(({ id }) => id === made.id).user.login, 'zhou')
      await boss.expect(204, 'DELETE', `/api/keys/${made.id}`)
      assert.equal((await boss.delete(`/api/keys/${made.id}`)).status, 404)
      const row = await boss.read('api_key', made.id)
      assert.equal(row.end_reason.code, 'administrator')
      assert.equal((await program(made).get('/api/meta')).status, 401)
    })

    test('the list of keys is kept by the platform: nobody writes it past the routes', async () => {
      const [row] = await boss.all('api_key')
      assert.equal((await boss.post('/api/records/api_key', { name: 'x' })).status, 403)
      assert.equal((await boss.patch(`/api/records/api_key/${row.id}`, { reads_only: false }, { 'if-match': String(row.version) })).status, 403)
      assert.equal((await zhou.get('/api/records/api_key')).status, 403)
    })
  })
}
