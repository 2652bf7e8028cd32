// What people do is on the audit, nobody alters it, and whoever tries past the program is found.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { read_csv } from '../support/csv.mjs'
import { Installation, databases, pause, until } from '../support/server.mjs'
import { open_office } from '../support/office.mjs'

for (const kind of databases) {
  describe(`audit on ${kind}`, () => {
    let office, boss, zhou, lin, installation
    before(async () => {
      office = await open_office(kind)
      ;({ boss, zhou, lin, installation } = office)
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })

    const entries = async (filter) => (await boss.list('audit_entry', { filter, sort: 'seq', limit: 500, fields: 'seq,subject,at,kind,outcome,login,user_account,person,address,object,record,rows,detail' })).records
    // The newest entry that fits; entries come a moment after what they tell of.
    const entry = (what, ...conditions) => until(what, async () => (await entries({ and: conditions })).at(-1))
    const detail = (one) => JSON.parse(one.detail)
    const verify = () => boss.expect(200, 'GET', '/api/audit/verify')

    // covers: PLAT-128
    test('deletions and undone operations are told with who, from where and how many', async () => {
      const one = await zhou.create('customer', { name: '将删电子' })
      const gone = await boss.delete(`/api/records/customer/${one.id}`, { 'if-match': String(one.version) })
      assert.equal(gone.status, 200)
      const told = await entry('the deletion is told', ['kind', 'is', 'delete'], ['record', 'is', one.id])
      assert.deepEqual([told.object.code, told.subject, told.login, told.person.title, told.rows, told.outcome.code], ['customer', '将删电子', 'boss', '总管', 1, 'done'])
      assert.equal(told.address, '127.0.0.1')
      assert.ok(Math.abs(Date.now() - Date.parse(told.at)) < 60_000)

      await boss.undo(gone.body.batch)
      const undone = await entry('the undo is told', ['kind', 'is', 'undo'])
      assert.deepEqual([undone.login, undone.rows, undone.object.code], ['boss', 1, 'customer'])

      const many = await boss.expect(201, 'POST', '/api/records/customer', { body: ['甲', '乙', '丙'].map((name) => ({ name: `成批${name}` })) })
      const ids = many.ids ?? many.records.map(({ id }) => id)
      await boss.expect(200, 'POST', '/api/records/customer/delete_all', { body: { ids } })
      const all = await entry('the deletion of many is one entry', ['kind', 'is', 'delete'], ['rows', 'is', 3])
      assert.deepEqual([...detail(all).ids].sort(), [...ids].sort())
    })

    // covers: PLAT-66
    test('refused accesses are told, whether forbidden or hidden; what is not there is no refusal', async () => {
      const secret = await lin.create('customer', { name: '林悦的客户' })
      assert.equal((await zhou.get(`/api/records/customer/${secret.id}`)).status, 404)
      const hidden = await entry('the hidden record is told', ['kind', 'is', 'refused'], ['record', 'is', secret.id])
      assert.deepEqual([hidden.login, hidden.object.code, hidden.outcome.code, hidden.subject], ['zhou', 'customer', 'refused', `GET /api/records/customer/${secret.id}`])
      assert.deepEqual([detail(hidden).method, detail(hidden).why], ['GET', 'not_found'])

      assert.equal((await zhou.get('/api/records/customer/1000000000000001')).status, 404)
      assert.equal((await zhou.get('/api/records/audit_entry')).status, 403)
      const forbidden = await entry('the forbidden list is told', ['kind', 'is', 'refused'], ['object', 'is', 'audit_entry'])
      assert.deepEqual([detail(forbidden).why, detail(forbidden).right], ['forbidden', 'view'])
      assert.deepEqual(await entries(['record', 'is', '1000000000000001']), [], 'there is nothing that could be refused')

      for (const [method, path, body] of [
        ['PATCH', `/api/records/customer/${secret.id}`, { name: 'x' }], ['DELETE', `/api/records/customer/${secret.id}`], ['GET', `/api/records/customer/${secret.id}/history`],
        ['POST', `/api/records/customer/${secret.id}/assign`, { owner: zhou.user.employee.id }], ['POST', '/api/records/user', { login: 'x' }], ['GET', '/api/exports/user'], ['GET', '/api/audit/verify'],
      ]) {
        const answer = await zhou.request(method, path, { body })
        assert.ok([403, 404].includes(answer.status), `${method} ${path}: ${answer.status}`)
        await entry(`${method} ${path} is told`, ['kind', 'is', 'refused'], ['subject', 'is', `${method} ${path}`])
      }
      const { batch } = await lin.create('customer', { name: '林悦的批次' })
      assert.equal((await zhou.post(`/api/batches/${batch}/undo`)).status, 404)
      await entry('the batch of somebody else is told', ['kind', 'is', 'refused'], ['subject', 'is', `POST /api/batches/${batch}/undo`])
      assert.equal((await zhou.post('/api/records/customer', { name: 'y' }, { 'x-csrf-token': 'wrong' })).status, 403)
      assert.equal(detail(await entry('the wrong token is told', ['kind', 'is', 'refused'], ['subject', 'is', 'POST /api/records/customer'])).why, 'csrf')
      await lin.expect(200, 'GET', `/api/records/customer/${secret.id}`)
      assert.deepEqual(await entries({ and: [['kind', 'is', 'refused'], ['login', 'is', 'lin']] }), [], 'who may is told nothing of')
    })

    // covers: PLAT-66
    test('a loop of refusals fills no disk, and is told with its number', async () => {
      const before = (await entries(['kind', 'is', 'refused'])).length
      const eager = await office.server.sign_in(office.accounts.lin)
      for (let i = 0; i < 200; ++i) assert.equal((await eager.get('/api/records/role')).status, 403)
      await pause(500)
      const told = (await entries(['kind', 'is', 'refused'])).slice(before)
      assert.ok(told.length >= 20 && told.length <= 25, String(told.length))
    })

    // covers: PLAT-128
    test('exports are told with format, filter and number of rows', async () => {
      await zhou.create('customer', { name: '导出甲' })
      const filter = ['name', 'starts_with', '导出']
      const answer = await zhou.get('/api/exports/customer', { filter, format: 'csv', fields: 'number,name' })
      assert.equal(read_csv(answer.text).length, 2)
      const told = await entry('the export is told', ['kind', 'is', 'export'], ['login', 'is', 'zhou'])
      assert.deepEqual([told.object.code, told.rows, told.outcome.code, told.address], ['customer', 1, 'done', '127.0.0.1'])
      assert.match(told.subject, /^客户 \d{4}-\d\d-\d\d\.csv$/)
      assert.deepEqual([detail(told).format, detail(told).filter, detail(told).fields], ['csv', filter, ['number', 'name']])
      installation.done(['export', 'customer'])
      const command = await entry('the command is told', ['kind', 'is', 'export'], ['login', 'is', 'guanxi'])
      assert.ok(command.rows >= 1)
    })

    test('imports are told when they are done', async () => {
      const file = await boss.upload('名单.csv', '公司\n进口甲\n进口乙\n')
      const { id } = await boss.expect(201, 'POST', '/api/imports', { body: { object: 'customer', file: file.id } })
      await boss.expect(200, 'PATCH', `/api/imports/${id}`, { body: { columns: [{ field: 'name' }] } })
      const { job } = await boss.expect(202, 'POST', `/api/imports/${id}/run`)
      assert.equal((await boss.job(job)).state, 'done')
      const told = await entry('the import is told', ['kind', 'is', 'import'])
      assert.deepEqual([told.login, told.object.code, told.subject, told.rows, told.address, detail(told).create], ['boss', 'customer', '名单.csv', 2, '127.0.0.1', 2])
    })

    // covers: PLAT-128
    test('changes of accounts and roles are told with old and new values', async () => {
      const role = (await boss.all('role')).find(({ code }) => code === 'marketing')
      const account = (await boss.all('user')).find(({ login }) => login === 'lin')
      await boss.change('user', account, { roles: [...account.roles.map(({ id }) => id), role.id] })
      const changed = await entry('the new role is told', ['kind', 'is', 'rights'], ['record', 'is', account.id], ['login', 'is', 'boss'])
      assert.deepEqual([changed.object.code, changed.subject, changed.address, detail(changed).operation], ['user', 'lin', '127.0.0.1', 'change'])
      assert.deepEqual(detail(changed).changes.roles.old.map(({ id }) => id), account.roles.map(({ id }) => id))
      assert.ok(detail(changed).changes.roles.new.some(({ id, title }) => id === role.id && title))
      await boss.change('user', await boss.read('user', account.id), { roles: account.roles.map(({ id }) => id) })

      installation.add_user('neu', 'salesperson', { name: '新人' })
      const made = await entry('the new account is told', ['kind', 'is', 'rights'], ['subject', 'is', 'neu'])
      assert.deepEqual([made.login, detail(made).operation, detail(made).changes.login], ['guanxi', 'create', { old: null, new: 'neu' }])
    })

    // covers: PLAT-128
    test('sensitive fields that were shown are told once a request, with fields and number (covers: NFR-29)', async () => {
      const customer = await boss.create('customer', { name: '敏感公司' })
      const people = []
      for (const [name, health] of [['郑立', '良好'], ['钱多', '一般'], ['孙少', null]]) people.push(await boss.create('contact', { name, customer: customer.id, owner: zhou.user.employee.id, health }))
      const seen = () => entries(['kind', 'is', 'sensitive'])
      const settle = async () => { await pause(400); return seen() }
      const before = (await settle()).length

      await boss.read('contact', people[0].id)
      await boss.list('contact', { filter: ['customer', 'is', customer.id], fields: 'name,health' })
      await boss.list('contact', { filter: ['customer', 'is', customer.id], fields: 'name' })
      await boss.read('contact', people[2].id)
      await zhou.read('contact', people[0].id)
      let told = (await settle()).slice(before)
      assert.equal(told.length, 2, 'not for a field that was not asked, is empty, or may not be seen')
      assert.deepEqual(told.map(({ login, object, rows, record }) => [login, object.code, rows, record]), [['boss', 'contact', 1, people[0].id], ['boss', 'contact', 2, null]])
      assert.deepEqual(detail(told[1]).objects, { contact: { health: 2 } })

      await boss.get('/api/exports/contact', { filter: ['customer', 'is', customer.id] })
      await boss.read('customer', customer.id, { include: 'contacts' })
      await boss.get('/api/records/contact/groups', { by: 'health', filter: ['customer', 'is', customer.id] })
      const moved = await boss.change('contact', await boss.read('contact', people[0].id), { health: '很好' })
      await boss.get(`/api/records/contact/${moved.id}/history`)
      told = (await settle()).slice(before + 2)
      const subjects = told.map(({ subject }) => subject)
      assert.ok(subjects.includes('GET /api/exports/contact'), subjects.join())
      assert.ok(subjects.includes('GET /api/records/contact/groups'), subjects.join())
      assert.ok(subjects.includes(`GET /api/records/contact/${moved.id}/history`), subjects.join())
    })

    // covers: PLAT-127
    test('an administrator searches, groups and exports the log; others do not know it', async () => {
      const { objects, dictionaries } = await boss.expect(200, 'GET', '/api/meta')
      assert.deepEqual(Object.entries(objects.audit_entry.rights).filter(([, allowed]) => allowed).map(([right]) => right), ['view', 'export', 'print'])
      assert.equal(objects.audit_entry.kept_by_platform, true)
      assert.ok(dictionaries.object.some(({ code }) => code === 'audit_entry'))
      const theirs = await zhou.expect(200, 'GET', '/api/meta')
      assert.equal(theirs.objects.audit_entry, undefined)
      assert.equal(theirs.dictionaries.object.some(({ code }) => code === 'audit_entry'), false)
      assert.equal((await zhou.get('/api/records/audit_entry')).status, 403)
      assert.equal((await zhou.get('/api/exports/audit_entry')).status, 403)

      for (const { code } of objects.audit_entry.views) await boss.list('audit_entry', { view: code })
      assert.ok((await boss.list('audit_entry', { view: 'refused' })).records.every(({ kind }) => kind.code === 'refused'))
      assert.ok((await boss.list('audit_entry', { view: 'activity', limit: 500 })).records.every(({ kind }) => kind.code !== 'sealed'))
      const { groups } = await boss.expect(200, 'GET', '/api/records/audit_entry/groups', { query: { by: 'kind,at:day' } })
      assert.ok(groups.find(({ key }) => key[0] === 'delete' || key[0]?.code === 'delete'), JSON.stringify(groups[0]))
      const byPerson = await boss.expect(200, 'GET', '/api/records/audit_entry/groups', { query: { by: 'login' } })
      assert.ok(byPerson.groups.length >= 3)
      const file = await boss.get('/api/exports/audit_entry', { filter: ['kind', 'is', 'delete'] })
      const rows = read_csv(file.text)
      assert.ok(rows.length >= 3 && rows[0].includes('类型'), rows[0].join())
      await entry('the export of the log is told', ['kind', 'is', 'export'], ['object', 'is', 'audit_entry'])
    })

    // covers: PLAT-123
    test('the operation log lists who did what, and what each operation changed', async () => {
      const one = await zhou.create('customer', { name: '操作电子', postcode: '100000' })
      const changed = await zhou.change('customer', one, { postcode: '200000', fax: '010-12345678' })
      const { records } = await boss.list('batch', { filter: { and: [['user_account', 'is', zhou.user.id], ['object', 'is', 'customer']] }, sort: 'id:desc', limit: 2 })
      assert.deepEqual(records.map(({ operation, count, who, address, object }) => [operation.code, count, who.title, address, object.code]), [['change', 1, '周凯', '127.0.0.1', 'customer'], ['create', 1, '周凯', '127.0.0.1', 'customer']])
      assert.equal(records[0].id, changed.batch)
      const now = await boss.expect(200, 'GET', `/api/batches/${records[0].id}/changes`)
      assert.equal(now.next, null)
      const [{ record, object, operation, changes }] = now.changes
      assert.deepEqual([record, object, operation], [{ id: one.id, title: '操作电子' }, 'customer', 'change'])
      const value = (list, field) => list.find((change) => change.field === field)
      assert.deepEqual(value(changes, 'postcode'), { field: 'postcode', old: '100000', new: '200000' })
      const then = (await boss.expect(200, 'GET', `/api/batches/${records[1].id}/changes`)).changes[0]
      assert.deepEqual(value(then.changes, 'name'), { field: 'name', old: null, new: '操作电子' }, 'as it was made')

      const many = await boss.expect(201, 'POST', '/api/records/customer', { body: Array.from({ length: 120 }, (_, i) => ({ name: `多页 ${i}` })) })
      const seen = []
      for (let after = ''; after !== null; ) {
        const page = await boss.expect(200, 'GET', `/api/batches/${many.batch}/changes`, { query: { after } })
        seen.push(...page.changes.map(({ record }) => record.id))
        after = page.next
      }
      assert.equal(new Set(seen).size, 120)
      assert.equal((await zhou.get(`/api/batches/${many.batch}/changes`)).status, 403)
      assert.equal((await zhou.get('/api/records/batch')).status, 403)
      assert.equal((await boss.get('/api/batches/1000000000000001/changes')).status, 404)
      const file = await boss.get('/api/exports/batch', { filter: ['user_account', 'is', zhou.user.id] })
      assert.ok(read_csv(file.text).length >= 3)
      for (const [method, path, body] of [['POST', '/api/records/batch', { note: 'x' }], ['PATCH', `/api/records/batch/${many.batch}`, { note: 'x' }], ['DELETE', `/api/records/batch/${many.batch}`]])
        assert.equal((await boss.request(method, path, { body, headers: { 'if-match': '1' } })).status, 403, path)
    })

    // covers: PLAT-127
    test('nobody changes, deletes, restores, imports or adds an entry, by any route', async () => {
      const [victim] = await entries(['kind', 'is', 'delete'])
      const path = '/api/records/audit_entry'
      const file = await boss.upload('x.csv', 'Subject\nx\n')
      for (const client of [boss, zhou]) {
        for (const [method, to, body, headers] of [
          ['POST', path, { subject: 'x' }], ['POST', path, [{ subject: 'x' }]], ['PATCH', `${path}/${victim.id}`, { subject: 'x' }, { 'if-match': '1' }], ['DELETE', `${path}/${victim.id}`, undefined, { 'if-match': '1' }],
          ['POST', `${path}/${victim.id}/delete`, {}], ['POST', `${path}/${victim.id}/restore`, {}], ['POST', `${path}/${victim.id}/assign`, { owner: boss.user.employee.id }],
          ['POST', `${path}/change_all`, { ids: [victim.id], values: { subject: 'x' } }], ['POST', `${path}/delete_all`, { ids: [victim.id] }], ['POST', `${path}/delete`, { ids: [victim.id] }], ['POST', `${path}/restore`, { ids: [victim.id] }],
          ['POST', '/api/imports', { object: 'audit_entry', file: file.id }],
        ]) {
          const answer = await client.request(method, to, { body, headers })
          assert.ok([403, 404, ...(to.endsWith('assign') ? [422] : [])].includes(answer.status), `${method} ${to}: ${answer.status} ${answer.text.slice(0, 200)}`)
        }
      }
      const [now] = await entries(['id', 'is', victim.id])
      assert.deepEqual(now, victim)
      assert.equal((await boss.list('audit_entry', { bin: 1 })).records.length, 0)
      assert.equal((await verify()).whole, true)
    })

    // covers: NFR-28
    test('whoever alters the log or the history past the program is found, with the place', async () => {
      const whole = await verify()
      assert.equal(whole.whole, true, JSON.stringify(whole.fault))
      assert.ok(whole.entries > 20 && whole.history > 20)
      const result = installation.command(['verify'])
      assert.equal(result.code, 0, result.err)
      assert.match(result.out, /whole/)
      const [, head] = /head: +(\S+)/.exec(result.out)

      const [[seq, login]] = installation.sql("select seq, login from audit_entry where kind = 'delete' order by seq limit 1")
      installation.sql(`update audit_entry set login = 'nobody' where seq = ${seq}`)
      const changed = await verify()
      assert.deepEqual([changed.whole, changed.fault.key, changed.fault.seq], [false, 'audit_changed', seq])
      assert.match(changed.fault.text, new RegExp(`第 ${seq} 条被改动`))
      const failed = installation.command(['verify'])
      assert.equal(failed.code, 1)
      assert.match(failed.err, new RegExp(`Entry ${seq} of the audit was changed`))
      installation.sql(`update audit_entry set login = '${login}' where seq = ${seq}`)

      const [[row, version]] = installation.sql("select id, version from history where object = 'customer' order by id limit 1")
      installation.sql(`update history set version = version + 7 where id = ${row}`)
      assert.equal((await verify()).fault.key, 'audit_history_changed')
      installation.sql(`update history set version = ${version} where id = ${row}`)
      assert.equal((await verify()).whole, true)

      assert.equal(installation.command(['verify', '--noted', head]).code, 0)
      assert.equal(installation.command(['verify', '--noted', head.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))]).code, 1)
      assert.equal(installation.command(['verify', '--noted', 'nonsense']).code, 2)
    })

    // covers: NFR-28
    test('old entries go into a signed file, and everything is still whole', async () => {
      const file = join(installation.folder, 'old.jsonl')
      const tomorrow = new Date(Date.now() + 48 * 3600_000).toISOString().slice(0, 10)
      const before = await boss.count('audit_entry')
      const archived = installation.done(['audit', 'archive', '--before', tomorrow, '--to', file])
      const key = installation.done(['audit', 'key']).out.trim()
      assert.match(archived.out, new RegExp(key))
      assert.ok((await boss.count('audit_entry')) < before / 2)
      assert.equal((await verify()).whole, true)
      assert.equal(installation.command(['verify']).code, 0)
      const told = await entry('the archive is told', ['kind', 'is', 'archived'])
      assert.equal(told.subject, 'old.jsonl')

      assert.equal(installation.command(['audit', 'check', file, '--key', key]).code, 0)
      assert.equal(installation.command(['audit', 'check', file, '--key', key.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))]).code, 1)
      const text = readFileSync(file, 'utf8')
      writeFileSync(file, text.replace('将删电子', '别的电子'))
      const spoilt = installation.command(['audit', 'check', file])
      assert.equal(spoilt.code, 1)
      assert.match(spoilt.err, /Entry \d+ of the archive was changed/)
      writeFileSync(file, text)
      assert.equal(installation.command(['audit', 'archive', '--before', tomorrow, '--to', file]).code, 1, 'never over a file that is there')
      assert.equal(installation.command(['audit', 'archive', '--before', 'soon', '--to', file]).code, 2)

      const one = await boss.create('customer', { name: '以后' })
      await boss.expect(200, 'POST', `/api/records/customer/${one.id}/delete`, { body: {} })
      await entry('what comes later is told', ['kind', 'is', 'delete'], ['record', 'is', one.id])
      assert.equal((await verify()).whole, true)
    })

    test('what was done before the program was killed is told by the next start', async () => {
      const one = await boss.create('customer', { name: '临终' })
      await boss.expect(200, 'POST', `/api/records/customer/${one.id}/delete`, { body: {} })
      await office.server.kill()
      office.server = await installation.serve()
      boss = await office.server.sign_in(office.accounts.boss)
      await entry('the deletion is told', ['kind', 'is', 'delete'], ['record', 'is', one.id])
      assert.equal((await verify()).whole, true)
    })
  })
}

for (const kind of databases) {
  describe(`archives of the audit on ${kind}`, () => {
    let installation, server, boss, zhou
    before(async () => {
      installation = new Installation(kind)
      installation.days_ago(400)
      const account = installation.add_user('boss', 'administrator')
      installation.days_ago(0)
      server = await installation.serve()
      boss = await server.sign_in(account)
      zhou = await server.sign_in(installation.add_user('zhou', 'salesperson'))
    })
    after(async () => {
      assert.deepEqual(server.defects(), [])
      await server.stop()
    })
    const archives = () => boss.expect(200, 'GET', '/api/audit/archives')
    const make = (before) => boss.post('/api/audit/archives', { before })
    const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)

    // covers: NFR-28
    test('what is older than a day goes into a signed file, and the audit is whole before and after', async () => {
      const all = await boss.count('audit_entry')
      const made = await make(day(30))
      assert.equal(made.status, 201, made.text)
      assert.ok(made.body.entries > 0 && made.body.entries < all)
      const { key, archives: [file, ...more] } = await archives()
      assert.deepEqual([more, file.first, file.last, file.name], [[], 1, made.body.entries, `audit-before-${day(30)}.jsonl`])
      assert.equal((await boss.expect(200, 'GET', '/api/audit/verify')).whole, true)
      await until('the archive is told with who made it', async () => (await boss.list('audit_entry', { filter: ['kind', 'is', 'archived'], fields: 'login,rows' })).records.some(({ login, rows }) => login === 'boss' && rows === made.body.entries))
      assert.equal((await boss.count('audit_entry', { filter: ['at', 'before', day(30)] })), 0)

      const answer = await boss.get(`/api/audit/archives/${file.name}`)
      assert.equal(Buffer.byteLength(answer.text), file.bytes)
      assert.match(answer.headers.get('content-disposition'), /^attachment; /)
      assert.equal(JSON.parse(answer.text.split('\n')[0]).key, key)
      assert.deepEqual(await boss.expect(200, 'GET', `/api/audit/archives/${file.name}/check`), { whole: true, entries: made.body.entries, fault: null })
      await until('that it went out is told', async () => (await boss.count('audit_entry', { filter: { and: [['kind', 'is', 'export'], ['subject', 'is', file.name]] } })) === 1)

      const again = await make(day(30))
      assert.deepEqual([again.status, again.body.entries, (await archives()).archives.length], [201, 0, 1])
    })

    test('a file that was changed is found out', async () => {
      const [{ name }] = (await archives()).archives
      const path = join(installation.folder, 'audit', name)
      const whole = readFileSync(path, 'utf8')
      writeFileSync(path, whole.replace('"login":"guanxi"', '"login":"guanxj"'))
      const check = await boss.expect(200, 'GET', `/api/audit/archives/${name}/check`)
      assert.deepEqual([check.whole, check.fault.key], [false, 'archive_changed'])
      writeFileSync(path, whole)
      // What is no archive is not listed.
      writeFileSync(join(installation.folder, 'audit', 'other.jsonl'), '{"guanxi_audit":1,"first":1}\n')
      assert.deepEqual((await archives()).archives.map((one) => one.name), [name])
      assert.equal((await boss.expect(200, 'GET', `/api/audit/archives/${name}/check`)).whole, true)
    })

    test('nobody else gets at them, no other file is given out, and what is no day is refused', async () => {
      const [{ name }] = (await archives()).archives
      for (const path of ['', `/${name}`, `/${name}/check`]) assert.equal((await zhou.get(`/api/audit/archives${path}`)).status, 403, path)
      assert.equal((await zhou.post('/api/audit/archives', { before: day(1) })).status, 403)
      for (const other of ['audit.key', 'x.jsonl']) assert.equal((await boss.get(`/api/audit/archives/${other}`)).status, 404, other)
      for (const other of ['..%2Fguanxi.db', '..%2Faudit.key']) assert.equal((await boss.get(`/api/audit/archives/${other}`)).status, 400, other)
      for (const wrong of [day(-3), 'yesterday', '2026-02-30']) {
        const answer = await make(wrong)
        assert.deepEqual([answer.status, answer.body.errors?.[0].field], [422, 'before'], wrong)
      }
      assert.equal((await boss.post('/api/audit/archives', {})).status, 422)
    })
  })
}
