// What a salesperson does with customers and contacts all day, row by row of docs/requirements.tsv.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases } from '../support/server.mjs'
import { open_office } from '../support/office.mjs'

for (const kind of databases) {
  describe(`customers and contacts on ${kind}`, () => {
    let office, boss, zhou
    before(async () => {
      office = await open_office(kind)
      ;({ boss, zhou } = office)
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })

    const new_item = async (dictionary, code, name) => {
      const [found] = (await boss.list('dictionary', { filter: ['code', 'is', dictionary] })).records
      await boss.create('dictionary_item', { dictionary: found.id, code, name, name_en: name })
    }

    test('base facts of a customer are kept as they were given (covers: CUST-23)', async () => {
      const facts = {
        name: '徐州重型工程机械有限公司', short_name: '徐州重工', postcode: '221004', phone: '0516-8756 1234', fax: '0516-8756 1235', email: 'office@xz.example.cn',
        website: 'https://xz.example.cn', superior_authority: '徐州市国资委', qualification: '一级', employees: 1200, staff_men: 800, staff_women: 400,
      }
      const { id } = await zhou.create('customer', facts)
      const read = await zhou.read('customer', id)
      for (const [field, value] of Object.entries(facts)) assert.equal(read[field], value, field)
    })

    test('a level that the company adds is given to a customer and used as a filter (covers: CUST-08)', async () => {
      await new_item('customer_level', 'strategic', '战略')
      const { id } = await zhou.create('customer', { name: '战略级公司', level: 'strategic' })
      assert.deepEqual((await zhou.list('customer', { filter: ['level', 'is', 'strategic'] })).records.map((one) => one.id), [id])
      assert.equal((await zhou.post('/api/records/customer', { name: '没有这个级别', level: 'imaginary' })).status, 422)
    })

    test('a customer has one of the states from the start, and lists are filtered by it (covers: CUST-05)', async () => {
      const { id, status } = await zhou.create('customer', { name: '正式客户公司', status: 'formal' })
      assert.equal(status.code, 'formal')
      const formal = (await zhou.all('customer', { filter: ['status', 'is', 'formal'] })).map((one) => one.id)
      assert.deepEqual(formal, [id])
    })

    test('activities and opportunities are created for a customer and listed on its page (covers: CUST-44, CUST-45)', async () => {
      const customer = await zhou.create('customer', { name: '页面公司' })
      const opportunity = await zhou.create('opportunity', { name: '二期产线', customer: customer.id, stage: office.open_stages[0].id })
      const activity = await zhou.create('activity', { subject: '电话回访', customer: customer.id, kind: 'call', at: '2026-11-24T02:00:00Z' })
      const { included } = await zhou.read('customer', customer.id, { include: 'opportunities,activities' })
      assert.deepEqual(included.opportunities.records.map((one) => one.id), [opportunity.id])
      assert.deepEqual(included.activities.records.map((one) => one.id), [activity.id])
    })

    test('a contact is added, found, changed, moved to another customer with its history, and deleted (covers: CONT-03)', async () => {
      const [from, to] = [await boss.create('customer', { name: '旧东家' }), await boss.create('customer', { name: '新东家' })]
      const contact = await boss.create('contact', { name: '欧阳文静', customer: from.id, mobile: '13951234567' })
      const { hits } = await boss.expect(200, 'GET', '/api/search', { query: { q: '欧阳' } })
      assert.ok(hits.some(({ object, id }) => object === 'contact' && id === contact.id))
      const moved = await boss.change('contact', contact, { customer: to.id })
      assert.equal(moved.customer.id, to.id)
      const { history } = await boss.expect(200, 'GET', `/api/records/contact/${contact.id}/history`)
      const change = history[0].changes.find(({ field }) => field === 'customer')
      assert.deepEqual([change.old.title, change.new.title], ['旧东家', '新东家'])
      assert.equal((await boss.delete(`/api/records/contact/${contact.id}`)).status, 200)
      assert.equal((await boss.get(`/api/records/contact/${contact.id}`)).status, 404)
    })

    test('a contact is told by department, position, phones and e-mail (covers: CONT-04)', async () => {
      const customer = await zhou.create('customer', { name: '职务公司' })
      const facts = { name: '钱多', department: '采购部', position: '经理', phone: '025-8456 7788', mobile: '13705551234', fax: '025-84567799', email: 'qian@example.cn' }
      const { id } = await zhou.create('contact', { ...facts, customer: customer.id })
      const read = await zhou.read('contact', id)
      for (const [field, value] of Object.entries(facts)) assert.equal(read[field], value, field)
    })
  })
}
