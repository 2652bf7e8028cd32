// Whatever is sent: a clear problem answer, nothing changed, no fault of the server.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { databases } from '../support/server.mjs'
import { open_office } from '../support/office.mjs'

const huge_id = '9'.repeat(40)
const absent_id = '9007199254740991'

for (const kind of databases) {
  describe(`bad input on ${kind}`, () => {
    let office, boss, zhou, customer, foreign
    before(async () => {
      office = await open_office(kind)
      ;({ boss, zhou } = office)
      customer = await zhou.create('customer', { name: '不变公司' })
      foreign = await boss.create('customer', { name: '别人的公司' })
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })

    const state = async () => JSON.stringify([await boss.all('customer', { sort: 'id' }), await boss.count('contact'), await boss.count('opportunity'), await boss.count('activity')])

    async function refused(answer, what) {
      assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 300)}`)
      assert.match(answer.type, /^application\/problem\+json/, what)
      for (const member of ['title', 'detail', 'status', 'code', 'request_id']) assert.ok(answer.body[member], `${what}: ${member}`)
      assert.equal(answer.body.status, answer.status)
      if (answer.status === 422) for (const error of answer.body.errors) assert.ok(error.field && error.rule && error.message, what)
    }

    test('a body that is no JSON object is refused', async () => {
      const before = await state()
      const bodies = ['', '{', '{"name":', '{"name":"a"', '[', 'null', '1', '"text"', 'true', '{"name":"a"}{}', '{"name":"a",}', "{'name':'a'}", '{"name":"\\ud800"}', '{"name":"a","name":"b"', '\ufeff', 'NaN', '{"name": 01}']
      for (const body of bodies) await refused(await zhou.post('/api/records/customer', body, { 'content-type': 'application/json' }), JSON.stringify(body))
      await refused(await zhou.post('/api/records/customer', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])), 'invalid UTF-8')
      await refused(await zhou.post('/api/records/customer', '['.repeat(100_000)), 'deep arrays')
      await refused(await zhou.post('/api/records/customer', '{"name":'.repeat(5000) + '1' + '}'.repeat(5000)), 'deep objects')
      assert.equal(await state(), before)
    })

    test('values of a wrong type, too long, out of range or unknown are refused by field', async () => {
      const before = await state()
      const cases = [
        [{ name: 1 }, 'name'],
        [{ name: null }, 'name'],
        [{ name: ['a'] }, 'name'],
        [{ name: {} }, 'name'],
        [{ name: '' }, 'name'],
        [{ name: '   ' }, 'name'],
        [{ name: 'x'.repeat(101) }, 'name'],
        [{ name: '甲', nonsense: 1 }, 'nonsense'],
        [{ name: '甲', level: 'nonsense' }, 'level'],
        [{ name: '甲', level: 5 }, 'level'],
        [{ name: '甲', tags: 'important' }, 'tags'],
        [{ name: '甲', tags: ['nonsense'] }, 'tags'],
        [{ name: '甲', employees: 'many' }, 'employees'],
        [{ name: '甲', employees: -1 }, 'employees'],
        [{ name: '甲', employees: 1.5 }, 'employees'],
        [{ name: '甲', employees: 1e300 }, 'employees'],
        [{ name: '甲', year_founded: 99999 }, 'year_founded'],
        [{ name: '甲', founded_on: '2020-02-30' }, 'founded_on'],
        [{ name: '甲', founded_on: '30.02.2020' }, 'founded_on'],
        [{ name: '甲', founded_on: 20200101 }, 'founded_on'],
        [{ name: '甲', founded_on: '2999-01-01' }, 'founded_on'],
        [{ name: '甲', registered_capital: { amount: 'x', currency: 'CNY' } }, 'registered_capital'],
        [{ name: '甲', registered_capital: { amount: '1.00', currency: 'XXXX' } }, 'registered_capital'],
        [{ name: '甲', registered_capital: { amount: '-1.00', currency: 'CNY' } }, 'registered_capital'],
        [{ name: '甲', registered_capital: { amount: '9'.repeat(30), currency: 'CNY' } }, 'registered_capital'],
        [{ name: '甲', trading: 'yes' }, 'trading'],
        [{ name: '甲', email: 'not a mail address' }, 'email'],
        [{ name: '甲', website: 'javascript:alert(1)' }, 'website'],
        [{ name: '甲', parent: 'nonsense' }, 'parent'],
        [{ name: '甲', parent: absent_id }, 'parent'],
        [{ name: '甲', parent: huge_id }, 'parent'],
        [{ name: '甲', parent: -5 }, 'parent'],
        [{ name: '甲', industry: customer.id }, 'industry'],
        [{ name: '甲', address: { region: absent_id, street: 'x' } }, 'address'],
        [{ name: '甲', address: 5 }, 'address'],
        [{ name: '甲', owner: absent_id }, 'owner'],
        [{ name: '甲', number: 'KH1' }, 'number'],
        [{ name: '甲', version: 7 }, 'version'],
        [{ name: '甲', id: '5' }, 'id'],
        [{ name: '甲', created_at: '2020-01-01T00:00:00Z' }, 'created_at'],
        [{ name: '甲', completeness: '1.00' }, 'completeness'],
        [{ name: '甲', collaborators: [absent_id] }, 'collaborators'],
        [{ name: '甲', collaborators: 'all' }, 'collaborators'],
      ]
      for (const [body, field] of cases) {
        const what = JSON.stringify(body).slice(0, 120)
        const created = await zhou.post('/api/records/customer', body)
        await refused(created, what)
        assert.equal(created.status, 422, what)
        assert.ok(created.body.errors.some((error) => error.field.startsWith(field)), `${what}: ${JSON.stringify(created.body.errors)}`)
        const { name, ...rest } = body
        if (Object.keys(rest).length) await refused(await zhou.patch(`/api/records/customer/${customer.id}`, rest, { 'if-match': '1' }), `change ${what}`)
      }
      assert.equal(await state(), before)
    })

    test('a record of others, one that is not there, and ids that are none are not found', async () => {
      const before = await state()
      for (const id of [foreign.id, absent_id, huge_id, '0', '-1', 'abc', '1e5', '1%27', '%00', '..%2f..%2fetc', '9223372036854775808']) {
        const path = `/api/records/customer/${id}`
        for (const answer of [
          await zhou.get(path),
          await zhou.patch(path, { short_name: 'x' }, { 'if-match': '1' }),
          await zhou.post(`${path}/assign`, { owner: zhou.user.employee.id }),
          await zhou.get(`${path}/history`),
          await zhou.get(`${path}/timeline`),
          await zhou.get(`${path}/access`),
        ]) {
          await refused(answer, id)
          assert.ok([400, 403, 404].includes(answer.status), `${id}: ${answer.status}`)
        }
      }
      assert.equal((await zhou.get(`/api/records/customer/${foreign.id}`)).status, (await zhou.get(`/api/records/customer/${absent_id}`)).status)
      // To attach something to a record of others is refused just like to one that is not there.
      await refused(await zhou.post('/api/records/contact', { name: '外人', customer: foreign.id }), 'contact of a foreign customer')
      await refused(await zhou.post('/api/batches/1/undo'), 'undo of no batch')
      const theirs = (await boss.expect(200, 'GET', '/api/batches')).batches.find(({ operation }) => operation === 'create')
      await refused(await zhou.post(`/api/batches/${theirs.id}/undo`), 'undo of another')
      assert.equal(await state(), before)
    })

    test('stale and senseless versions are refused', async () => {
      const before = await state()
      for (const version of ['0', '-1', 'x', '99', '9223372036854775808', '""', '1.5']) {
        const answer = await zhou.patch(`/api/records/customer/${customer.id}`, { short_name: 'x' }, { 'if-match': version })
        await refused(answer, version)
        assert.ok([400, 412].includes(answer.status), `${version}: ${answer.status}`)
      }
      assert.equal(await state(), before)
    })

    test('text that looks like SQL, HTML, a formula, a template or a path comes back as it was sent', async () => {
      const texts = [
        "'; drop table customer; --", '" or 1=1 --', '$1', '?', '%s%n', '<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '=cmd|\'/C calc\'!A0', '{{7*7}}', '${7*7}',
        '../../etc/passwd', 'C:\\Windows', '\\u0000', 'a\u200bb', '🦄', '𠮷野家', 'İstanbul', 'e\u0301', '\u202eevil', 'null', 'true', "O'Brien", 'a%b_c\\d', 'line\nbreak\ttab',
      ]
      for (const text of texts) {
        const made = await zhou.create('customer', { name: `注入 ${Math.random()}`, description: text, short_name: text.replace(/[\n\t]/g, ' ') })
        const read = await zhou.read('customer', made.id)
        assert.equal(read.description.normalize(), text.normalize(), JSON.stringify(text))
        const found = await zhou.list('customer', { filter: ['short_name', 'is', read.short_name] })
        assert.ok(found.records.some(({ id }) => id === made.id), JSON.stringify(text))
        const answer = await zhou.get('/api/search', { q: text })
        assert.ok([200, 400].includes(answer.status), JSON.stringify(text))
        assert.equal((await zhou.get('/api/records/customer', { search: text })).status < 500, true)
      }
      assert.ok((await boss.count('customer')) >= texts.length)
    })

    test('a NUL in text, an overlong key, and too large a body are refused', async () => {
      const before = await state()
      await refused(await zhou.post('/api/records/customer', { name: 'a\u0000b' }), 'NUL')
      await refused(await zhou.post('/api/records/customer', { name: 'key' }, { 'idempotency-key': 'k'.repeat(201) }), 'key')
      await refused(await zhou.post('/api/records/customer', { name: 'x'.repeat(40 << 20) }), 'body')
      assert.equal(await state(), before)
    })

    test('requests that are no HTTP, and unknown paths and methods, are answered below 500', async () => {
      const { port, hostname } = new URL(office.server.origin)
      const raw = (text) =>
        new Promise((done) => {
          const socket = connect(Number(port), hostname, () => socket.end(text))
          let answer = ''
          socket.on('data', (piece) => (answer += piece))
          socket.on('close', () => done(answer))
          socket.on('error', () => done(answer))
          setTimeout(() => socket.destroy(), 3000)
        })
      for (const text of ['\r\n\r\n', 'GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, `GET / HTTP/1.1\r\nHost: x\r\n${'X: y\r\n'.repeat(5000)}\r\n`, 'POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 'POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'POST /api/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n']) {
        const answer = await raw(text)
        if (answer) assert.match(answer, /^HTTP\/1\.[01] ([234]\d\d|505)/, JSON.stringify(text.slice(0, 60)))
      }
      for (const [method, path] of [['GET', '/api/nothing'], ['PUT', '/api/session'], ['PATCH', '/api/records/customer'], ['DELETE', '/api/meta'], ['POST', '/api/records/nothing'], ['OPTIONS', '/api/records/customer']]) {
        const answer = await zhou.request(method, path)
        assert.ok(answer.status >= 200 && answer.status < 500, `${method} ${path}: ${answer.status}`)
        if (method !== 'OPTIONS') assert.ok([404, 405, 400].includes(answer.status), `${method} ${path}: ${answer.status}`)
      }
      assert.equal((await boss.get('/healthz')).status, 200)
    })

    test('senseless bodies of every other writing route are refused', async () => {
      const before = await state()
      const cases = [
        ['POST', '/api/session', { login: 5, password: [] }],
        ['POST', '/api/session', {}],
        ['POST', '/api/session/password', {}],
        ['POST', '/api/session/password', { old: 1, new: 2 }],
        ['PATCH', '/api/session', []],
        ['POST', '/api/records/customer/change_all', {}],
        ['POST', '/api/records/customer/change_all', { values: {} }],
        ['POST', '/api/records/customer/change_all', { values: { nonsense: 1 } }],
        ['POST', '/api/records/customer/change_all', { filter: ['nothing', 'is', 1], values: { short_name: 'x' } }],
        ['POST', '/api/records/customer/assign', { ids: 'all' }],
        ['POST', '/api/records/customer/assign', { ids: [5] }],
        ['POST', '/api/records/customer/delete', {}],
        ['POST', '/api/records/customer/restore', { ids: [] }],
        ['POST', '/api/records/customer/delete', { ids: Array.from({ length: 1001 }, (_, i) => String(i + 1)) }],
        ['POST', '/api/records/customer/duplicates', []],
        ['POST', '/api/imports', {}],
        ['POST', '/api/imports', { object: 'nothing', file: absent_id }],
        ['POST', '/api/imports', { object: 'customer', file: absent_id }],
        ['POST', '/api/files', { not: 'multipart' }],
        ['PATCH', `/api/imports/${absent_id}`, {}],
        ['POST', `/api/imports/${absent_id}/run`, {}],
        ['POST', `/api/jobs/${absent_id}/cancel`, {}],
        ['POST', '/api/records/saved_view', { object: 'nothing' }],
      ]
      for (const [method, path, body] of cases) await refused(await boss.request(method, path, { body }), `${method} ${path} ${JSON.stringify(body).slice(0, 60)}`)
      assert.equal(await state(), before)
    })
  })
}
