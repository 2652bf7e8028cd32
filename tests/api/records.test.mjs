// One record: made, read, changed, taken away, brought back; and what stands in the way of losing anything.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases } from '../support/server.mjs'
import { employee_of, open_office } from '../support/office.mjs'

for (const kind of databases) {
  describe(`records on ${kind}`, () => {
    let office, boss, zhou, lin
    before(async () => {
      office = await open_office(kind)
      ;({ boss, zhou, lin } = office)
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })

    test('a customer is made with number and mnemonic code, and belongs to its maker (covers: CUST-16)', async () => {
      const made = await zhou.create('customer', { name: '苏州云峰自动化设备有限公司' })
      assert.equal(made.version, 1)
      assert.match(made.number, /^KH\d{10}$/)
      assert.equal(made.mnemonic, 'SZYFZDHSBYXGS')
      assert.equal(made.owner.id, employee_of(zhou))
      assert.equal(made.status.code, 'potential')
      assert.deepEqual(await zhou.read('customer', made.id, { fields: '' }), await zhou.read('customer', made.id))
    })

    test('a change needs no more than what changes, and raises the version', async () => {
      const made = await zhou.create('customer', { name: '版本公司', phone: '0512-62881234' })
      const changed = await zhou.change('customer', made, { level: 'key', tags: [] })
      assert.equal(changed.version, 2)
      assert.equal(changed.phone, made.phone)
      const unchanged = await zhou.change('customer', changed, { level: 'key' })
      assert.equal(unchanged.version, 2, 'what changes nothing makes no version')
    })

    test('a stale change is refused and tells what stands there now', async () => {
      const made = await boss.create('customer', { name: '并发公司' })
      await boss.change('customer', made, { short_name: '先到' })
      const late = await boss.patch(`/api/records/customer/${made.id}`, { short_name: '后到' }, { 'if-match': '1' })
      assert.equal(late.status, 412)
      assert.equal(late.body.code, 'stale')
      assert.equal(late.body.current.version, 2)
      assert.equal(late.body.current.short_name, '先到')
      assert.equal((await boss.read('customer', made.id)).short_name, '先到')
      const removal = await boss.delete(`/api/records/customer/${made.id}`, { 'if-match': '"1"' })
      assert.equal(removal.status, 412)
    })

    test('a repeated request with the same key makes one record and gets the same answer', async () => {
      const key = { 'idempotency-key': 'a-b-c' }
      const first = await zhou.create('customer', { name: '重复提交公司' }, key)
      const second = await zhou.create('customer', { name: '重复提交公司' }, key)
      assert.equal(second.id, first.id)
      const both = await Promise.all([1, 2, 3, 4].map(() => zhou.post('/api/records/customer', { name: '同时提交公司' }, { 'idempotency-key': 'd-e-f' })))
      const made = both.filter((answer) => answer.status === 201).map((answer) => answer.body.id)
      assert.equal(new Set(made).size, 1)
      assert.equal(await boss.count('customer', { filter: ['name', 'is', '同时提交公司'] }), 1)
      const other = await lin.create('customer', { name: '重复提交公司之二' }, key)
      assert.notEqual(other.id, first.id, 'a key counts for its user only')
    })

    test('the company name cannot be changed by editing, other fields can (covers: CUST-18)', async () => {
      const made = await zhou.create('customer', { name: '改名公司' })
      const refused = await zhou.patch(`/api/records/customer/${made.id}`, { name: '新名公司' }, { 'if-match': '1' })
      assert.equal(refused.status, 422)
      assert.equal(refused.body.errors[0].field, 'name')
      await zhou.change('customer', made, { short_name: '新简称' })
      assert.equal((await boss.change('customer', await boss.read('customer', made.id), { name: '更正后的名称' })).name, '更正后的名称')
    })

    test('a missing required field is named (covers: PLAT-37, PLAT-38)', async () => {
      const answer = await zhou.post('/api/records/customer', { short_name: '无名' })
      assert.equal(answer.status, 422)
      assert.deepEqual(answer.body.errors.map(({ field, rule }) => [field, rule]), [['name', 'required']])
      assert.ok(answer.body.errors[0].message)
    })

    test('a contact belongs to a customer that exists (covers: CONT-01)', async () => {
      assert.equal((await zhou.post('/api/records/contact', { name: '郑立' })).status, 422)
      const customer = await zhou.create('customer', { name: '有联系人的公司' })
      const contact = await zhou.create('contact', { name: '郑立', customer: customer.id, mobile: '13812345678' })
      assert.equal(contact.customer.title, '有联系人的公司')
      const page = await zhou.read('customer', customer.id, { include: 'contacts,opportunities,timeline' })
      assert.deepEqual(page.included.contacts.records.map(({ name }) => name), ['郑立'])
      assert.equal(page.included.opportunities.count, 0)
      assert.equal(page.rights.change, true)
    })

    test('many records are made all together or not at all', async () => {
      const before = await boss.count('customer')
      const refused = await boss.post('/api/records/customer', [{ name: '甲公司' }, { name: '' }, { name: '丙公司' }])
      assert.equal(refused.status, 422)
      assert.match(refused.body.errors[0].field, /1/)
      assert.equal(await boss.count('customer'), before)
      const made = await boss.expect(201, 'POST', '/api/records/customer', { body: Array.from({ length: 1000 }, (_, i) => ({ name: `批量公司 ${i}` })) })
      assert.equal(made.ids.length, 1000)
      assert.equal((await boss.undo(made.batch)).undone, 1000)
      assert.equal(await boss.count('customer'), before)
      assert.equal((await boss.post('/api/records/customer', Array.from({ length: 1001 }, (_, i) => ({ name: `多 ${i}` })))).status, 400)
      assert.equal((await boss.post('/api/records/customer', [])).status, 400)
    })

    test('many records are changed together, each in its own way, or not at all, and undone together', async () => {
      const [one, two] = [await zhou.create('customer', { name: '逐条样例一公司' }), await zhou.create('customer', { name: '逐条样例二公司' })]
      const send = (rows, headers) => zhou.patch('/api/records/customer', rows, headers)
      const notes = async () => [(await zhou.read('customer', one.id)).description, (await zhou.read('customer', two.id)).description]
      const rows = [{ id: one.id, version: one.version, description: '第一条' }, { id: two.id, version: two.version, description: '第二条' }]
      const wrong = await send([rows[0], { ...rows[1], employees: 'many' }])
      assert.equal(wrong.status, 422)
      assert.deepEqual(wrong.body.errors.map(({ field }) => field), ['[1].employees'])
      const missing = await send([rows[0], { id: two.id, status: null }])
      assert.equal(missing.status, 422)
      assert.match(missing.body.errors[0].field, /^\[1\]\.status/)
      assert.equal((await send([rows[0], { id: two.id, version: two.version + 1, description: 'x' }])).status, 412)
      assert.equal((await send([rows[0], { id: '1000000000000001', description: 'x' }])).status, 404)
      for (const senseless of [[], {}, [{ description: 'x' }], [{ id: 7, description: 'x' }], [{ ...rows[0], version: '1' }], [rows[0], 'x']]) assert.equal((await send(senseless)).status, 400, JSON.stringify(senseless))
      assert.deepEqual(await notes(), [null, null])

      const headers = { 'idempotency-key': `each-${kind}` }
      const done = await send(rows, headers)
      assert.equal(done.status, 200, done.text)
      assert.deepEqual([done.body.ids, done.body.updated], [[one.id, two.id], 2])
      assert.deepEqual(await notes(), ['第一条', '第二条'])
      assert.equal((await send(rows, headers)).body.batch, done.body.batch, 'a repeated request gets the same answer')
      await zhou.undo(done.body.batch)
      assert.deepEqual(await notes(), [null, null])
    })

    test('numbers have no gap and no duplicate when many save at once', async () => {
      const made = await Promise.all(Array.from({ length: 24 }, (_, i) => [boss, zhou, lin][i % 3].create('customer', { name: `同时 ${i}` })))
      const numbers = made.map(({ number }) => Number(number.slice(6))).sort((a, b) => a - b)
      assert.equal(new Set(numbers).size, 24)
      assert.equal(numbers.at(-1) - numbers[0], 23)
    })

    test('history tells who changed what, when, from what to what', async () => {
      const made = await zhou.create('customer', { name: '历史公司', short_name: '旧' })
      await boss.change('customer', made, { short_name: '新', owner: employee_of(lin) })
      const { history } = await boss.expect(200, 'GET', `/api/records/customer/${made.id}/history`)
      assert.equal(history[0].version, 2)
      assert.equal(history[0].who.title, '总管')
      const change = history[0].changes.find(({ field }) => field === 'short_name')
      assert.deepEqual([change.old, change.new], ['旧', '新'])
      assert.equal(history[0].changes.find(({ field }) => field === 'owner').new.title, '林悦')
      assert.equal(history.at(-1).operation, 'create')
    })

    test('a list and a record can be seen as they were', async () => {
      const made = await boss.create('customer', { name: '往昔公司', short_name: '昔' })
      await new Promise((done) => setTimeout(done, 30))
      const then = new Date().toISOString()
      await new Promise((done) => setTimeout(done, 30))
      await boss.change('customer', made, { short_name: '今' })
      assert.equal((await boss.read('customer', made.id, { as_of: then })).short_name, '昔')
      const { records } = await boss.list('customer', { as_of: then, filter: ['short_name', 'is', '昔'] })
      assert.deepEqual(records.map(({ id }) => id), [made.id])
      assert.equal((await boss.list('customer', { as_of: then, filter: ['short_name', 'is', '今'] })).records.length, 0)
    })

    test('a deleted record goes to the bin and comes back whole (covers: CUST-19)', async () => {
      const made = await boss.create('customer', { name: '回收公司', phone: '0512-11112222' })
      const own = await zhou.create('customer', { name: '不许删公司' })
      assert.equal((await zhou.delete(`/api/records/customer/${own.id}`)).status, 403)
      await boss.expect(200, 'DELETE', `/api/records/customer/${made.id}`, { headers: { 'if-match': '1' } })
      assert.equal((await boss.get(`/api/records/customer/${made.id}`)).status, 404)
      assert.equal(await boss.count('customer', { filter: ['name', 'is', '回收公司'] }), 0)
      assert.equal(await boss.count('customer', { bin: 1, filter: ['name', 'is', '回收公司'] }), 1)
      const there = await boss.read('customer', made.id, { bin: 1, include: 'timeline,contacts' })
      assert.deepEqual([there.name, there.actions, there.rights], [made.name, [], { change: false, delete: false, assign: false, restore: true }])
      assert.ok(there.deleted_at)
      assert.equal(there.updated_by.id, employee_of(boss))
      assert.equal((await zhou.get(`/api/records/customer/${made.id}`, { bin: 1 })).status, 404)
      const back = await boss.act('customer', made.id, 'restore')
      assert.deepEqual([back.name, back.number, back.phone], [made.name, made.number, made.phone])
      assert.equal(await boss.count('customer', { bin: 1, filter: ['name', 'is', '回收公司'] }), 0)
    })

    test('a customer with dependent records is not deleted (covers: CUST-19)', async () => {
      const customer = await boss.create('customer', { name: '有下属公司' })
      await boss.create('contact', { name: '李工', customer: customer.id })
      const answer = await boss.delete(`/api/records/customer/${customer.id}`)
      assert.ok([409, 422].includes(answer.status), String(answer.status))
      assert.equal((await boss.read('customer', customer.id)).version, 1)
    })

    test('every record of a list is changed in one batch that can be undone', async () => {
      const names = Array.from({ length: 230 }, (_, i) => ({ name: `成批 ${i}`, short_name: i % 2 ? '奇' : '偶' }))
      await boss.expect(201, 'POST', '/api/records/customer', { body: names })
      const filter = ['name', 'starts_with', '成批']
      const result = await boss.result(await boss.post('/api/records/customer/change_all', { filter, values: { short_name: '同' } }))
      assert.equal(result.updated, 230)
      assert.equal(await boss.count('customer', { filter: ['short_name', 'is', '同'] }), 230)
      const one = (await boss.list('customer', { filter: ['name', 'is', '成批 7'] })).records[0]
      await boss.change('customer', one, { short_name: '后来' })
      const undone = await boss.undo(result.batch)
      assert.deepEqual([undone.undone, undone.skipped], [229, 1], 'what was changed since stays')
      assert.equal(await boss.count('customer', { filter: ['short_name', 'is', '偶'] }), 115)
      assert.equal((await boss.read('customer', one.id)).short_name, '后来')
      const none = await zhou.result(await zhou.post('/api/records/customer/change_all', { filter, values: { short_name: '别人的' } }))
      assert.equal(none.updated, 0, 'nobody changes what belongs to others')
    })

    test('assigning gives the record to another, who then sees it (covers: OPP-02)', async () => {
      const made = await zhou.create('customer', { name: '转交公司' })
      assert.equal((await lin.get(`/api/records/customer/${made.id}`)).status, 404)
      assert.equal((await zhou.post(`/api/records/customer/${made.id}/assign`, { owner: employee_of(lin) })).status, 403)
      const given = await boss.act('customer', made.id, 'assign', { owner: employee_of(lin) })
      assert.equal(given.owner.title, '林悦')
      await lin.read('customer', made.id)
      assert.equal((await zhou.get(`/api/records/customer/${made.id}`)).status, 404)
    })

    test('likely duplicates are told while typing, also those of others (covers: CUST-21)', async () => {
      await boss.create('customer', { name: '无锡远大空调有限公司', phone: '0510-85551234' })
      const by_name = await zhou.expect(200, 'POST', '/api/records/customer/duplicates', { body: { name: '无锡远大空调' } })
      assert.equal(by_name.duplicates.length, 1)
      assert.equal(by_name.duplicates[0].visible, false)
      const by_phone = await boss.expect(200, 'POST', '/api/records/customer/duplicates', { body: { name: '别的名字', phone: '0510-85551234' } })
      assert.deepEqual(by_phone.duplicates.map(({ title, matched, visible }) => [title, matched, visible]), [['无锡远大空调有限公司', 'phone', true]])
      for (const phone of ['0510-8555 1234', '+86 510 85551234', '０５１０８５５５１２３４']) {
        const { duplicates } = await boss.expect(200, 'POST', '/api/records/customer/duplicates', { body: { phone } })
        assert.deepEqual(duplicates.map(({ title }) => title), ['无锡远大空调有限公司'], phone)
      }
    })

    test('a new record that is likely there is refused with what is there, when asked to, and saved anyway otherwise (covers: CUST-21)', async () => {
      const there = await zhou.create('customer', { name: '常州中吴机床有限公司', phone: '0519-8666 7788' })
      const fields = { name: '中吴机床销售', phone: '051986667788' }
      const refused = await zhou.post('/api/records/customer?duplicates=refuse', fields)
      assert.equal(refused.status, 409)
      assert.equal(refused.body.code, 'duplicates')
      assert.deepEqual(refused.body.duplicates, [{ id: there.id, title: there.name, matched: 'phone', visible: true }])
      assert.equal(await boss.count('customer', { filter: ['name', 'is', fields.name] }), 0)
      assert.equal((await zhou.post('/api/records/customer', fields)).status, 201)
      const fresh = await zhou.post('/api/records/customer?duplicates=refuse', { name: '没有人叫这个' }, { 'idempotency-key': 'fresh-1' })
      assert.equal(fresh.status, 201)
      const again = await zhou.post('/api/records/customer?duplicates=refuse', { name: '没有人叫这个' }, { 'idempotency-key': 'fresh-1' })
      assert.equal(again.status, 201)
      assert.equal(again.body.id, fresh.body.id)
      assert.equal((await zhou.post('/api/records/customer?duplicates=maybe', fields)).status, 400)
      assert.equal((await zhou.post('/api/records/customer?duplicates=refuse', [fields])).status, 400)
    })

    test('pickers find by name, initials and pinyin', async () => {
      await boss.create('product', { name: '视觉检测仪 V3' })
      for (const q of ['视觉', 'sjjc', 'shijue', 'V3']) {
        const { options } = await zhou.expect(200, 'GET', '/api/records/product/options', { query: { q } })
        assert.deepEqual(options.map(({ title }) => title), ['视觉检测仪 V3'], q)
      }
    })
  })
}
