// People of a directory: signing in with its password, roles of its groups, and synchronising, against a real slapd.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Directory, base, open_silence, reader } from '../support/directory.mjs'
import { databases, until } from '../support/server.mjs'
import { open_office } from '../support/office.mjs'

for (const kind of databases) {
  // What the database has no part in is tried with one.
  const once = kind === databases[0] ? test : () => {}
  const clerks = kind === 'sqlite' ? 1100 : 60
  describe(`directory on ${kind}`, () => {
    let office, boss, zhou, server, installation, ldap, record, roles
    const accounts = {}
    before(async () => {
      ldap = await Directory.open()
      accounts.zhang = ldap.person('zhang', { name: '张伟', mail: 'zhang@huaxin.example', mobile: '13800138000', password: 'directory of zhang' })
      accounts.wang = ldap.person('wang', { name: '王芳', mail: 'wang@huaxin.example' })
      accounts.liu = ldap.person('liu', { name: '刘洋' })
      accounts.wu = ldap.person('wu', { name: '吴敏' })
      // Both places know a "zhou": they have nothing to do with each other.
      accounts.other_zhou = ldap.person('zhou', { name: '另一个周' })
      ldap.group('Sales', ['zhang', 'wang'])
      ldap.group('Service (华东) *', ['liu'])
      ldap.group('Crew', ['wu'])
      ldap.group('Field', ['liu'], ['Crew'])
      office = await open_office(kind)
      ;({ boss, zhou, server, installation } = office)
      roles = Object.fromEntries((await boss.all('role')).map((role) => [role.code, role.id]))
    })
    after(async () => {
      ldap?.close()
      assert.deepEqual(server.defects(), [])
      await server.stop()
    })

    const enter = (login, password) => server.stranger().post('/api/session', { login, password })
    const user_of = async (login) => (await boss.all('user', { filter: ['login', 'is', login] }))[0]
    const codes = (user) => user.roles.map(({ id }) => Object.keys(roles).find((code) => roles[code] === id)).sort()
    const change = async (fields) => (record = await boss.change('directory', await boss.read('directory', record.id), fields))
    // A password counts for the address it was set for.
    const set_password = () => boss.expect(204, 'PUT', `/api/directories/${record.id}/password`, { body: { password: reader.password } })
    async function reach(fields) {
      await change(fields)
      await set_password()
    }
    async function synchronise(body = {}) {
      const answer = await boss.post(`/api/directories/${record.id}/synchronise`, body)
      assert.equal(answer.status, 202, answer.text)
      return boss.job(answer.body.job)
    }
    const check = () => boss.post(`/api/directories/${record.id}/check`, {})
    // A test is no attacker: what it tried wrongly must not slow down the next one.
    let refusals = 0
    const forgive = () => ++refusals % 3 || installation.sql("delete from sign_in where outcome = 'refused'")
    async function refused(login, password) {
      const answer = await enter(login, password)
      assert.equal(answer.status, 401, `${login}: ${answer.text}`)
      assert.equal(answer.body.code, 'sign_in_failed')
      forgive()
    }

    // ── setting it up ──

    test('an administrator declares it and sees its people; nobody else sees anything (covers: PLAT-10)', async () => {
      record = await boss.create('directory', { name: '公司目录', address: ldap.url, base, bind_name: reader.name, seconds: 2 })
      assert.equal((await check()).body.code, 'directory_no_password')
      await set_password()
      const { people } = await boss.expect(200, 'POST', `/api/directories/${record.id}/check`, { body: {} })
      assert.ok(people.some(({ login, name, email }) => login === 'zhang' && name === '张伟' && email === 'zhang@huaxin.example'), JSON.stringify(people))
      for (const [method, path] of [['GET', '/api/directories'], ['PUT', `/api/directories/${record.id}/password`], ['POST', `/api/directories/${record.id}/check`], ['POST', `/api/directories/${record.id}/synchronise`]])
        assert.equal((await zhou.request(method, path, method === 'GET' ? {} : { body: { password: 'x' } })).status, 403, path)
      assert.ok([403, 404].includes((await zhou.get('/api/records/directory')).status))
      const [state] = (await boss.expect(200, 'GET', '/api/directories')).directories
      assert.deepEqual({ has_password: state.has_password, encrypted: state.encrypted, accounts: state.accounts, last_run: state.last_run }, { has_password: true, encrypted: false, accounts: 0, last_run: null })
    })

    test('its password is sealed: no answer, history or table shows it', async () => {
      const shown = JSON.stringify([await boss.read('directory', record.id), await boss.expect(200, 'GET', `/api/records/directory/${record.id}/history`), await boss.all('audit_entry')])
      assert.equal(shown.includes(reader.password), false)
      const [[sealed]] = installation.sql('select password from directory_secret')
      assert.equal(sealed.includes('reads'), false)
      assert.ok(sealed.length > 40)
    })

    once('whoever may change its address does not get its password sent there', async () => {
      const thief = await open_silence()
      await change({ address: thief.url })
      assert.equal((await check()).body.code, 'directory_no_password')
      assert.equal((await boss.expect(200, 'GET', '/api/directories')).directories[0].has_password, false)
      assert.equal(thief.taken, 0)
      thief.close()
      await change({ address: ldap.url })
      assert.equal((await check()).status, 200)
    })

    test('what is wrong with it is told in words', async () => {
      for (const [fields, code] of [
        [{ bind_name: `cn=nobody,${base}` }, 'directory_bind'], [{ base: 'dc=nowhere,dc=example' }, 'directory_no_base'], [{ address: 'ldap://127.0.0.1:1' }, 'directory_silent'],
        [{ address: ldap.secure_url }, 'directory_certificate'], [{ start_tls: true }, 'directory_certificate'], [{ people_filter: '(uid=none)' }, 'directory_nobody'], [{ key_attribute: 'noSuch' }, 'directory_no_names'],
      ]) {
        const before = Object.fromEntries(Object.keys(fields).map((name) => [name, record[name]]))
        await reach(fields)
        const answer = await check()
        assert.equal(answer.status, 409, JSON.stringify(fields))
        assert.equal(answer.body.code, code, answer.text)
        assert.doesNotMatch(answer.body.detail, /\{/)
        await reach(before)
      }
      for (const [fields, rule] of [[{ people_filter: 'objectClass=person' }, 'not_a_filter'], [{ people_filter: '(a=b))(c=d)' }, 'not_a_filter'], [{ people_filter: '(&(a=b)' }, 'not_a_filter'], [{ address: 'http://localhost' }], [{ address: ldap.secure_url, start_tls: true }, 'secure_twice'], [{ login_attribute: 'uid)(x' }]]) {
        const answer = await boss.patch(`/api/records/directory/${record.id}`, fields, { 'if-match': String((await boss.read('directory', record.id)).version) })
        assert.equal(answer.status, 422, JSON.stringify(fields))
        if (rule) assert.equal(answer.body.errors[0].rule, rule)
      }
    })

    once('encrypted it is, with the authority of the company', async () => {
      for (const fields of [{ address: ldap.secure_url, authority: ldap.authority }, { address: ldap.url, start_tls: true, authority: ldap.authority }]) {
        await reach(fields)
        assert.equal((await check()).status, 200, JSON.stringify(fields.address))
        assert.equal((await boss.expect(200, 'GET', '/api/directories')).directories[0].encrypted, true)
      }
      await change({ authority: ldap.other_authority })
      assert.equal((await check()).body.code, 'directory_certificate', 'another authority')
      await change({ authority: ldap.authority })
    })

    // ── signing in ──

    test('as long as it makes no accounts, nobody comes in by it', async () => {
      await refused('zhang', accounts.zhang.password)
    })

    test('the first sign-in makes account and employee with the roles of the groups; later ones find them (covers: PLAT-10)', async () => {
      for (const [name, role] of [['sales', 'salesperson'], [`cn=Service (华东) *,${base}`, 'service_agent'], ['field', 'technical_support']]) await boss.create('directory_group', { directory: record.id, name, role: roles[role] })
      await change({ makes_accounts: true })
      const first = await enter('Zhang', accounts.zhang.password)
      assert.equal(first.status, 200, first.text)
      assert.equal(first.body.user.login, 'zhang')
      assert.equal(first.body.user.name, '张伟')
      const user = await user_of('zhang')
      assert.deepEqual(codes(user), ['salesperson'])
      const employee = await boss.read('employee', user.employee.id)
      assert.equal(employee.email, 'zhang@huaxin.example')
      const again = await enter('zhang', accounts.zhang.password)
      assert.equal(again.body.user.id, first.body.user.id)
      assert.equal(await boss.count('employee', { filter: ['name', 'is', '张伟'] }), 1)
      assert.equal((await enter('liu', accounts.liu.password)).status, 200)
      assert.deepEqual(codes(await user_of('liu')), ['service_agent', 'technical_support'])
      assert.equal((await enter('wu', accounts.wu.password)).status, 200)
      assert.deepEqual(codes(await user_of('wu')), ['technical_support'], 'of a group inside the group')
    })

    once('a certificate that is not trusted lets nobody in, and no password leaves', async () => {
      await reach({ address: ldap.url, start_tls: true, authority: ldap.other_authority })
      const answer = await enter('zhang', accounts.zhang.password)
      assert.equal(answer.status, 503)
      assert.equal(answer.body.code, 'directory_sign_in')
      await change({ authority: ldap.authority })
      assert.equal((await enter('zhang', accounts.zhang.password)).status, 200)
    })

    once('who is locked there stays out here, in the words of a wrong password', async () => {
      ldap.lock('wu')
      await refused('wu', accounts.wu.password)
      ldap.unlock('wu')
      assert.equal((await enter('wu', accounts.wu.password)).status, 200)
    })

    test('wrong, empty and foreign passwords and unknown names get one answer', async () => {
      await refused('zhang', 'wrong')
      await refused('zhang', '')
      await refused('zhang', accounts.wang.password)
      await refused('nobody', accounts.zhang.password)
      await refused('nobody', '')
      await refused('guanxi', reader.password)
    })

    once('what is typed cannot change the question to the directory', async () => {
      for (const login of ['*', 'zhang*', 'wang)(uid=*', '*)(|(uid=zhang', 'zhang)(objectClass=*)', 'zhang\\2a', 'zhang\u0000', `uid=zhang,ou=people,${base}`])
        await refused(login, accounts.zhang.password)
      assert.equal(await boss.count('user', { filter: ['login', 'is', 'wang'] }), 0)
    })

    test('an account of this system stays what it is, whoever has the same name in the directory', async () => {
      await refused('zhou', accounts.other_zhou.password)
      assert.equal((await enter('zhou', office.accounts.zhou.password)).status, 200)
    })

    test('an employee of the same e-mail address who has no account gets this one', async () => {
      const employee = await boss.create('employee', { name: '王芳', email: 'Wang@huaxin.example' })
      assert.equal((await enter('wang', accounts.wang.password)).status, 200)
      assert.equal((await user_of('wang')).employee.id, employee.id)
    })

    test('a role that a group gave is taken away when synchronised, and with it what it allowed; what people gave stays', async () => {
      const zhang = await server.sign_in(accounts.zhang)
      assert.equal((await zhang.get('/api/records/customer')).status, 200)
      const wu = await user_of('wu')
      await boss.change('user', wu, { roles: [roles.salesperson, ...wu.roles.map(({ id }) => id)] })
      ldap.members('Sales', ['wang'])
      const job = await synchronise()
      assert.equal(job.state, 'done', JSON.stringify(job))
      const since = Date.now()
      await until('the role is gone', async () => (await zhang.get('/api/records/customer')).status === 403, 3000)
      assert.ok(Date.now() - since < 1000, `${Date.now() - since} ms`)
      assert.deepEqual(codes(await user_of('zhang')), [])
      assert.deepEqual(codes(await user_of('wu')), ['salesperson', 'technical_support'], 'by hand, though a group stands for it too')
      ldap.members('Sales', ['wang', 'zhang'])
      assert.equal((await enter('zhang', accounts.zhang.password)).status, 200)
      assert.deepEqual(codes(await user_of('zhang')), ['salesperson'])
    })

    test('when a group stands for a role no more, the role goes with it', async () => {
      const [field] = await boss.all('directory_group', { filter: ['name', 'is', 'field'] })
      await boss.expect(200, 'DELETE', `/api/records/directory_group/${field.id}`)
      await synchronise()
      assert.deepEqual(codes(await user_of('wu')), ['salesperson'])
      assert.deepEqual(codes(await user_of('liu')), ['service_agent'])
    })

    test('roles follow the groups at the next sign-in; a role that people gave stays', async () => {
      const user = await user_of('wang')
      await boss.change('user', user, { roles: [...user.roles.map(({ id }) => id), roles.marketing] })
      ldap.members('Sales', ['zhang'])
      ldap.members('Service (华东) *', ['liu', 'wang'])
      assert.equal((await enter('wang', accounts.wang.password)).status, 200)
      assert.deepEqual(codes(await user_of('wang')), ['marketing', 'service_agent'])
    })

    test('who signs in by the directory has no password here: none is chosen, confirmed by it, or handed out', async () => {
      const zhang = await server.sign_in(accounts.zhang)
      const answer = await zhang.post('/api/session/password', { old: accounts.zhang.password, new: 'something else entirely' })
      assert.equal(answer.status, 422)
      assert.equal(answer.body.errors[0].rule, 'password_elsewhere')
      assert.equal((await zhang.post('/api/session/second_factor', { password: 'wrong' })).body.errors[0].rule, 'password_wrong')
      assert.equal((await zhang.post('/api/session/second_factor', { password: accounts.zhang.password })).status, 200)
      const link = await boss.post(`/api/accounts/${(await user_of('zhang')).id}/link`)
      assert.equal(link.status, 409)
      assert.equal(link.body.code, 'password_elsewhere')
      const [policy] = await boss.all('security_policy')
      await boss.change('security_policy', policy, { days_most: 1 })
      const entered = await until('the policy is known', async () => (await enter('zhang', accounts.zhang.password)).body, 3000)
      assert.equal(entered.next, undefined, 'what is not kept here does not grow old here')
      await boss.change('security_policy', await boss.read('security_policy', policy.id), { days_most: 0 })
    })

    // ── synchronising ──

    test('a run makes, renames and ends accounts; sessions of who left end within a second (covers: PLAT-10)', async () => {
      ldap.person('chen', { name: '陈静', mail: 'not an address', mobile: 'none' })
      // More than a page, and far more than the server gives at once.
      ldap.people(['sun', 'x', 'wu wei', ...Array.from({ length: clerks }, (_, i) => `clerk${i}`)])
      ldap.rename('zhang', 'zhang.wei')
      ldap.change('zhang.wei', 'cn', '张大伟')
      ldap.members('Sales', ['zhang.wei'])
      const liu = await server.sign_in(accounts.liu)
      const stream = await liu.events()
      ldap.remove('liu')
      const before = await user_of('zhang')
      const job = await synchronise()
      const since = Date.now()
      assert.equal(job.state, 'done', JSON.stringify(job))
      const { result } = job
      assert.equal(result.made, clerks + 2)
      assert.equal(result.disabled, 1)
      assert.equal(result.found, clerks + 8)
      assert.deepEqual([...result.skipped_names].sort(), ['wu wei', 'x', 'zhou'])
      await until('the stream of who left closes', () => stream.closed, 3000)
      assert.equal((await liu.get('/api/session')).status, 401)
      assert.ok(Date.now() - since < 1000, `${Date.now() - since} ms`)
      assert.equal((await user_of('liu')).status.code, 'disabled')
      await refused('liu', accounts.liu.password)
      const renamed = await user_of('zhang.wei')
      assert.equal(renamed.id, before.id)
      assert.equal((await boss.read('employee', renamed.employee.id)).name, '张大伟')
      assert.equal((await enter('zhang.wei', accounts.zhang.password)).body.user.id, before.id)
      await refused('zhang', accounts.zhang.password)
      const chen = await user_of('chen')
      assert.equal((await boss.read('employee', chen.employee.id)).email, null, 'what is no address is left out')
      assert.deepEqual(codes(await user_of('sun')), [])
      const [state] = (await boss.expect(200, 'GET', '/api/directories')).directories
      assert.equal(state.last_result.made, clerks + 2)
      assert.equal(state.accounts, clerks + 6)
      assert.ok(state.last_run)
      const quiet = await synchronise()
      assert.deepEqual([quiet.result.made, quiet.result.changed, quiet.result.disabled], [0, 0, 0], 'a second run finds nothing to do')
    })

    test('who comes back is back; who was disabled here stays out', async () => {
      await boss.change('user', await user_of('sun'), { status: 'disabled' })
      const job = await synchronise()
      assert.equal(job.result.enabled, 0)
      assert.equal((await user_of('sun')).status.code, 'disabled')
      await boss.change('directory', await boss.read('directory', record.id), { people_filter: '(&(objectClass=person)(!(uid=chen)))' })
      await synchronise()
      assert.equal((await user_of('chen')).status.code, 'disabled')
      await refused('chen', 'directory of chen')
      await boss.change('directory', await boss.read('directory', record.id), { people_filter: '(objectClass=person)' })
      const back = await synchronise()
      assert.equal(back.result.enabled, 1)
      assert.equal((await user_of('chen')).status.code, 'active')
    })

    test('who is in no group gets the role for that', async () => {
      await change({ default_role: roles.marketing })
      await synchronise()
      assert.deepEqual(codes(await user_of('chen')), ['marketing'])
      assert.deepEqual(codes(await user_of('zhang.wei')), ['salesperson'])
    })

    test('a directory that suddenly knows nobody, or lacks most people, changes nothing', async () => {
      await boss.change('directory', await boss.read('directory', record.id), { people_filter: '(uid=none)' })
      const nobody = await synchronise()
      assert.equal(nobody.state, 'failed')
      assert.match(nobody.problem, /没有找到任何人/)
      await boss.change('directory', await boss.read('directory', record.id), { people_filter: '(|(uid=zhang.wei)(uid=wang))' })
      const few = await synchronise()
      assert.ok(few.result.many_gone >= clerks)
      assert.equal(few.result.made, undefined)
      assert.equal((await user_of('clerk7')).status.code, 'active')
      const sure = await synchronise({ even_many: true })
      assert.equal(sure.state, 'done')
      assert.equal((await user_of('clerk7')).status.code, 'disabled')
      await boss.change('directory', await boss.read('directory', record.id), { people_filter: '(objectClass=person)' })
      assert.ok((await synchronise()).result.enabled >= clerks)
    })

    test('the same by command, for the night', async () => {
      ldap.person('late', { name: '后来' })
      const result = JSON.parse(installation.done(['directory', 'sync', '公司目录']).out)
      assert.equal(result.made, 1)
      assert.ok(await user_of('late'))
      const failed = installation.command(['directory', 'sync', '没有'])
      assert.equal(failed.code, 1)
      installation.done(['directory', 'password', '公司目录'], { input: 'wrong\n' })
      const refused_run = installation.command(['directory', 'sync', '公司目录'])
      assert.equal(refused_run.code, 1)
      assert.match(refused_run.err, /\S/)
      installation.done(['directory', 'password', '公司目录'], { input: reader.password + '\n' })
    })

    // ── when it does not answer ──

    // Takes the connection and says nothing: plainly, or before or while encryption is agreed on.
    for (const [how, { secure, agrees, start_tls = false }] of [['plainly', {}], ['before StartTLS', { start_tls: true }], ['within StartTLS', { start_tls: true, agrees: true }], ['by TLS', { secure: true }]]) {
      once(`a directory that is silent (${how}) is given up within its seconds, and nobody waits with who asks it`, async () => {
        const silence = await open_silence({ agrees })
        await reach({ address: secure ? silence.secure_url : silence.url, seconds: 1, authority: ldap.authority, start_tls })
        const since = Date.now()
        const asked = check()
        await until('it is asked', () => silence.taken > 0, 3000)
        assert.equal((await boss.get('/api/records/customer')).status, 200)
        const meanwhile = Date.now() - since
        assert.equal((await asked).body.code, 'directory_silent')
        const took = Date.now() - since
        assert.ok(took >= 1000 && took < 2000, `${took} ms`)
        assert.ok(meanwhile < took, `${meanwhile} of ${took} ms`)
        silence.close()
      })
    }

    once('many who sign in while it is silent wait side by side and keep nobody out; then nobody waits for a while', async () => {
      const silence = await open_silence()
      await reach({ address: silence.secure_url, seconds: 1, authority: ldap.authority, start_tls: false })
      const since = Date.now()
      // One after the other they would take six seconds.
      const waiting = Array.from({ length: 6 }, () => enter('zhang.wei', accounts.zhang.password))
      await until('they wait', () => silence.taken > 0, 3000)
      const local = Date.now()
      assert.equal((await enter('zhou', office.accounts.zhou.password)).status, 200)
      const took = Date.now() - local
      for (const answer of await Promise.all(waiting)) {
        assert.equal(answer.status, 503)
        assert.equal(answer.body.code, 'directory_sign_in')
        assert.match(answer.body.detail, /directory/)
      }
      const all = Date.now() - since
      assert.ok(all < 4500, `all: ${all} ms`)
      assert.ok(took < all, `nobody waits with them: ${took} of ${all} ms`)
      const asked = silence.taken
      assert.equal((await enter('zhang.wei', accounts.zhang.password)).status, 503)
      assert.equal(silence.taken, asked)
      silence.close()
    })

    test('a directory that is silent or gone ends no account, and is back when it is back', async () => {
      await reach({ address: 'ldap://127.0.0.1:1', start_tls: false })
      const job = await synchronise()
      assert.equal(job.state, 'failed')
      assert.match(job.problem, /\S/)
      const since = Date.now()
      assert.equal((await enter('zhang.wei', accounts.zhang.password)).status, 503)
      assert.ok(Date.now() - since < 2000)
      assert.equal((await user_of('clerk7')).status.code, 'active')
      await reach({ address: ldap.url, seconds: 5 })
      assert.equal((await enter('zhang.wei', accounts.zhang.password)).status, 200)
    })

    test('out of use, its accounts stay out', async () => {
      await change({ active: false })
      await refused('zhang.wei', accounts.zhang.password)
      await change({ active: true })
      assert.equal((await enter('zhang.wei', accounts.zhang.password)).status, 200)
    })
  })
}
