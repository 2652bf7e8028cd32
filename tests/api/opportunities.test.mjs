// What can be done with an opportunity, over HTTP.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases } from '../support/server.mjs'
import { open_office } from '../support/office.mjs'

for (const kind of databases) {
  describe(`opportunities on ${kind}`, () => {
    let office, boss, zhou, customer
    before(async () => {
      office = await open_office(kind)
      ;({ boss, zhou } = office)
      customer = await zhou.create('customer', { name: '华信精密仪器（苏州）有限公司' })
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })
    const make = (more = {}) =>
      zhou.create('opportunity', { name: '三期检测工位', customer: customer.id, stage: office.open_stages[0].id, amount: { amount: '128000.00', currency: 'CNY' }, ...more })

    test('a salesperson enters one, with expected income, date and the chance of its stage (covers: OPP-01, OPP-08, OPP-09)', async () => {
      const made = await make({ close_on: '2027-03-31' })
      assert.equal(made.chance, office.open_stages[0].chance)
      assert.equal(Number(made.weighted.amount), Math.round(128000 * Number(made.chance) * 100) / 100)
      assert.equal(made.close_on, '2027-03-31')
      assert.equal((await zhou.change('opportunity', made, { chance: '0.35' })).chance, '0.35')
    })

    test('a stage can be skipped, and each stage passed is kept (covers: OPP-14, OPP-15, OPP-16)', async () => {
      const made = await make()
      const moved = await zhou.act('opportunity', made.id, 'advance', { stage: office.open_stages[2].id })
      assert.equal(moved.stage.id, office.open_stages[2].id)
      const { included } = await zhou.read('opportunity', made.id, { include: 'stages' })
      assert.equal(included.stages.count, 2)
    })

    test('winning needs a reason, closes with amount and day, and locks (covers: OPP-38)', async () => {
      const made = await make()
      const path = `/api/records/opportunity/${made.id}`
      const unreasoned = await zhou.post(`${path}/win`, {})
      assert.equal(unreasoned.status, 422)
      assert.equal(unreasoned.body.errors[0].field, 'reason')
      const { dictionaries } = await zhou.expect(200, 'GET', '/api/meta')
      const reason = dictionaries.win_reason[0].code
      assert.equal((await zhou.post(`${path}/win`, { reason: 'nonsense' })).status, 422)
      assert.equal((await zhou.post(`${path}/win`, { reason, nonsense: 1 })).status, 422)
      const won = await zhou.act('opportunity', made.id, 'win', { reason, amount: { amount: '120000.00', currency: 'CNY' } })
      assert.equal(won.state.code, 'won')
      assert.equal(won.win_reason.code, reason)
      assert.equal(won.amount.amount, '120000.00')
      assert.ok(won.closed_on)
      const locked = await zhou.patch(path, { amount: { amount: '1.00', currency: 'CNY' } }, { 'if-match': String(won.version) })
      assert.equal(locked.status, 422)
      assert.equal(locked.body.errors[0].rule, 'closed')
      const again = await zhou.post(`${path}/win`, { reason })
      assert.ok([409, 422, 403].includes(again.status))
      assert.equal((await zhou.read('opportunity', made.id)).version, won.version)
    })

    test('reopening is a right of its own', async () => {
      const made = await make()
      const { dictionaries } = await boss.expect(200, 'GET', '/api/meta')
      await zhou.act('opportunity', made.id, 'lose', { reason: dictionaries.lose_reason[0].code })
      const stage = office.open_stages[0].id
      assert.ok(!(await zhou.read('opportunity', made.id)).actions.includes('reopen'))
      assert.equal((await zhou.post(`/api/records/opportunity/${made.id}/reopen`, { stage })).status, 403)
      const reopened = await boss.act('opportunity', made.id, 'reopen', { stage })
      assert.equal(reopened.state.code, 'open')
      assert.equal(reopened.closed_on, null)
    })

    test('several are moved in one step, or none (covers: OPP-14)', async () => {
      const made = [await make(), await make(), await make()]
      const ids = made.map(({ id }) => id)
      const { updated } = await zhou.expect(200, 'POST', '/api/records/opportunity/advance', { body: { ids, stage: office.open_stages[1].id } })
      assert.ok(updated >= 3)
      const foreign = await boss.create('opportunity', { name: '别人的', stage: office.open_stages[0].id })
      const mixed = await zhou.post('/api/records/opportunity/advance', { ids: [...ids, foreign.id], stage: office.open_stages[2].id })
      assert.ok(mixed.status >= 400 && mixed.status < 500, String(mixed.status))
      for (const id of ids) assert.equal((await zhou.read('opportunity', id)).stage.id, office.open_stages[1].id)
    })

    test('a team works on one, each with a part (covers: OPP-05)', async () => {
      const made = await make()
      await zhou.create('opportunity_member', { opportunity: made.id, employee: boss.user.employee.id, role: 'technical' })
      const twice = await zhou.post('/api/records/opportunity_member', { opportunity: made.id, employee: boss.user.employee.id, role: 'technical' })
      assert.ok([409, 422].includes(twice.status), String(twice.status))
      const { included } = await zhou.read('opportunity', made.id, { include: 'team' })
      assert.equal(included.team.count, 1)
    })

    test('an unknown action is not there', async () => {
      const made = await make()
      assert.equal((await zhou.post(`/api/records/opportunity/${made.id}/explode`, {})).status, 404)
      assert.equal((await zhou.post('/api/records/opportunity/win', { ids: [made.id], reason: 'price' })).status, 404, 'winning is for one at a time')
    })
  })
}
