// Somebody leaves, or a department is closed: everything goes to another in one step, and comes back in one.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases, until } from '../support/server.mjs'
import { employee_of, open_office } from '../support/office.mjs'

for (const kind of databases) {
  describe(`handing over on ${kind}`, () => {
    let office, boss, zhou, lin
    before(async () => {
      office = await open_office(kind, { roles: { manager: 'account_manager' } })
      ;({ boss, zhou, lin } = office)
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })
    const path = (object, id) => `/api/handovers/${object}/${id}`
    const preview = (id, client = boss) => client.expect(200, 'GET', path('employee', id))
    const hand_over = async (id, body, client = boss, object = 'employee') => client.result(await client.post(path(object, id), body))
    const of = (items) => Object.fromEntries(items.map((item) => [`${item.object}.${item.field}`, item]))

    // A salesperson with an account and work of every kind.
    let number = 0
    async function worker() {
      const login = `leaver${++number}`
      const account = office.installation.add_user(login, 'salesperson', { name: `离职人${number}` })
      const client = await office.server.sign_in(account)
      const id = employee_of(client)
      const customers = []
      for (let i = 0; i < 3; ++i) customers.push(await client.create('customer', { name: `${login} 客户 ${i}` }))
      await client.create('contact', { name: '联系人', customer: customers[0].id })
      const deals = []
      for (const name of ['进行中', '已结案']) deals.push(await client.create('opportunity', { name: `${login} ${name}`, customer: customers[0].id, stage: office.open_stages[0].id }))
      await client.act('opportunity', deals[1].id, 'win', { reason: 'price' })
      const tasks = [await client.create('task', { title: '待办' }), await client.create('task', { title: '做完的' })]
      await client.act('task', tasks[1].id, 'complete')
      const team = await boss.create('team', { name: `${login} 的组`, leader: id, members: [id, employee_of(zhou)] })
      const shared = await boss.create('customer', { name: `${login} 协作的客户`, collaborators: [id], owner: employee_of(zhou) })
      return { login, account, client, id, customers, deals, tasks, team, shared }
    }

    // covers: CUST-60, FLOW-14
    test('the preview says how many records of each kind there are and which of them are open work', async () => {
      const leaver = await worker()
      const { items, ending } = await preview(leaver.id)
      const told = of(items)
      assert.deepEqual([told['customer.owner'].all, told['customer.owner'].open, told['customer.owner'].divided], [3, 3, false])
      assert.deepEqual([told['opportunity.owner'].all, told['opportunity.owner'].open, told['opportunity.owner'].divided], [2, 1, true])
      assert.deepEqual([told['task.owner'].all, told['task.owner'].open], [2, 1])
      for (const place of ['contact.owner', 'team.leader', 'team.members', 'customer.collaborators']) assert.equal(told[place].all, 1, place)
      assert.equal(told['saved_view.owner'], undefined, 'views are personal')
      assert.deepEqual(ending.map(({ object, count, values }) => [object, count, values[0].value]), [['employee', 1, '离职'], ['user', 1, '停用']])
      assert.deepEqual([told['task.owner'].label.zh, told['team.leader'].field_label.en], ['任务', 'Leader'])
    })

    // covers: CUST-60, FLOW-14, OPP-07, PLAT-45
    test('everything open goes to the receiver in one batch, the account ends, and one undo brings all back', async () => {
      const leaver = await worker()
      const before = await boss.read('opportunity', leaver.deals[0].id)
      const result = await hand_over(leaver.id, { to: employee_of(lin), end: true })
      assert.deepEqual(result.refused, [])
      assert.equal(result.ended, 2)
      assert.equal(of(result.items)['customer.owner'].moved, 3)
      assert.equal(result.moved, 3 + 1 + 1 + 1 + 2 + 1, 'customers, contact, open deal, open task, team twice, collaborator')

      for (const { id } of leaver.customers) assert.equal((await lin.read('customer', id)).owner.id, employee_of(lin))
      const deal = await lin.read('opportunity', leaver.deals[0].id)
      assert.equal(deal.owner.id, employee_of(lin))
      const { history } = await boss.expect(200, 'GET', `/api/records/opportunity/${deal.id}/history`)
      assert.deepEqual([history[0].operation, history[0].note, history.at(-1).operation], ['hand_over', `离职人${number} → 林悦`, 'create'])
      assert.equal((await boss.read('opportunity', leaver.deals[1].id)).owner.id, leaver.id, 'what is over stays with who did it')
      const team = await boss.read('team', leaver.team.id)
      assert.equal(team.leader.id, employee_of(lin))
      assert.deepEqual(team.members.map(({ id }) => id).sort(), [employee_of(lin), employee_of(zhou)].sort())
      assert.deepEqual((await boss.read('customer', leaver.shared.id)).collaborators.map(({ id }) => id), [employee_of(lin)])
      assert.equal((await boss.read('employee', leaver.id)).status.code, 'left')
      await until('the leaver is out', async () => (await leaver.client.get('/api/session')).status === 401, 3000)
      assert.equal((await office.server.stranger().post('/api/session', leaver.account)).status, 401)
      assert.equal((await preview(leaver.id)).items.find((item) => item.object === 'customer'), undefined, 'nothing is left')

      const undone = await boss.undo(result.batch)
      assert.equal(undone.skipped, 0)
      const written = { version: 0, updated_at: 0, updated_by: 0 }
      assert.deepEqual({ ...(await boss.read('opportunity', leaver.deals[0].id)), ...written }, { ...before, ...written })
      assert.equal((await boss.read('customer', leaver.customers[2].id)).owner.id, leaver.id)
      assert.deepEqual((await boss.read('team', leaver.team.id)).members.map(({ id }) => id).sort(), [leaver.id, employee_of(zhou)].sort())
      assert.equal((await boss.read('employee', leaver.id)).status.code, 'active')
      assert.ok(await office.server.sign_in(leaver.account), 'the account is open again')
    })

    test('each kind may go to another receiver, stay, or go as a whole', async () => {
      const leaver = await worker()
      const result = await hand_over(leaver.id, {
        to: employee_of(lin),
        items: [
          { object: 'customer', field: 'owner', to: employee_of(zhou) },
          { object: 'opportunity', field: 'owner', share: 'all' },
          { object: 'team', field: 'leader', share: 'none' },
        ],
      })
      assert.equal(result.ended, 0)
      assert.equal((await boss.read('customer', leaver.customers[0].id)).owner.id, employee_of(zhou))
      assert.equal((await boss.read('opportunity', leaver.deals[1].id)).owner.id, employee_of(lin))
      assert.equal((await boss.read('team', leaver.team.id)).leader.id, leaver.id)
      assert.equal((await boss.read('employee', leaver.id)).status.code, 'active')
    })

    // covers: FLOW-14
    test('records may be left without an owner, and stay in the department where they were', async () => {
      const department = await boss.create('department', { name: '公海部' })
      const leaver = await worker()
      const person = await boss.read('employee', leaver.id)
      await boss.change('employee', person, { department: department.id })
      const booked = await leaver.client.create('customer', { name: '进公海的客户' })
      await hand_over(leaver.id, { to: employee_of(lin), items: [{ object: 'customer', field: 'owner', to: null }] })
      const record = await boss.read('customer', booked.id)
      assert.deepEqual([record.owner, record.owner_department.id], [null, department.id])
      const count = await boss.count('customer', { view: 'unowned' })
      assert.equal(count, 4)
    })

    test('a plan that cannot be is refused before anything begins', async () => {
      const leaver = await worker()
      const refused = async (body) => {
        const answer = await boss.post(path('employee', leaver.id), body)
        assert.ok([400, 422].includes(answer.status), `${answer.status} ${answer.text}`)
        return answer.body.errors?.[0].rule ?? answer.body.code
      }
      assert.equal(await refused({}), 'required')
      assert.equal(await refused({ to: leaver.id }), 'hand_over_to_itself')
      assert.equal(await refused({ to: '1000000000000001' }), 'no_such_record')
      assert.equal(await refused({ to: 'x' }), 'no_such_record')
      const gone = await boss.create('employee', { name: '早已离职', status: 'left' })
      assert.equal(await refused({ to: gone.id }), 'hand_over_receiver_ended')
      assert.equal(await refused({ to: employee_of(lin), items: [{ object: 'customer', field: 'name' }] }), 'hand_over_no_such_item')
      assert.equal(await refused({ to: employee_of(lin), items: [{ object: 'opportunity_member', field: 'employee', to: null }] }), 'required')
      for (const body of [{ to: 1 }, { share: 'x' }, { to: employee_of(lin), end: 'yes' }, { to: employee_of(lin), items: {} }, { to: employee_of(lin), items: [{ object: 'customer' }] }, []])
        assert.equal((await boss.post(path('employee', leaver.id), body)).status, 400, JSON.stringify(body))
      assert.equal((await boss.read('customer', leaver.customers[0].id)).owner.id, leaver.id)
    })

    // covers: PLAT-44
    test('the right to assign is needed on every record, or nothing moves', async () => {
      const leaver = await worker()
      assert.equal((await zhou.get(path('employee', leaver.id))).status, 403)
      assert.equal((await zhou.post(path('employee', leaver.id), { to: employee_of(lin) })).status, 403)
      assert.equal((await boss.get(path('employee', '1000000000000001'))).status, 404)
      const { manager } = office
      // Neither he nor the leaver is in a department: nothing of it is in his reach, and he is told no figure.
      const told = of((await preview(leaver.id, manager)).items)
      assert.deepEqual([told['customer.owner'].all, told['customer.owner'].beyond], [0, true])
      const answer = await manager.post(path('employee', leaver.id), { to: employee_of(lin) })
      assert.deepEqual([answer.status, answer.body.code], [403, 'forbidden'])
      assert.equal((await boss.read('customer', leaver.customers[0].id)).owner.id, leaver.id)
      assert.equal((await boss.read('contact', (await boss.all('contact', { filter: ['customer', 'is', leaver.customers[0].id] }))[0].id)).owner.id, leaver.id)
    })

    test('somebody who has the place already keeps it, and the row of the leaver stays', async () => {
      const leaver = await worker()
      const deal = leaver.deals[0].id
      for (const employee of [leaver.id, employee_of(lin)]) await boss.create('opportunity_member', { opportunity: deal, employee, role: 'technical' })
      const result = await hand_over(leaver.id, { to: employee_of(lin) })
      assert.deepEqual(of(result.items)['opportunity_member.employee'], { object: 'opportunity_member', field: 'employee', moved: 0, taken: 1 })
      assert.equal(await boss.count('opportunity_member', { filter: ['opportunity', 'is', deal] }), 2)
    })

    test('a record that cannot be changed is named, and nothing at all has moved', async () => {
      const leaver = await worker()
      const boss_id = employee_of(boss)
      await boss.change('employee', await boss.read('employee', boss_id), { manager: leaver.id })
      const under = await boss.create('employee', { name: '中间人', manager: boss_id })
      const result = await hand_over(leaver.id, { to: under.id, end: true })
      assert.equal(result.batch, null)
      assert.deepEqual(result.refused.map(({ object, id, title }) => [object, id, title]), [['employee', boss_id, '总管']])
      assert.match(result.refused[0].messages[0], /下级之下/)
      assert.equal((await boss.read('customer', leaver.customers[0].id)).owner.id, leaver.id)
      assert.equal((await boss.read('employee', leaver.id)).status.code, 'active')
      await boss.change('employee', await boss.read('employee', boss_id), { manager: null })
    })

    // covers: PLAT-44
    test('a department hands its people, those below and its records to another', async () => {
      const [old, other] = [await boss.create('department', { name: '旧部门', head: employee_of(zhou) }), await boss.create('department', { name: '新部门' })]
      const below = await boss.create('department', { name: '旧部门的组', parent: old.id })
      const person = await boss.create('employee', { name: '旧部门的人', department: old.id, entered_on: '2024-01-01' })
      const guest = await boss.create('employee', { name: '兼职的人' })
      const post = await boss.create('employee_post', { employee: guest.id, department: old.id })
      const customer = await boss.create('customer', { name: '旧部门的客户', owner: person.id })
      assert.equal((await boss.delete(`/api/records/department/${old.id}`)).status, 422)

      const result = await hand_over(old.id, { to: other.id, end: true, items: ['customer', 'contact'].map((object) => ({ object, field: 'owner_department', share: 'all' })) }, boss, 'department')
      assert.deepEqual(result.refused, [])
      assert.equal((await boss.read('employee', person.id)).department.id, other.id)
      assert.equal((await boss.read('department', below.id)).parent.id, other.id)
      assert.equal((await boss.read('employee_post', post.id)).department.id, other.id)
      assert.equal((await boss.read('customer', customer.id)).owner_department.id, other.id)
      assert.equal((await boss.read('customer', customer.id)).owner.id, person.id)
      assert.equal((await boss.read('department', old.id)).status.code, 'closed')
      const { blockers } = (await boss.delete(`/api/records/department/${old.id}`)).body
      assert.deepEqual(blockers.map(({ object, field }) => `${object}.${field}`), ['employee_post.department'], 'only the post that ended yesterday')
      await boss.undo(result.batch)
      assert.equal((await boss.read('customer', customer.id)).owner_department.id, old.id)
      assert.equal((await boss.read('department', old.id)).status.code, 'active')
    })

    test('stopped half-way, nothing has moved', async () => {
      const leaver = await worker()
      const file = await boss.upload('many.csv', `客户名称,负责人\n${Array.from({ length: 9000 }, (_, i) => `停下的客户 ${i},离职人${number}\n`).join('')}`)
      const import_ = await boss.expect(201, 'POST', '/api/imports', { body: { object: 'customer', file: file.id } })
      await boss.job((await boss.expect(202, 'POST', `/api/imports/${import_.id}/run`)).job)
      assert.equal(of((await preview(leaver.id)).items)['customer.owner'].all, 9003)
      const before = await boss.count('customer', { filter: ['owner', 'is', employee_of(lin)] })
      const { job } = await boss.expect(202, 'POST', path('employee', leaver.id), { body: { to: employee_of(lin), end: true } })
      await until('some have moved', async () => (await boss.expect(200, 'GET', `/api/jobs/${job}`)).done > 0)
      await boss.expect(200, 'POST', `/api/jobs/${job}/cancel`)
      assert.equal((await boss.job(job)).state, 'cancelled')
      assert.equal(await boss.count('customer', { filter: ['owner', 'is', employee_of(lin)] }), before)
      assert.equal(await boss.count('customer', { filter: ['owner', 'is', leaver.id] }), 9003)
      assert.equal((await boss.read('employee', leaver.id)).status.code, 'active')
    })

    test('the command hands over by sign-in name', async () => {
      const leaver = await worker()
      const words = ['hand-over', leaver.login, 'lin']
      const kept = office.installation.done([...words, '--keep-account'])
      assert.equal(JSON.parse(kept.out).moved, 9)
      assert.equal((await boss.read('customer', leaver.customers[0].id)).owner.id, employee_of(lin))
      assert.equal((await boss.read('employee', leaver.id)).status.code, 'active')
      const ended = JSON.parse(office.installation.done(words).out)
      assert.deepEqual([ended.moved, ended.ended], [0, 2])
      assert.equal((await boss.read('employee', leaver.id)).status.code, 'left')
      assert.equal(office.installation.command(['hand-over', 'nobody', 'lin']).code, 1)
      assert.equal(office.installation.command(['hand-over', 'lin']).code, 2)
      assert.match(office.installation.command(['hand-over', 'lin', leaver.login]).err, /has left/)
    })
  })
}
