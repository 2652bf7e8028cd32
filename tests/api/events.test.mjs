// Live changes: told to those who may know, resumed after a break, ended with the session.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases, pause, until } from '../support/server.mjs'
import { employee_of, open_office } from '../support/office.mjs'

for (const kind of databases) {
  describe(`live changes on ${kind}`, () => {
    let office, boss, zhou, lin
    before(async () => {
      office = await open_office(kind)
      ;({ boss, zhou, lin } = office)
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })
    const of = (id) => (event) => event.event === 'change' && event.data.ids?.includes(id)

    test('a change arrives at those who may see the record, and at nobody else', async () => {
      const streams = { boss: await boss.events(), zhou: await zhou.events(), lin: await lin.events() }
      assert.match(streams.boss.headers.get('content-type'), /^text\/event-stream/)
      const made = await zhou.create('customer', { name: '直播公司' })
      const told = await streams.boss.next(of(made.id))
      assert.equal(told.data.object, 'customer')
      assert.equal(told.data.operation, 'create')
      await streams.zhou.next(of(made.id))
      const marker = await lin.create('customer', { name: '自己的公司' })
      await streams.lin.next(of(marker.id))
      assert.equal(streams.lin.received.find(of(made.id)), undefined)
      assert.equal(JSON.stringify(streams.lin.received).includes(made.id), false)
      for (const stream of Object.values(streams)) stream.close()
    })

    test('a record that goes to another is told to both', async () => {
      const made = await zhou.create('customer', { name: '换手公司' })
      const [old_owner, new_owner] = [await zhou.events(), await lin.events()]
      await boss.act('customer', made.id, 'assign', { owner: employee_of(lin) })
      await old_owner.next(of(made.id))
      await new_owner.next(of(made.id))
      old_owner.close()
      new_owner.close()
    })

    test('a stream that broke goes on after the last event it had', async () => {
      const stream = await boss.events()
      const first = await boss.create('customer', { name: '断前公司' })
      const { id } = await stream.next(of(first.id))
      stream.close()
      const missed = await boss.create('customer', { name: '断中公司' })
      const foreign = await lin.create('customer', { name: '林的断中公司' })
      const again = await boss.events({ 'last-event-id': id })
      await again.next(of(missed.id))
      await again.next(of(foreign.id))
      assert.equal(again.received.find(of(first.id)), undefined, 'nothing twice')
      again.close()
      const other = await zhou.events({ 'last-event-id': id })
      await pause(300)
      assert.equal(JSON.stringify(other.received).includes(foreign.id), false)
      other.close()
    })

    test('sign-out closes the streams of the session at once', async () => {
      const leaving = await office.server.sign_in(office.accounts.zhou)
      const staying = await zhou.events()
      const stream = await leaving.events()
      await leaving.expect(204, 'DELETE', '/api/session')
      await until('the stream closes', () => stream.closed, 3000)
      assert.equal(staying.closed, false)
      staying.close()
    })

    test('the state of long work is told to its owner only', async () => {
      const [mine, theirs] = [await boss.events(), await lin.events()]
      const file = await boss.upload('j.csv', '客户名称\n任务公司\n')
      const import_ = await boss.expect(201, 'POST', '/api/imports', { body: { object: 'customer', file: file.id } })
      const { job } = await boss.expect(202, 'POST', `/api/imports/${import_.id}/run`)
      await mine.next((event) => event.event === 'job' && event.data.id === job && event.data.state === 'done', 20_000)
      assert.equal(theirs.received.some((event) => event.event === 'job'), false)
      mine.close()
      theirs.close()
    })

    test('senseless event ids do no harm, and many streams end with the server', async () => {
      for (const id of ['x', '-1', '999999999999999999999', '0']) (await boss.events({ 'last-event-id': id })).close()
      const streams = await Promise.all(Array.from({ length: 20 }, () => zhou.events()))
      await boss.create('customer', { name: '众流公司', owner: employee_of(zhou) })
      for (const stream of streams) await stream.next((event) => event.event === 'change')
      for (const stream of streams) stream.close()
    })
  })
}
