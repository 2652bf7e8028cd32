// The steps of the import wizard, exports and files.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { read_csv } from '../support/csv.mjs'
import { data, databases, until } from '../support/server.mjs'
import { open_office } from '../support/office.mjs'

for (const kind of databases) {
  describe(`imports on ${kind}`, () => {
    let office, boss, zhou, lin
    before(async () => {
      office = await open_office(kind)
      ;({ boss, zhou, lin } = office)
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })

    const begin = async (client, name, text, object = 'customer') => {
      const file = await client.upload(name, text)
      return client.expect(201, 'POST', '/api/imports', { body: { object, file: file.id } })
    }
    const step = async (client, id, what) => {
      const { job } = await client.expect(202, 'POST', `/api/imports/${id}/${what}`)
      const done = await client.job(job)
      assert.equal(done.state, 'done', `${what}: ${done.problem}`)
      return client.expect(200, 'GET', `/api/imports/${id}`)
    }

    test('upload, map, check, correct a reject, run, and undo', async () => {
      const before = await boss.count('customer')
      const text = '公司,电话,级别,备注\n甲电子,0512-10000001,A,好\n乙电子,0512-10000002,Z,差\n丙电子,0512-10000003,A,\n'
      let import_ = await begin(boss, '客户 2026.csv', text)
      assert.equal(import_.state, 'mapping')
      assert.deepEqual(import_.columns.map(({ heading }) => heading), ['公司', '电话', '级别', '备注'])
      assert.deepEqual(import_.columns[0].samples.slice(0, 3), ['甲电子', '乙电子', '丙电子'])
      const { dictionaries } = await boss.expect(200, 'GET', '/api/meta')
      const columns = [{ field: 'name' }, { field: 'phone' }, { field: 'level', values: { A: dictionaries.customer_level[0].label.zh } }, { field: 'description' }]
      import_ = await boss.expect(200, 'PATCH', `/api/imports/${import_.id}`, { body: { columns } })
      assert.equal(import_.columns[0].field, 'name')

      import_ = await step(boss, import_.id, 'check')
      assert.equal(import_.state, 'checked')
      assert.deepEqual([import_.check.create, import_.check.reject], [2, 1])
      assert.equal(await boss.count('customer'), before, 'a check writes nothing')

      const { rejects } = await boss.expect(200, 'GET', `/api/imports/${import_.id}/rejects`)
      assert.equal(rejects.length, 1)
      assert.equal(rejects[0].line, 3)
      assert.equal(rejects[0].problems[0].field, 'level')
      assert.equal(rejects[0].problems[0].value, 'Z')
      const csv = await boss.get(`/api/imports/${import_.id}/rejects.csv`)
      assert.match(csv.headers.get('content-disposition'), /^attachment/)
      assert.deepEqual(read_csv(csv.text)[1].slice(0, 6), ['乙电子', '0512-10000002', 'Z', '差', '3', '级别'])

      const { problems } = await boss.expect(200, 'PATCH', `/api/imports/${import_.id}/rejects`, { body: { row: rejects[0].row, cells: { 2: 'A' } } })
      // What was put right is no longer counted, nor shown.
      import_ = await boss.expect(200, 'GET', `/api/imports/${import_.id}`)
      assert.deepEqual([import_.check.create, import_.check.reject, import_.check.kinds], [3, 0, []])
      assert.deepEqual((await boss.expect(200, 'GET', `/api/imports/${import_.id}/rejects`)).rejects, [])
      assert.deepEqual(problems, [])
      import_ = await step(boss, import_.id, 'run')
      assert.equal(import_.state, 'done')
      assert.equal(await boss.count('customer'), before + 3)
      const made = (await boss.list('customer', { filter: ['name', 'is', '乙电子'] })).records[0]
      assert.equal(made.level.code, dictionaries.customer_level[0].code)
      const { history } = await boss.expect(200, 'GET', `/api/records/customer/${made.id}/history`)
      assert.equal(history[0].operation, 'import')
      assert.equal(history[0].note, '客户 2026.csv')

      assert.equal(import_.undone, false)
      assert.equal((await boss.undo(import_.batch)).undone, 3)
      assert.equal((await boss.expect(200, 'GET', `/api/imports/${import_.id}`)).undone, true)
      assert.equal(await boss.count('customer'), before)
    })

    test('one correction repairs every row with the same mistake', async () => {
      const rows = Array.from({ length: 40 }, (_, i) => `同错 ${i},${i % 2 ? '重要客户?' : ''}`)
      let import_ = await begin(boss, 'a.csv', `公司名称,级别\n${rows.join('\n')}\n`)
      import_ = await boss.expect(200, 'PATCH', `/api/imports/${import_.id}`, { body: { columns: [{ field: 'name' }, { field: 'level' }] } })
      import_ = await step(boss, import_.id, 'check')
      assert.equal(import_.check.reject, 20)
      assert.equal(import_.check.kinds[0].count, 20)
      assert.deepEqual(import_.check.wrong, [{ column: 1, value: '重要客户?', rule: import_.check.kinds[0].rule, count: 20 }])
      const { dictionaries } = await boss.expect(200, 'GET', '/api/meta')
      await boss.expect(200, 'PATCH', `/api/imports/${import_.id}/rejects`, {
        body: { rule: import_.check.kinds[0].rule, column: 1, from: '重要客户?', to: dictionaries.customer_level[0].label.zh },
      })
      import_ = await step(boss, import_.id, 'check')
      assert.deepEqual([import_.check.create, import_.check.reject], [40, 0])
      await boss.expect(200, 'POST', `/api/imports/${import_.id}/cancel`)
    })

    test('duplicates are skipped, updated or only filled, as chosen', async () => {
      const owner = await boss.create('customer', { name: '重复公司', short_name: '旧', phone: null })
      const text = '客户名称,简称,业务电话\n重复公司,新,0512-77777777\n'
      const run = async (then) => {
        let import_ = await begin(boss, 'd.csv', text)
        const columns = [{ field: 'name' }, { field: 'short_name' }, { field: 'phone' }]
        await boss.expect(200, 'PATCH', `/api/imports/${import_.id}`, { body: { columns, duplicates: { by: ['name'], then } } })
        import_ = await step(boss, import_.id, 'run')
        return [import_.result, await boss.read('customer', owner.id)]
      }
      const [, skipped] = await run('skip')
      assert.deepEqual([skipped.short_name, skipped.phone], ['旧', null])
      const [, filled] = await run('fill')
      assert.deepEqual([filled.short_name, filled.phone], ['旧', '0512-77777777'])
      const [, updated] = await run('update')
      assert.deepEqual([updated.short_name, updated.phone], ['新', '0512-77777777'])
      assert.equal(await boss.count('customer', { filter: ['name', 'is', '重复公司'] }), 1)
    })

    test('a telephone number is the same however it is written, also within one file', async () => {
      const there = await boss.create('customer', { name: '电话公司', phone: '021-66668888' })
      const text = '客户名称,业务电话\n另一名称,+86 21 6666 8888\n新公司,0571 8888 6666\n新公司二,0571-88886666\n'
      let import_ = await begin(boss, 'p.csv', text)
      const columns = [{ field: 'name' }, { field: 'phone' }]
      await boss.expect(200, 'PATCH', `/api/imports/${import_.id}`, { body: { columns, duplicates: { by: ['phone'], then: 'update' } } })
      import_ = await step(boss, import_.id, 'run')
      assert.deepEqual([import_.result.create, import_.result.update], [1, 2])
      assert.equal((await boss.read('customer', there.id)).name, '另一名称')
      assert.equal(await boss.count('customer', { filter: ['name', 'is', '新公司二'] }), 1)
      assert.equal(await boss.count('customer', { filter: ['name', 'is', '新公司'] }), 0)
    })

    test('a cancelled import leaves nothing', async () => {
      const before = await boss.count('customer')
      const rows = Array.from({ length: 20_000 }, (_, i) => `取消 ${i},0512-${String(i).padStart(8, '0')}`)
      const import_ = await begin(boss, 'c.csv', `客户名称,业务电话\n${rows.join('\n')}\n`)
      const { job } = await boss.expect(202, 'POST', `/api/imports/${import_.id}/run`)
      await until('some rows are written', async () => (await boss.expect(200, 'GET', `/api/jobs/${job}`)).done > 500, 60_000)
      await boss.expect(200, 'POST', `/api/imports/${import_.id}/cancel`)
      await boss.job(job)
      const after = await until('the import is taken back', async () => {
        const now = await boss.expect(200, 'GET', `/api/imports/${import_.id}`)
        return now.state === 'cancelled' && now
      }, 60_000)
      assert.equal(after.state, 'cancelled')
      assert.equal(await boss.count('customer'), before)
    })

    test('an import, its file and its job belong to the one who started it', async () => {
      const import_ = await begin(zhou, 'z.csv', '客户名称\n甲\n')
      for (const answer of [
        await lin.get(`/api/imports/${import_.id}`),
        await lin.patch(`/api/imports/${import_.id}`, {}),
        await lin.post(`/api/imports/${import_.id}/run`),
        await lin.get(`/api/imports/${import_.id}/rejects.csv`),
        await lin.get(`/api/files/${import_.file.id}`),
        await lin.post('/api/imports', { object: 'customer', file: import_.file.id }),
        await boss.get(`/api/files/${import_.file.id}`),
      ]) {
        assert.equal(answer.status, 404)
      }
      const done = await step(zhou, import_.id, 'run')
      assert.equal((await lin.get(`/api/jobs/${done.job}`)).status, 404)
      assert.equal((await lin.post(`/api/jobs/${done.job}/cancel`)).status, 404)
      assert.equal((await zhou.list('customer', { filter: ['name', 'is', '甲'] })).records[0].owner.title, '周凯')
    })

    test('what may not be imported is refused', async () => {
      const file = await zhou.upload('p.csv', '产品名称\n甲\n')
      assert.equal((await zhou.post('/api/imports', { object: 'product', file: file.id })).status, 403)
      assert.equal(await boss.count('product'), 0)
    })

    test('the corner cases of CSV are read as they are meant', async () => {
      for (const name of ['comma_in_quotes', 'escaped_quotes', 'newlines', 'quotes_and_newlines', 'utf8', 'json', 'empty']) {
        const expected = JSON.parse(readFileSync(data(`csv-spectrum/${name}.json`), 'utf8'))
        const import_ = await begin(boss, `${name}.csv`, readFileSync(data(`csv-spectrum/${name}.csv`)))
        assert.deepEqual(import_.columns.map(({ heading }) => heading), Object.keys(expected[0]), name)
        assert.equal(import_.rows, expected.length, name)
        for (const [i, column] of import_.columns.entries()) {
          const values = expected.map((record) => Object.values(record)[i]).filter((value) => value !== '')
          assert.deepEqual(column.samples.filter((value) => value !== ''), values.slice(0, 5), name)
        }
      }
    })

    test('an upload comes back byte by byte, as an attachment that no browser shows', async () => {
      const bytes = Buffer.from('<script>alert(1)</script>\u0000\r\nX: y')
      const file = await zhou.upload('坏"名\r\nSet-Cookie: a=b.html', bytes, 'text/html')
      const answer = await zhou.get(`/api/files/${file.id}`)
      assert.equal(answer.status, 200)
      assert.deepEqual(answer.bytes, bytes)
      assert.match(answer.headers.get('content-disposition'), /^attachment; filename="/)
      assert.equal(answer.type, 'application/octet-stream')
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
      assert.deepEqual(answer.headers.getSetCookie(), [])
    })

    test('an export has the rows of the list, in both formats, and a name with the date', async () => {
      await boss.expect(201, 'POST', '/api/records/customer', { body: [{ name: '出口甲', description: '=1+1' }, { name: '出口乙' }] })
      const query = { filter: ['name', 'starts_with', '出口'], sort: 'name', fields: 'name,description' }
      const csv = await boss.get('/api/exports/customer', { format: 'csv', ...query })
      assert.equal(csv.status, 200)
      assert.match(decodeURIComponent(csv.headers.get('content-disposition')), /\d{4}-\d{2}-\d{2}\.csv/)
      const [, ...rows] = read_csv(csv.text)
      assert.deepEqual(rows.map(([name]) => name).sort(), ['出口乙', '出口甲'])
      assert.ok(rows.every(([, note]) => !note.startsWith('=')))
      const xlsx = await boss.get('/api/exports/customer', { format: 'xlsx', ...query })
      assert.equal(xlsx.bytes.subarray(0, 2).toString(), 'PK')
      assert.equal((await boss.get('/api/exports/customer', { format: 'pdf' })).status, 400)
      assert.equal((await boss.get('/api/exports/customer', { fields: 'nothing' })).status, 400)
      for (const fields of ['id', 'version', 'name,name', 'id,name,version', 'contacts']) {
        const answer = await boss.get('/api/exports/customer', { fields, filter: query.filter })
        assert.ok([200, 400].includes(answer.status), `${fields}: ${answer.status}`)
      }
      assert.equal((await zhou.get('/api/exports/product')).status, 403)
    })
  })
}
