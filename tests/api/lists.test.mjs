// Lists, groups and search, held against a plain scan of the same records in JavaScript.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases } from '../support/server.mjs'
import { open_office } from '../support/office.mjs'

const parts = { place: ['苏州', '无锡', '上海', '北京'], name: ['云峰', '远大', '星河', '银帆', '海纳'], trade: ['自动化设备', '空调', '精密仪器'], form: ['有限公司', '股份公司', '集团'] }
const customers = parts.place.flatMap((place, p) =>
  parts.name.flatMap((name, n) =>
    parts.trade.map((trade, t) => ({
      name: `${place}${name}${trade}${parts.form[(p + n + t) % 3]}`,
      short_name: (n + t) % 3 === 0 ? null : name,
      phone: `05${p}${n}-8${t}${p}${n}1234`.slice(0, 13),
      level: [null, 'key', 'a', 'b'][(p + t) % 4],
      employees: (p * 37 + n * 11 + t * 5) % 50 || null,
      founded_on: n === 4 ? null : `20${10 + p}-0${1 + n}-1${t}`,
      registered_capital: t === 0 ? null : { amount: `${(p + 1) * (n + 1) * 1000}.50`, currency: 'CNY' },
    })),
  ),
)

for (const kind of databases) {
  describe(`lists on ${kind}`, () => {
    let office, boss, zhou, all
    before(async () => {
      office = await open_office(kind)
      ;({ boss, zhou } = office)
      const levels = (await boss.expect(200, 'GET', '/api/meta')).dictionaries.customer_level.map(({ code }) => code)
      for (const customer of customers) if (customer.level) customer.level = levels[['key', 'a', 'b'].indexOf(customer.level)]
      await boss.expect(201, 'POST', '/api/records/customer', { body: customers.slice(0, 40) })
      await zhou.expect(201, 'POST', '/api/records/customer', { body: customers.slice(40) })
      all = await boss.all('customer')
      assert.equal(all.length, customers.length)
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })

    const names = async (client, query) => (await client.all('customer', query)).map(({ name }) => name).sort()
    const scan = (condition) => all.filter(condition).map(({ name }) => name).sort()

    test('every filter operator chooses what a plain scan chooses', async () => {
      const level = all.find((customer) => customer.level).level.code
      const cases = [
        [['name', 'is', all[3].name], (c) => c.name === all[3].name],
        [['name', 'is_not', all[3].name], (c) => c.name !== all[3].name],
        [['name', 'contains', '云峰'], (c) => c.name.includes('云峰')],
        [['name', 'starts_with', '苏州'], (c) => c.name.startsWith('苏州')],
        [['name', 'in', [all[0].name, all[5].name]], (c) => [all[0].name, all[5].name].includes(c.name)],
        [['short_name', 'empty'], (c) => c.short_name === null],
        [['short_name', 'not_empty'], (c) => c.short_name !== null],
        [['level', 'is', level], (c) => c.level?.code === level],
        [['level', 'is_not', level], (c) => c.level?.code !== level],
        [['level', 'not_in', [level]], (c) => c.level?.code !== level],
        [['employees', '>', 20], (c) => c.employees > 20],
        [['employees', '<=', 20], (c) => c.employees !== null && c.employees <= 20],
        [['employees', 'between', [10, 30]], (c) => c.employees !== null && c.employees >= 10 && c.employees <= 30],
        [['founded_on', 'before', '2012-01-01'], (c) => c.founded_on !== null && c.founded_on < '2012-01-01'],
        [['founded_on', 'on_or_after', '2012-01-01'], (c) => c.founded_on !== null && c.founded_on >= '2012-01-01'],
        [['registered_capital', '>=', '4000.50'], (c) => Number(c.registered_capital?.amount ?? -1) >= 4000.5],
        [['owner', 'is', zhou.user.employee.id], (c) => c.owner.title === '周凯'],
        [['owner.name', 'is', '周凯'], (c) => c.owner.title === '周凯'],
        [{ and: [['name', 'contains', '空调'], ['employees', '>', 20]] }, (c) => c.name.includes('空调') && c.employees > 20],
        [{ or: [['name', 'contains', '空调'], ['employees', '>', 40]] }, (c) => c.name.includes('空调') || c.employees > 40],
        [{ not: ['name', 'contains', '空调'] }, (c) => !c.name.includes('空调')],
        [{ and: [{ or: [['name', 'contains', '云峰'], ['name', 'contains', '远大']] }, { not: ['level', 'empty'] }] }, (c) => /云峰|远大/.test(c.name) && c.level],
      ]
      for (const [filter, condition] of cases) {
        const expected = scan(condition)
        assert.deepEqual(await names(boss, { filter }), expected, JSON.stringify(filter))
        assert.equal(await boss.count('customer', { filter }), expected.length, JSON.stringify(filter))
      }
    })

    test('any column sorts, and pages by key visit each record once in that order (covers: PLAT-28)', async () => {
      const { objects } = await boss.expect(200, 'GET', '/api/meta')
      for (const field of objects.customer.fields.filter((candidate) => candidate.sortable)) {
        for (const direction of ['asc', 'desc']) {
          const seen = await boss.all('customer', { sort: `${field.name}:${direction}`, limit: 17 })
          assert.equal(new Set(seen.map(({ id }) => id)).size, all.length, `${field.name} ${direction}`)
          const jump = await boss.list('customer', { sort: `${field.name}:${direction}`, offset: 40, limit: 5 })
          assert.deepEqual(jump.records.map(({ id }) => id), seen.slice(40, 45).map(({ id }) => id), `jump ${field.name} ${direction}`)
        }
      }
      const by_size = (await boss.all('customer', { sort: 'employees:desc,name', limit: 7 })).map(({ employees }) => employees)
      const known = by_size.filter((size) => size !== null)
      assert.deepEqual(known, [...known].sort((a, b) => b - a))
    })

    test('counts are none, capped or exact', async () => {
      assert.equal((await boss.list('customer', { limit: 1 })).count, undefined)
      assert.deepEqual((await boss.list('customer', { limit: 1, count: 'exact' })).count, { value: all.length, exact: true })
      assert.deepEqual((await boss.list('customer', { limit: 1, count: 'capped' })).count, { value: all.length, exact: true })
    })

    test('only the fields asked for are sent', async () => {
      const { records } = await boss.list('customer', { fields: 'name,owner.name', limit: 1 })
      assert.deepEqual(Object.keys(records[0]).sort(), ['id', 'name', 'owner.name', 'version'])
    })

    test('groups count and sum what a plain scan counts and sums (covers: PLAT-39)', async () => {
      const { groups, total } = await boss.expect(200, 'GET', '/api/records/customer/groups', {
        query: { by: 'level', sum: 'registered_capital,employees', minimum: 'employees', maximum: 'employees' },
      })
      assert.equal(total.count, all.length)
      for (const group of groups) {
        const members = all.filter((customer) => (customer.level?.code ?? null) === group.key)
        assert.equal(group.count, members.length, group.title)
        const cents = members.reduce((sum, { registered_capital }) => sum + Math.round(Number(registered_capital?.amount ?? 0) * 100), 0)
        assert.equal(group.sum.registered_capital.currency, 'CNY')
        assert.equal(Math.round(Number(group.sum.registered_capital.amount) * 100), cents)
        const sizes = members.map(({ employees }) => employees).filter((size) => size !== null)
        assert.equal(Number(group.sum.employees), sizes.reduce((a, b) => a + b, 0))
        assert.deepEqual([Number(group.minimum.employees), Number(group.maximum.employees)], [Math.min(...sizes), Math.max(...sizes)])
      }
      const years = await boss.expect(200, 'GET', '/api/records/customer/groups', { query: { by: 'founded_on:year' } })
      assert.equal(years.groups.reduce((sum, { count }) => sum + count, 0), all.length)
      const pairs = await boss.expect(200, 'GET', '/api/records/customer/groups', { query: { by: 'owner,level' } })
      assert.ok(pairs.groups.every(({ key }) => key.length === 2))
    })

    test('two characters, initials, pinyin and the end of a phone find what a plain scan finds', async () => {
      const cases = [
        ['有限', (c) => c.name.includes('有限')],
        ['云峰', (c) => c.name.includes('云峰')],
        ['苏州云', (c) => c.name.includes('苏州云')],
        ['精密', (c) => c.name.includes('精密')],
        ['yunfeng', (c) => c.name.includes('云峰')],
        ['szyf', (c) => /苏州(云峰|银帆)/.test(c.name)],
        ['yuanda', (c) => c.name.includes('远大')],
      ]
      for (const [search, condition] of cases) assert.deepEqual(await names(boss, { search }), scan(condition), search)
      const tail = all[10].phone.slice(-6)
      assert.ok((await names(boss, { search: tail })).includes(all[10].name), tail)
      const initials = await names(boss, { search: 'yf' })
      for (const name of scan((c) => c.name.includes('云峰'))) assert.ok(initials.includes(name))
    })

    test('a salesperson lists, counts, groups, searches and exports only what is visible (covers: PLAT-49)', async () => {
      const own = scan((c) => c.owner.title === '周凯')
      assert.equal(own.length, 20)
      assert.deepEqual(await names(zhou, {}), own)
      assert.equal(await zhou.count('customer'), own.length)
      assert.deepEqual(await names(zhou, { search: '有限' }), own.filter((name) => name.includes('有限')))
      const { total } = await zhou.expect(200, 'GET', '/api/records/customer/groups', { query: { by: 'level' } })
      assert.equal(total.count, own.length)
      for (const q of ['有限', '云峰', 'yunfeng', '苏州']) {
        const { hits } = await zhou.expect(200, 'GET', '/api/search', { query: { q, limit: 100 } })
        const seen = hits.filter(({ object }) => object === 'customer').map(({ title }) => title)
        for (const title of seen) assert.ok(own.includes(title), `${title} for ${q}`)
      }
      const { options } = await zhou.expect(200, 'GET', '/api/records/customer/options', { query: { q: '苏州' } })
      for (const { title } of options) assert.ok(own.includes(title))
      const csv = await zhou.get('/api/exports/customer', { format: 'csv', fields: 'name' })
      assert.deepEqual(csv.text.slice(1).trim().split('\r\n').slice(1).sort(), own)
      // A filter tells nothing about records that cannot be seen either.
      const hidden = all.find((c) => c.owner.title !== '周凯')
      assert.equal(await zhou.count('customer', { filter: ['id', 'is', hidden.id] }), 0)
    })

    test('search over all objects finds each kind once, with title and object', async () => {
      const { hits } = await boss.expect(200, 'GET', '/api/search', { query: { q: '苏州云峰空调', objects: 'customer' } })
      assert.deepEqual(hits.map(({ title }) => title), scan((c) => c.name.startsWith('苏州云峰空调')))
      assert.equal(hits[0].object, 'customer')
      for (const q of ['', ' ', '%', '_', '"', "'", '*', 'a OR b', '(', '\u0000', '🦄', 'x'.repeat(500)]) {
        const answer = await boss.get('/api/search', { q })
        assert.ok([200, 400].includes(answer.status), `${JSON.stringify(q)}: ${answer.status}`)
      }
    })

    test('a page goes on where it stopped although records come and go', async () => {
      const first = await boss.list('customer', { sort: 'name', limit: 30 })
      const made = await boss.create('customer', { name: 'AAA 在最前' })
      const second = await boss.list('customer', { sort: 'name', limit: 500, after: first.next })
      const ids = [...first.records, ...second.records].map(({ id }) => id)
      assert.equal(new Set(ids).size, all.length)
      assert.ok(!ids.includes(made.id))
      await boss.expect(200, 'DELETE', `/api/records/customer/${made.id}`)
    })

    test('what cannot be read is refused: filters, sorts, cursors, counts, fields, times', async () => {
      for (const query of [
        { filter: '[' },
        { filter: '{"nonsense":[]}' },
        { filter: ['nothing', 'is', 1] },
        { filter: ['name', 'nonsense', 1] },
        { filter: ['employees', '>', 'many'] },
        { filter: ['owner.nothing', 'is', 1] },
        { filter: 'x'.repeat(9000) },
        { filter: JSON.parse('[' .repeat(20) + '1' + ']'.repeat(20)) },
        { sort: 'nothing' },
        { sort: 'name:sideways' },
        { fields: 'nothing' },
        { limit: 0 },
        { limit: 501 },
        { limit: 'ten' },
        { offset: -1 },
        { count: 'maybe' },
        { after: 'AAAA' },
        { after: '!' },
        { as_of: 'yesterday' },
        { view: 'nothing' },
      ]) {
        const answer = await boss.get('/api/records/customer', query)
        assert.ok(answer.status >= 400 && answer.status < 500, `${JSON.stringify(query).slice(0, 80)}: ${answer.status}`)
        assert.match(answer.type, /problem\+json/)
      }
      assert.equal((await boss.get('/api/records/nothing')).status, 404)
      assert.equal((await boss.get('/api/records/customer/groups', { by: 'nothing' })).status, 400)
    })
  })
}
