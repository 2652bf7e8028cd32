// What the pages on rights are made of: accounts to ask about, a check before saving, names of roles, and who may ask.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases } from '../support/server.mjs'
import { employee_of, open_office } from '../support/office.mjs'

for (const kind of databases) {
  describe(`pages on rights on ${kind}`, () => {
    let office, boss, zhou, lin, asker
    before(async () => {
      office = await open_office(kind)
      ;({ boss, zhou, lin } = office)
      // Somebody who may explain rights, but sees neither accounts nor roles.
      const role = await boss.create('role', { code: 'asker', name: '解释', grants: JSON.stringify({ objects: { customer: { view: 'all' } }, special: ['role.explain'] }) })
      const account = office.installation.add_user('asker', 'salesperson', { name: '问问' })
      asker = await office.server.sign_in(account)
      await boss.change('user', await boss.read('user', asker.user.id), { roles: [role.id] })
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })

    test('whoever may explain rights finds people by sign-in name and by name, pinyin included, without seeing accounts (covers: PLAT-58)', async () => {
      assert.equal((await asker.get('/api/records/user')).status, 403)
      const found = async (q, limit) => (await asker.expect(200, 'GET', '/api/rights/users', { query: { q, limit } })).users.map(({ login }) => login)
      assert.deepEqual(await found('lin'), ['lin'])
      assert.deepEqual(await found('林悦'), ['lin'])
      assert.deepEqual(await found('zhoukai'), ['zhou'])
      assert.deepEqual(await found('nobody'), [])
      assert.deepEqual((await found('')).sort(), ['asker', 'boss', 'lin', 'zhou'])
      assert.equal((await found('', 2)).length, 2)
      const [one] = (await asker.expect(200, 'GET', '/api/rights/users', { query: { q: 'lin' } })).users
      assert.deepEqual(one, { id: lin.user.id, login: 'lin', name: '林悦', department: '', active: true })
      assert.deepEqual((await asker.expect(200, 'GET', `/api/rights/users/${lin.user.id}`)).user, { id: lin.user.id, login: 'lin', name: '林悦' })
      for (const path of ['/api/rights/users', '/api/rights/model']) assert.equal((await zhou.get(path)).status, 403, path)
    })

    test('what a role would grant is checked in the words of the reader, and nothing is saved by that', async () => {
      const check = async (grants) => (await boss.expect(200, 'POST', '/api/rights/check', { body: { grants } })).problems
      assert.deepEqual(await check({ objects: { customer: { view: { scope: 'all', where: "level = 'a'" } } } }), [])
      const wrong = await check({ objects: { customer: { view: { scope: 'all', where: 'levl = 1' }, add: { scope: 'all', where: "level = 'a'" } }, boat: { view: 'all' } }, fields: { 'customer.name': 'hidden' }, menus: { boats: false } })
      assert.deepEqual(wrong.map(({ place }) => place).sort(), ['fields.customer.name', 'menus.boats', 'objects.boat', 'objects.customer.add', 'objects.customer.view'])
      assert.match(wrong.find(({ place }) => place === 'objects.customer.view').message, /levl/)
      assert.equal((await check({ objects: { customer: { fly: 'all' } } }))[0].place, 'objects.customer')
      assert.equal((await check('nonsense')).length, 1)
      assert.equal((await boss.post('/api/rights/check', {})).status, 422)
      assert.equal((await zhou.post('/api/rights/check', { grants: {} })).status, 403)
    })

    test('the session names special rights, the model says what must be named, an explanation names the roles', async () => {
      assert.deepEqual((await asker.expect(200, 'GET', '/api/session')).user.special, ['role.explain'])
      assert.ok((await boss.expect(200, 'GET', '/api/session')).user.special.includes('customer.rename'))
      assert.deepEqual((await zhou.expect(200, 'GET', '/api/session')).user.special, [])
      const { objects } = await asker.expect(200, 'GET', '/api/rights/model')
      const of = Object.fromEntries(objects.map((object) => [object.name, object]))
      assert.deepEqual([of.role.restricted, of.customer.restricted, of.customer.kept_by_platform], [true, false, false])
      assert.deepEqual(of.customer.fields.find(({ name }) => name === 'level'), { name: 'level', label: { zh: '级别', en: 'Level' }, type: 'choice', dictionary: 'customer_level', sensitive: false, always_read: false, read_only: false })
      const customer = await boss.create('customer', { name: '说明' })
      const { titles } = await asker.expect(200, 'GET', `/api/records/customer/${customer.id}/access`, { query: { user: lin.user.id } })
      assert.deepEqual(titles, { salesperson: '销售' })
    })

    test('the list of a department holds what its roles grant (covers: PLAT-59)', async () => {
      const department = await boss.create('department', { name: '南方部' })
      await boss.change('employee', await boss.read('employee', employee_of(zhou)), { department: department.id })
      const answer = await asker.expect(200, 'GET', `/api/rights/departments/${department.id}`)
      assert.equal(answer.department, '南方部')
      assert.deepEqual(answer.roles.map(({ role, grants }) => [role, grants.objects.customer.view]), [['salesperson', 'own']])
      assert.deepEqual(answer.people.map(({ login }) => login), ['zhou'])
      assert.equal((await asker.get('/api/rights/departments/1')).status, 404)
    })
  })
}
