// Whoever is given records by somebody else is told, at once and once.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases, pause, until } from '../support/server.mjs'
import { employee_of, open_office } from '../support/office.mjs'

for (const kind of databases) {
  describe(`notices on ${kind}`, () => {
    let office, boss, zhou, lin
    before(async () => {
      office = await open_office(kind)
      ;({ boss, zhou, lin } = office)
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })
    const notices = (client, query) => client.expect(200, 'GET', '/api/notices', { query })
    const read = (client, body) => client.expect(200, 'POST', '/api/notices/read', { body })
    const notice = (client, wanted) => until('a notice arrives', async () => (await notices(client, { limit: 100 })).notices.find(wanted), 12_000)
    const assign = (id, client) => boss.act('customer', id, 'assign', { owner: employee_of(client) })

    // covers: CUST-58
    test('assigning a customer tells the new owner who did it, and nobody else', async () => {
      await read(zhou, { all: true })
      const customer = await boss.create('customer', { name: '分配的客户' })
      const stream = await zhou.events()
      const quiet = await lin.events()
      await assign(customer.id, zhou)
      const told = await stream.next(({ event }) => event === 'notice')
      assert.deepEqual(told.data, { unread: 1 })
      const [one] = (await notices(zhou)).notices
      assert.deepEqual([one.object, one.operation, one.count, one.record, one.who.title, one.read], ['customer', 'assign', 1, { id: customer.id, title: '分配的客户' }, '总管', false])
      await pause(500)
      assert.equal(quiet.received.some(({ event }) => event === 'notice'), false)
      assert.equal((await notices(boss)).notices.length, 0)
      stream.close()
      quiet.close()
    })

    // covers: CUST-58
    test('many at once are one notice, from a selection, a bulk edit and an import', async () => {
      const made = []
      for (let i = 0; i < 5; ++i) made.push((await boss.create('customer', { name: `批量客户 ${i}` })).id)
      await boss.expect(200, 'POST', '/api/records/customer/assign', { body: { ids: made.slice(0, 3), owner: employee_of(lin) } })
      await notice(lin, ({ operation, count, record }) => operation === 'assign' && count === 3 && record === null)
      await boss.result(await boss.post('/api/records/customer/change_all', { ids: made.slice(3), values: { owner: employee_of(lin) } }))
      await notice(lin, ({ operation, count }) => operation === 'bulk' && count === 2)
      const file = await boss.upload('c.csv', `客户名称,负责人\n${Array.from({ length: 700 }, (_, i) => `导入客户 ${i},林悦\n`).join('')}`)
      const import_ = await boss.expect(201, 'POST', '/api/imports', { body: { object: 'customer', file: file.id } })
      await boss.job((await boss.expect(202, 'POST', `/api/imports/${import_.id}/run`)).job)
      await notice(lin, ({ operation, count }) => operation === 'import' && count === 700)
      assert.equal((await notices(lin, { limit: 100 })).notices.filter(({ operation }) => operation === 'import').length, 1)
    })

    test('what somebody makes or takes himself is no news', async () => {
      const before = (await notices(zhou)).unread
      const own = await zhou.create('customer', { name: '自己的客户' })
      await zhou.change('customer', own, { phone: '0512-66218000' })
      const marker = await boss.create('customer', { name: '记号', owner: employee_of(zhou) })
      await notice(zhou, ({ record }) => record?.id === marker.id)
      assert.equal((await notices(zhou)).unread, before + 1)
    })

    test('what has been taken back or given on before it was read is no news any more', async () => {
      const customer = await boss.create('customer', { name: '撤销的客户' })
      const { batch } = await assign(customer.id, lin)
      await notice(lin, ({ record }) => record?.id === customer.id)
      await boss.undo(batch)
      await until('the notice is gone', async () => !(await notices(lin, { limit: 100 })).notices.some(({ record }) => record?.id === customer.id))

      const passed = await boss.create('customer', { name: '转手的客户' })
      await assign(passed.id, lin)
      const { id } = await notice(lin, ({ record }) => record?.id === passed.id)
      await assign(passed.id, zhou)
      const later = (await notices(lin, { limit: 100 })).notices.find((one) => one.id === id)
      assert.equal(later.record, null, 'its name is not told to who may not see it any more')
    })

    test('notices are read one by one or all, in pages, and only by whom they are for', async () => {
      const customer = await boss.create('customer', { name: '已读的客户' })
      await assign(customer.id, zhou)
      const mine = await notice(zhou, ({ record }) => record?.id === customer.id)
      const before = (await notices(zhou)).unread
      await read(lin, { ids: [mine.id] })
      assert.equal((await notices(zhou)).unread, before, 'another cannot read it away')
      assert.equal((await read(zhou, { ids: [mine.id] })).unread, before - 1)
      assert.equal((await read(zhou, { all: true })).unread, 0)
      const first = await notices(zhou, { limit: 1 })
      assert.ok(first.next)
      const second = await notices(zhou, { limit: 1, after: first.next })
      assert.notEqual(second.notices[0].id, first.notices[0].id)
      for (const body of [{}, { ids: [] }, { ids: 'x' }, { ids: [1] }, { all: false }, { all: true, ids: [mine.id] }, []]) assert.equal((await zhou.post('/api/notices/read', body)).status, 400, JSON.stringify(body))
      assert.equal((await zhou.get('/api/notices', { limit: 0 })).status, 400)
    })

    // covers: CUST-58
    test('a handover by the command line is told when the server next looks', async () => {
      office.installation.add_user('mover', 'salesperson', { name: '交接人' })
      const mover = await office.server.sign_in({ login: 'mover', password: 'correct horse of mover' })
      for (let i = 0; i < 2; ++i) await mover.create('customer', { name: `命令行客户 ${i}` })
      office.installation.done(['hand-over', 'mover', 'zhou', '--keep-account'])
      const told = await until('a notice arrives', async () => (await notices(zhou)).notices.find(({ operation }) => operation === 'hand_over'), 10_000)
      assert.deepEqual([told.count, told.who], [2, null])
    })

    test('what was given while no server ran is told by the next one', async () => {
      const server = await office.installation.serve(['--node', '2'])
      const again = await server.sign_in(office.accounts.boss)
      const late = await server.sign_in(office.accounts.lin)
      const customer = await again.create('customer', { name: '重启前的客户' })
      await again.act('customer', customer.id, 'assign', { owner: employee_of(lin) })
      server.kill()
      await notice(lin, ({ record }) => record?.id === customer.id)
      assert.equal((await notices(lin, { limit: 100 })).notices.filter(({ record }) => record?.id === customer.id).length, 1)
      assert.ok(late)
    })
  })
}
