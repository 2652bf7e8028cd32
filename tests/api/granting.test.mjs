// Rights beyond owner and department: conditions, shares, fields, menus, assigned roles, and why.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases, until } from '../support/server.mjs'
import { employee_of, open_office } from '../support/office.mjs'

for (const kind of databases) {
  describe(`granting on ${kind}`, () => {
    let office, boss, zhou, lin
    before(async () => {
      office = await open_office(kind)
      ;({ boss, zhou, lin } = office)
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })

    let roles = 0
    const new_role = (grants) => boss.create('role', { code: `r${++roles}`, name: `角色 ${roles}`, grants: JSON.stringify(grants) })
    const assign = (role, to) => boss.create('role_assignment', { role: role.id, ...to })
    const end = (object, record) => boss.expect(200, 'DELETE', `/api/records/${object}/${record.id}`, { headers: { 'if-match': String(record.version) } })
    const ids = async (client, query = {}) => (await client.all('customer', query)).map((one) => one.id)
    const path_of = (customer, rest = '') => `/api/records/customer/${customer.id}${rest}`
    const share = (client, customer, body) => client.expect(200, 'POST', path_of(customer, '/shares'), { body })

    test('a role given to an account, team, department, position or level works for everybody there until its end (covers: PLAT-57, PLAT-63)', async () => {
      const customer = await boss.create('customer', { name: '总部客户' })
      const role = await new_role({ objects: { customer: { view: 'all' } } })
      const sees = async (client) => (await ids(client)).includes(customer.id)
      assert.equal(await sees(zhou), false)
      const by_account = await assign(role, { account: zhou.user.id })
      assert.deepEqual([await sees(zhou), await sees(lin)], [true, false])
      await end('role_assignment', by_account)
      assert.equal(await sees(zhou), false)

      const team = await boss.create('team', { name: '大客户组', members: [employee_of(lin)] })
      const by_team = await assign(role, { team: team.id })
      assert.deepEqual([await sees(zhou), await sees(lin)], [false, true])
      await end('role_assignment', by_team)

      const company = await boss.create('department', { name: '公司' })
      const sales = await boss.create('department', { name: '销售部', parent: company.id })
      const person = await boss.read('employee', employee_of(zhou))
      await boss.change('employee', person, { department: sales.id })
      const without_below = await assign(role, { department: company.id, below: false })
      assert.equal(await sees(zhou), false)
      await end('role_assignment', without_below)
      const with_below = await assign(role, { department: company.id })
      assert.equal(await sees(zhou), true)
      await end('role_assignment', with_below)

      // The same list differs by the department, the position and the level of who asks.
      const place = async (values) => boss.change('employee', await boss.read('employee', employee_of(zhou)), values)
      for (const [object, field] of [['position', 'position'], ['employee_level', 'level']]) {
        const [first, second] = (await boss.list(object)).records
        const given = await assign(role, { [field]: first.id })
        await place({ [field]: second.id })
        assert.deepEqual([await sees(zhou), await sees(lin)], [false, false], object)
        await place({ [field]: first.id })
        assert.deepEqual([await sees(zhou), await sees(lin)], [true, false], object)
        const { roles } = await boss.expect(200, 'GET', `/api/rights/users/${zhou.user.id}`)
        assert.deepEqual(roles.filter((one) => one.role === role.code).map((one) => one.through), [{ kind: object, id: first.id, title: first.name }])
        const { people } = await boss.expect(200, 'GET', `/api/rights/departments/${sales.id}`)
        assert.deepEqual(people.map(({ roles: all }) => all.filter((one) => one.role === role.code).map(({ through }) => through)), [[object]])
        await end('role_assignment', given)
        assert.equal(await sees(zhou), false, object)
      }

      await assign(role, { account: zhou.user.id, until: new Date(Date.now() + 1500).toISOString() })
      assert.equal(await sees(zhou), true)
      await until('the role has ended', async () => !(await sees(zhou)), 4_000)
      assert.equal((await boss.post('/api/records/role_assignment', { role: role.id })).status, 422)
      assert.equal((await boss.post('/api/records/role_assignment', { role: role.id, team: team.id, account: zhou.user.id })).status, 422)
      const [level] = (await boss.list('employee_level')).records
      assert.equal((await boss.post('/api/records/role_assignment', { role: role.id, level: level.id, team: team.id })).status, 422)
    })

    test('a condition opens the records for which it holds, on every way in (covers: PLAT-60)', async () => {
      const wanted = await boss.create('customer', { name: '条件甲有限公司', level: 'a' })
      const other = await boss.create('customer', { name: '条件乙有限公司', level: 'b' })
      const role = await new_role({ objects: { customer: { view: { scope: 'all', where: "level = 'a'" }, export: { scope: 'all', where: "level = 'a'" } } } })
      const given = await assign(role, { account: lin.user.id })
      assert.deepEqual((await ids(lin)).sort(), [wanted.id])
      assert.equal(await lin.count('customer'), 1)
      assert.deepEqual(await ids(lin, { search: '条件' }), [wanted.id])
      assert.deepEqual((await lin.expect(200, 'GET', '/api/search', { query: { q: '条件' } })).hits.map((hit) => hit.id), [wanted.id])
      assert.equal((await lin.expect(200, 'GET', '/api/records/customer/groups', { query: { by: 'level' } })).total.count, 1)
      assert.equal((await lin.get(path_of(other))).status, 404)
      assert.equal((await lin.get(path_of(wanted))).status, 200)
      assert.equal((await lin.request('PATCH', path_of(wanted), { body: { name: '改名' }, headers: { 'if-match': '1' } })).status, 404, 'seen, not changed')
      await boss.change('customer', wanted, { level: 'b' })
      assert.equal((await lin.get(path_of(wanted))).status, 404)
      await end('role_assignment', given)
    })

    test('a role with a condition, field or right that does not exist is refused with its place', async () => {
      for (const grants of [
        { objects: { customer: { view: { scope: 'all', where: 'nonsense = 1' } } } },
        { objects: { boat: { view: 'all' } } },
        { fields: { 'customer.name': 'hidden' } },
        { special: ['customer.fly'] },
        { menus: { boats: false } },
      ]) {
        const answer = await boss.post('/api/records/role', { code: 'wrong', name: '错', grants: JSON.stringify(grants) })
        assert.equal(answer.status, 422, JSON.stringify(grants))
        assert.equal(answer.body.errors[0].field, 'grants')
      }
      assert.equal((await boss.post('/api/records/role', { code: 'wrong', name: '错', grants: '{' })).status, 422)
    })

    test('a shared record is read, or written too, until its end; refused means nothing happened (covers: CUST-59, OPP-06, PLAT-62)', async () => {
      const customer = await zhou.create('customer', { name: '共享轴承有限公司' })
      const to_lin = { kind: 'employee', grantee: employee_of(lin) }
      assert.equal((await lin.get(path_of(customer))).status, 404)
      assert.equal((await lin.request('POST', path_of(customer, '/shares'), { body: { ...to_lin, level: 'write' } })).status, 404)
      const { shares } = await share(zhou, customer, { ...to_lin, level: 'read' })
      assert.deepEqual(shares.map(({ kind, level, grantee }) => [kind, level, grantee.title]), [['employee', 'read', '林悦']])
      assert.equal((await lin.get(path_of(customer))).status, 200)
      assert.ok((await ids(lin)).includes(customer.id))
      assert.deepEqual(await ids(lin, { search: '共享轴承' }), [customer.id])
      assert.deepEqual((await lin.expect(200, 'GET', '/api/search', { query: { q: '共享' } })).hits.map((hit) => hit.id), [customer.id])
      const change = { body: { short_name: '共享' }, headers: { 'if-match': String(customer.version) } }
      assert.equal((await lin.request('PATCH', path_of(customer), change)).status, 404)
      assert.equal((await zhou.read('customer', customer.id)).short_name, null)
      await share(zhou, customer, { ...to_lin, level: 'write' })
      assert.equal((await lin.request('PATCH', path_of(customer), change)).status, 200)
      assert.equal((await lin.request('DELETE', path_of(customer), { headers: { 'if-match': '2' } })).status, 403, 'a share is no right to delete')

      const [open] = (await zhou.expect(200, 'GET', path_of(customer, '/shares'))).shares
      await zhou.expect(204, 'DELETE', path_of(customer, `/shares/${open.id}`))
      assert.equal((await lin.get(path_of(customer))).status, 404)

      const team = await boss.create('team', { name: '支援组', members: [employee_of(lin)] })
      await share(zhou, customer, { kind: 'team', grantee: team.id, level: 'read', until: new Date(Date.now() + 1500).toISOString() })
      assert.equal((await lin.get(path_of(customer))).status, 200)
      await until('the share has ended', async () => (await lin.get(path_of(customer))).status === 404, 4_000)
      for (const body of [{}, { ...to_lin, level: 'own' }, { kind: 'customer', grantee: customer.id, level: 'read' }, { ...to_lin, level: 'read', until: '2001-01-01T00:00:00Z' }, { ...to_lin, level: 'read', more: 1 }]) {
        assert.equal((await zhou.request('POST', path_of(customer, '/shares'), { body })).status, 422, JSON.stringify(body))
      }
    })

    test('whoever creates a customer owns and edits it until it is assigned; then the assignee and the manager do (covers: CUST-16, CUST-17)', async () => {
      const account = office.installation.add_user('manager', 'account_manager', { name: '经理' })
      const manager = await office.server.sign_in(account)
      const sales = await boss.create('department', { name: '华东销售部' })
      for (const client of [manager, zhou, lin]) {
        const [person] = (await boss.list('employee', { filter: ['id', 'is', employee_of(client)] })).records
        await boss.change('employee', person, { department: sales.id })
      }
      const edit = async (client, note) => {
        const answer = await client.request('PATCH', path_of(customer), { body: { short_name: note }, headers: { 'if-match': String((await boss.read('customer', customer.id)).version) } })
        return answer.status
      }
      const customer = await zhou.create('customer', { name: '待指派有限公司' })
      assert.equal(customer.owner.id, employee_of(zhou))
      assert.deepEqual([await edit(zhou, '一'), await edit(lin, '二'), await edit(manager, '三')], [200, 404, 200])
      assert.equal((await zhou.request('PATCH', path_of(customer), { body: { owner: employee_of(lin) }, headers: { 'if-match': '3' } })).status, 403, 'assigning needs its right')
      const now = await manager.read('customer', customer.id)
      await manager.change('customer', now, { owner: employee_of(lin) })
      assert.deepEqual([await edit(zhou, '四'), await edit(lin, '五'), await edit(manager, '六')], [404, 200, 200])
      assert.equal((await boss.read('customer', customer.id)).short_name, '六')
    })

    test('what is open by several ways stands once in a list, in its place', async () => {
      const team = await boss.create('team', { name: '两路', members: [employee_of(lin)] })
      const made = []
      for (let i = 0; i < 12; ++i) made.push(await (i % 3 ? zhou : lin).create('customer', { name: `两路公司 ${i}` }))
      for (const [i, customer] of made.entries()) {
        if (i % 3 === 0) continue
        await share(zhou, customer, { kind: 'team', grantee: team.id, level: 'read' })
        if (i % 2) await share(zhou, customer, { kind: 'employee', grantee: employee_of(lin), level: 'write' })
      }
      // The order of lists follows a later change of a shared record too.
      await zhou.change('customer', made[1], { short_name: '最新' })
      const filter = ['name', 'starts_with', '两路公司']
      const expected = [made[1], ...made.filter((one) => one !== made[1]).reverse()].map((one) => one.id)
      assert.deepEqual(await ids(lin, { filter }), expected)
      assert.deepEqual(await ids(lin, { filter, limit: 5 }), expected, 'page by page')
      assert.deepEqual((await lin.list('customer', { filter, limit: 4, offset: 3 })).records.map((one) => one.id), expected.slice(3, 7))
      assert.equal(await lin.count('customer', { filter }), 12)
      assert.deepEqual((await ids(lin, { filter, sort: 'number' })), made.map((one) => one.id))
      assert.equal((await lin.expect(200, 'GET', '/api/records/customer/groups', { query: { filter, by: 'owner' } })).total.count, 12)
    })

    test('many records are shared at once, or none of them', async () => {
      const mine = [await zhou.create('customer', { name: '多个一' }), await zhou.create('customer', { name: '多个二' })]
      const foreign = await boss.create('customer', { name: '别人的' })
      const body = { kind: 'employee', grantee: employee_of(lin), level: 'read' }
      await zhou.expect(404, 'POST', '/api/records/customer/shares', { body: { ...body, ids: [...mine.map((one) => one.id), foreign.id] } })
      assert.equal((await lin.get(path_of(mine[0]))).status, 404)
      await zhou.expect(204, 'POST', '/api/records/customer/shares', { body: { ...body, ids: mine.map((one) => one.id) } })
      for (const one of mine) assert.equal((await lin.get(path_of(one))).status, 200)
      assert.equal((await zhou.request('POST', '/api/records/stage/shares', { body: { ...body, ids: [office.open_stages[0].id] } })).status, 400)
    })

    test('a hidden field is nowhere, a masked one shows its ends and serves no filter, sort, search or export (covers: PLAT-64)', async () => {
      const role = await new_role({ objects: { contact: { view: 'all', export: 'all', change: 'all' }, customer: { view: 'all' } }, fields: { 'contact.mobile': 'masked', 'contact.email': 'hidden' } })
      const other = await new_role({ objects: { '*': { view: 'all' } }, fields: { 'contact.mobile': 'masked', 'contact.email': 'hidden' } })
      const account = office.installation.add_user('guest', 'salesperson', { name: '来宾' })
      const guest = await office.server.sign_in(account)
      const user = await boss.read('user', guest.user.id)
      await boss.change('user', user, { roles: [role.id, other.id] })
      const customer = await boss.create('customer', { name: '字段公司' })
      const contact = await boss.create('contact', { name: '方静', customer: customer.id, mobile: '13951234567', email: 'kuaile@example.cn' })
      const read = await guest.read('contact', contact.id)
      assert.deepEqual([read.name, read.mobile, 'email' in read], ['方静', '139****4567', false])
      const { objects } = await guest.expect(200, 'GET', '/api/meta')
      const fields = Object.fromEntries(objects.contact.fields.map((field) => [field.name, field]))
      assert.deepEqual([fields.mobile.masked, fields.mobile.write, fields.mobile.sortable, fields.email], [true, false, false, undefined])
      for (const field of ['mobile', 'email']) {
        assert.equal((await guest.get('/api/records/contact', { filter: JSON.stringify([field, 'is', contact[field]]) })).status, 400, `filter by ${field}`)
        assert.equal((await guest.get('/api/records/contact', { sort: field })).status, 400, `sort by ${field}`)
        assert.equal((await guest.get('/api/records/contact/groups', { by: field })).status, 400, `group by ${field}`)
      }
      for (const q of ['13951234567', '4567', 'kuaile']) {
        assert.deepEqual((await guest.list('contact', { search: q })).records, [], q)
        assert.deepEqual((await guest.expect(200, 'GET', '/api/search', { query: { q } })).hits.filter((hit) => hit.object === 'contact'), [], q)
      }
      assert.deepEqual((await guest.list('contact', { search: '方静' })).records.map((one) => one.id), [contact.id])
      const csv = (await guest.get('/api/exports/contact', { fields: 'name,mobile' })).text
      assert.match(csv, /139\*\*\*\*4567/)
      assert.doesNotMatch(csv, /13951234567/)
      assert.equal((await guest.get('/api/exports/contact', { fields: 'name,email' })).status, 400)
      const refused = await guest.request('PATCH', `/api/records/contact/${contact.id}`, { body: { mobile: '13900000000' }, headers: { 'if-match': String(contact.version) } })
      assert.equal(refused.status, 422)
      const { history } = await guest.expect(200, 'GET', `/api/records/contact/${contact.id}/history`)
      assert.doesNotMatch(JSON.stringify(history), /13951234567|kuaile/)
      assert.equal((await boss.read('contact', contact.id)).mobile, '13951234567')
    })

    test('a menu that a role hides is gone from the description, and its lists are refused (covers: PLAT-55)', async () => {
      const role = await new_role({ objects: { '*': { view: 'all' } }, menus: { product: false, base_data: false } })
      const account = office.installation.add_user('narrow', 'salesperson', { name: '窄' })
      const narrow = await office.server.sign_in(account)
      await boss.change('user', await boss.read('user', narrow.user.id), { roles: [role.id] })
      const { objects, areas } = await narrow.expect(200, 'GET', '/api/meta')
      assert.equal(objects.product.menu, false)
      assert.deepEqual(areas.flatMap((area) => area.objects).filter((name) => ['product', 'industry'].includes(name)), [])
      for (const path of ['/api/records/product', '/api/records/product/groups', '/api/exports/product']) assert.equal((await narrow.get(path)).status, 403, path)
      assert.equal((await narrow.get('/api/records/customer')).status, 200)
    })

    test('an explanation names the roles and shares that decide, and is kept from those who may not ask (covers: PLAT-58)', async () => {
      const customer = await zhou.create('customer', { name: '说明公司' })
      const why = (client, query) => client.get(path_of(customer, '/access'), query)
      assert.equal((await why(lin, {})).status, 404)
      assert.equal((await why(zhou, { user: lin.user.id })).status, 403)
      const refused = (await why(boss, { user: lin.user.id })).body
      assert.equal(refused.allowed, false)
      assert.deepEqual(refused.steps.map(({ step, allowed }) => [step, allowed]), [['function', true], ['record', false]])
      assert.deepEqual(refused.steps[1].roles.map(({ role, scope, reaches }) => [role, scope, reaches]), [['salesperson', 'own', false]])
      await share(zhou, customer, { kind: 'employee', grantee: employee_of(lin), level: 'read' })
      const shared = (await why(boss, { user: lin.user.id })).body
      assert.deepEqual([shared.allowed, shared.steps[1].shares], [true, [{ kind: 'employee', title: '林悦', level: 'read' }]])
      assert.equal((await why(boss, { user: lin.user.id, verb: 'change' })).body.allowed, false)
      const own = (await why(zhou, { verb: 'change', field: 'name' })).body
      assert.deepEqual(own.steps.map((step) => step.step), ['function', 'record', 'field'])
      assert.equal((await why(zhou, { verb: 'fly' })).status, 400)
      assert.equal((await why(zhou, { field: 'nothing' })).status, 400)
    })

    test('the rights of one user and of a department are told with their sources (covers: PLAT-58, PLAT-59)', async () => {
      const rights = await boss.expect(200, 'GET', `/api/rights/users/${lin.user.id}`)
      assert.deepEqual(rights.roles.map(({ role, through }) => [role, through.kind]), [['salesperson', 'user']])
      const customer = rights.objects.find((object) => object.name === 'customer')
      assert.deepEqual(customer.verbs.view, { allowed: true, rules: [{ from: 0, scope: 'own' }] })
      assert.deepEqual(customer.verbs.delete.allowed, false)
      const department = await boss.create('department', { name: '北方部' })
      await boss.change('employee', await boss.read('employee', employee_of(lin)), { department: department.id })
      const role = await new_role({ objects: { product: { view: 'all' } } })
      await assign(role, { department: department.id })
      const { people } = await boss.expect(200, 'GET', `/api/rights/departments/${department.id}`)
      assert.deepEqual(people.map(({ login, roles }) => [login, roles.map(({ role: code, through }) => [code, through])]), [['lin', [['salesperson', 'user'], [role.code, 'department']]]])
      for (const path of [`/api/rights/users/${lin.user.id}`, `/api/rights/departments/${department.id}`, '/api/rights/model']) assert.equal((await zhou.get(path)).status, 403, path)
      const model = await boss.expect(200, 'GET', '/api/rights/model')
      assert.ok(model.objects.find((object) => object.name === 'customer').special.some(({ name }) => name === 'customer.rename'))
    })
  })
}
