// The company as a tree with people in it: departments that move, posts, and what stands in the way of deleting.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases } from '../support/server.mjs'
import { employee_of, open_office } from '../support/office.mjs'

for (const kind of databases) {
  describe(`the organisation on ${kind}`, () => {
    let office, boss, zhou, company, sales, north, south
    before(async () => {
      office = await open_office(kind, { roles: { head: 'department_head' } })
      ;({ boss, zhou } = office)
      company = await boss.create('department', { name: '蓝石集团', kind: 'head_company', code: 'HQ' })
      sales = await boss.create('department', { name: '销售中心', parent: company.id, kind: 'subsidiary' })
      north = await boss.create('department', { name: '华北部', parent: sales.id })
      south = await boss.create('department', { name: '华南部', parent: sales.id })
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })
    const posts_of = (id) => boss.all('employee_post', { filter: ['employee', 'is', id], sort: 'created_at' })
    const fresh = (object, id) => boss.read(object, id)

    // covers: PLAT-42, PLAT-43
    test('departments form a tree of any depth, have heads and deputies, and cannot stand below themselves', async () => {
      let below = south
      for (let depth = 0; depth < 12; ++depth) below = await boss.create('department', { name: `小组 ${depth}`, parent: below.id })
      const deputies = [employee_of(zhou), employee_of(boss)]
      const changed = await boss.change('department', south, { head: employee_of(zhou), deputies })
      assert.deepEqual(changed.deputies.map(({ id }) => id).sort(), deputies.sort())
      assert.equal(await boss.count('department', { filter: ['parent', 'under', company.id] }), 15)

      const path = `/api/records/department/${south.id}`
      const refused = await boss.patch(path, { parent: below.id }, { 'if-match': String(changed.version) })
      assert.equal(refused.status, 422)
      assert.deepEqual(refused.body.errors.map(({ field, rule }) => [field, rule]), [['parent', 'below_itself']])
      assert.equal((await boss.patch(path, { parent: south.id }, { 'if-match': String(changed.version) })).status, 422)
    })

    // covers: PLAT-43
    test('a move is in the history of the department and can be undone', async () => {
      const team = await boss.create('department', { name: '大客户组', parent: north.id })
      const moved = await boss.change('department', team, { parent: south.id })
      const { history } = await boss.expect(200, 'GET', `/api/records/department/${team.id}/history`)
      const [change] = history[0].changes
      assert.deepEqual([change.field, change.old.title, change.new.title], ['parent', '华北部', '华南部'])
      await boss.undo(moved.batch)
      assert.equal((await fresh('department', team.id)).parent.id, north.id)
    })

    // covers: PLAT-45
    test('an employee has several posts, of which the main one is the department and position', async () => {
      const position = (await boss.all('position'))[0]
      const person = await boss.create('employee', { name: '李明', department: north.id, entered_on: '2024-02-01' })
      const [main] = await posts_of(person.id)
      assert.deepEqual([main.main, main.department.id, main.from_on, main.name], [true, north.id, '2024-02-01', '华北部'])

      const second = await boss.create('employee_post', { employee: person.id, department: south.id, position: position.id })
      assert.equal((await fresh('employee', person.id)).department.id, north.id)
      const twice = await boss.post('/api/records/employee_post', { employee: person.id, department: south.id, position: position.id })
      assert.equal(twice.status, 422)
      assert.equal(twice.body.errors[0].rule, 'post_overlaps')

      const made_main = await boss.change('employee_post', second, { main: true })
      const moved = await fresh('employee', person.id)
      assert.deepEqual([moved.department.id, moved.position.id], [south.id, position.id])
      assert.equal((await fresh('employee_post', main.id)).main, false)
      await boss.undo(made_main.batch)
      assert.equal((await fresh('employee', person.id)).department.id, north.id)
      assert.deepEqual((await posts_of(person.id)).map((post) => post.main), [true, false])
    })

    test('the posts stand on the page of the employee and go with it', async () => {
      const person = await boss.create('employee', { name: '王芳', department: north.id })
      const page = await boss.expect(200, 'GET', `/api/records/employee/${person.id}`, { query: { include: 'posts' } })
      assert.equal(page.included.posts.count, 1)
      const { batch } = await boss.expect(200, 'DELETE', `/api/records/employee/${person.id}`)
      assert.equal(await boss.count('employee_post', { filter: ['employee', 'is', person.id] }), 0)
      await boss.undo(batch)
      assert.deepEqual((await posts_of(person.id)).map((post) => post.main), [true])
    })

    // covers: PLAT-44
    test('deleting what others refer to tells what stands in the way, with what the caller may see', async () => {
      const person = await boss.create('employee', { name: '赵六', department: north.id })
      for (let i = 0; i < 7; ++i) await boss.create('customer', { name: `赵六的客户 ${i}`, owner: person.id })
      const team = await boss.create('team', { name: '联合组', leader: person.id, members: [person.id] })

      const refused = await boss.delete(`/api/records/employee/${person.id}`)
      assert.equal(refused.status, 422)
      const told = Object.fromEntries(refused.body.blockers.map((one) => [`${one.object}.${one.field}`, one]))
      assert.deepEqual(Object.keys(told).sort(), ['customer.owner', 'team.leader', 'team.members'])
      assert.equal(told['customer.owner'].count, 7)
      assert.deepEqual(told['customer.owner'].records.map(({ title }) => title), [6, 5, 4, 3, 2].map((i) => `赵六的客户 ${i}`))
      assert.deepEqual(told['team.leader'].records, [{ id: team.id, title: '联合组' }])
      const several = await boss.post('/api/records/employee/delete', { ids: [person.id] })
      assert.equal(several.status, 422)
      assert.equal(several.body.blockers.length, 3)

      const kept = await boss.delete(`/api/records/department/${north.id}`)
      assert.equal(kept.status, 422)
      const fields = kept.body.blockers.map((one) => `${one.object}.${one.field}`)
      for (const field of ['employee.department', 'employee_post.department', 'customer.owner_department', 'department.parent'])
        assert.ok(fields.includes(field), field)
      assert.ok((await fresh('department', north.id)).id)
    })

    // covers: CUST-19
    test('a customer is deleted only with the right and without dependent records, and comes back from the bin', async () => {
      const customer = await boss.create('customer', { name: '可删除公司', owner: employee_of(zhou) })
      assert.equal((await zhou.delete(`/api/records/customer/${customer.id}`)).status, 403)
      const contact = await boss.create('contact', { name: '郑立', customer: customer.id })
      const refused = await boss.delete(`/api/records/customer/${customer.id}`)
      assert.equal(refused.status, 422)
      assert.deepEqual(refused.body.blockers.map(({ object, count, records }) => [object, count, records[0].title]), [['contact', 1, '郑立']])
      await boss.expect(200, 'DELETE', `/api/records/contact/${contact.id}`)
      await boss.expect(200, 'DELETE', `/api/records/customer/${customer.id}`)
      assert.equal((await boss.get(`/api/records/customer/${customer.id}`)).status, 404)
      assert.equal(await boss.count('customer', { bin: 1, filter: ['id', 'in', [customer.id]] }), 1)
      await boss.act('customer', customer.id, 'restore')
      assert.equal((await fresh('customer', customer.id)).name, '可删除公司')
    })

    // covers: PLAT-40
    test('the own company is one record that is kept up, and nobody adds or deletes one', async () => {
      const { records } = await boss.list('company')
      assert.equal(records.length, 1)
      const changed = await boss.change('company', records[0], { name: '蓝石集团股份公司', phone: '0512-66218000', bank: '中国银行苏州分行', bank_account: '4561234567' })
      assert.deepEqual([changed.name, changed.bank], ['蓝石集团股份公司', '中国银行苏州分行'])
      assert.equal((await office.server.stranger().expect(200, 'GET', '/api/public')).company.name, '蓝石集团股份公司')
      assert.equal((await boss.expect(200, 'GET', '/api/meta')).objects.company.rights.add, false)
      assert.equal((await boss.post('/api/records/company', { name: '第二家' })).status, 403)
      assert.equal((await boss.delete(`/api/records/company/${changed.id}`)).status, 403)
      assert.equal((await zhou.patch(`/api/records/company/${changed.id}`, { name: 'x' }, { 'if-match': String(changed.version) })).status, 403)
    })

    // covers: PLAT-41
    test('the head of a department keeps its data, of no other one, and does not change the structure', async () => {
      const { head } = office
      const [own, other] = [await boss.create('department', { name: '主管的部门', head: employee_of(head) }), await boss.create('department', { name: '别人的部门' })]
      const path = (one) => `/api/records/department/${one.id}`
      const changed = await head.change('department', own, { phone: '0512-66218001', duties: '负责华东客户', email: 'east@lanshi.example' })
      assert.equal(changed.duties, '负责华东客户')
      const refused = await head.patch(path(other), { phone: '0512-1' }, { 'if-match': String(other.version) })
      assert.ok([403, 404].includes(refused.status), String(refused.status))
      for (const values of [{ parent: other.id }, { head: null }, { name: '新名' }, { status: 'closed' }]) {
        const answer = await head.patch(path(changed), values, { 'if-match': String(changed.version) })
        assert.equal(answer.status, 422, JSON.stringify(values))
        assert.equal(answer.body.errors[0].rule, 'fixed')
      }
      assert.equal((await zhou.patch(path(own), { phone: '0512-2' }, { 'if-match': String(changed.version) })).status, 403)
    })

    // covers: PLAT-48
    test('positions, forms of address and levels are lists that the company keeps', async () => {
      for (const object of ['position', 'title', 'employee_level']) {
        assert.ok((await boss.count(object)) > 0, `${object} ships with some`)
        const made = await boss.create(object, { code: 'own', name: '自定义' })
        const person = await boss.create('employee', { name: `${object} 的人`, [object === 'employee_level' ? 'level' : object]: made.id })
        assert.equal((await boss.delete(`/api/records/${object}/${made.id}`)).status, 422, 'kept while it is used')
        await boss.expect(200, 'DELETE', `/api/records/employee/${person.id}`)
        await boss.expect(200, 'DELETE', `/api/records/${object}/${made.id}`)
      }
    })

    // covers: PLAT-46
    test('a team has people of several departments', async () => {
      const [one, two] = [await boss.create('employee', { name: '甲', department: north.id }), await boss.create('employee', { name: '乙', department: south.id })]
      const team = await boss.create('team', { name: '跨部门组', leader: one.id, members: [one.id, two.id] })
      const changed = await boss.change('team', team, { members: [two.id] })
      assert.deepEqual(changed.members.map(({ title }) => title), ['乙'])
      await boss.expect(200, 'DELETE', `/api/records/team/${team.id}`)
    })

    // covers: PLAT-47
    test('an employee with several roles has the rights of each', async () => {
      const roles = Object.fromEntries((await boss.all('role')).map((role) => [role.code, role.id]))
      const account = (await boss.all('user')).find(({ login }) => login === 'zhou')
      const rights = async () => (await zhou.expect(200, 'GET', '/api/meta')).objects
      assert.equal((await rights()).product.rights.add, false)
      assert.equal((await rights()).opportunity.rights.add, true)
      const changed = await boss.change('user', account, { roles: [roles.salesperson, roles.marketing] })
      assert.equal((await rights()).product.rights.add, true)
      assert.equal((await rights()).opportunity.rights.add, true)
      await boss.change('user', changed, { roles: [roles.salesperson] })
    })
  })
}
