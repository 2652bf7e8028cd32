// Accounts and how their owners prove who they are: policy, links, second factor, applications, profile.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Installation, databases, until } from '../support/server.mjs'
import { open_mailbox } from '../support/mail.mjs'
import { open_sms_gateway } from '../support/sms.mjs'
import { open_office } from '../support/office.mjs'
import { app_code } from '../support/totp.mjs'

const without_request = ({ request_id, ...rest }) => rest
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

for (const kind of databases) {
  describe(`identity on ${kind}`, () => {
    let office, boss, zhou, server, installation, mailbox, gateway, policy
    before(async () => {
      mailbox = await open_mailbox()
      gateway = await open_sms_gateway()
      office = await open_office(kind, { serve: ['--smtp', mailbox.url, '--sms', gateway.url], roles: { wu: 'marketing', chen: 'salesperson', qian: 'salesperson' } })
      ;({ boss, zhou, server, installation } = office)
      ;[policy] = await boss.all('security_policy')
    })
    after(async () => {
      assert.deepEqual(server.defects(), [])
      await server.stop()
      mailbox.close()
      gateway.close()
    })

    async function set_policy(fields) {
      policy = await boss.read('security_policy', policy.id)
      policy = await boss.change('security_policy', policy, fields)
    }
    const user_of = async (login) => (await boss.all('user', { filter: ['login', 'is', login] }))[0]
    const enter = (login, password, more = {}) => server.stranger().post('/api/session', { login, password, ...more })
    async function half_signed_in(login, password) {
      const client = server.stranger()
      const answer = await client.post('/api/session', { login, password })
      assert.equal(answer.status, 200, answer.text)
      client.take_session(answer)
      client.next = answer.body.next
      return client
    }
    async function new_link(login) {
      const { path, until: end } = await boss.expect(201, 'POST', `/api/accounts/${(await user_of(login)).id}/link`)
      assert.match(path, /^\/set-password#[\w-]{43}$/)
      return { token: path.split('#')[1], end }
    }

    // ── the policy ──

    test('the policy is one record that administrators change; others do not see it (covers: PLAT-12)', async () => {
      assert.equal(await boss.count('security_policy'), 1)
      assert.ok([403, 404].includes((await zhou.get('/api/records/security_policy')).status))
      assert.equal((await zhou.expect(200, 'GET', '/api/meta')).objects.security_policy, undefined)
      assert.ok([403, 404].includes((await zhou.patch(`/api/records/security_policy/${policy.id}`, { length_least: 8 }, { 'if-match': '1' })).status))
      for (const [fields, field] of [[{ length_least: 4 }, 'length_least'], [{ addresses: '10.0.0.0/8\nnowhere' }, 'addresses'], [{ strength: 'prayer' }, 'strength'], [{ idle_minutes: 1 }, 'idle_minutes']]) {
        const refused = await boss.patch(`/api/records/security_policy/${policy.id}`, fields, { 'if-match': String(policy.version) })
        assert.equal(refused.status, 422, JSON.stringify(fields))
        assert.equal(refused.body.errors[0].field, field)
      }
      assert.equal((await boss.post('/api/records/security_policy', { strength: 'password' })).status, 422)
      assert.equal((await boss.delete(`/api/records/security_policy/${policy.id}`, { 'if-match': String(policy.version) })).status, 422)
      assert.equal(await boss.count('security_policy'), 1)
    })

    test('what it says about passwords is in force within a second, and what is wrong is told (covers: PLAT-12)', async () => {
      const chen = await server.sign_in(office.accounts.chen)
      const change = async (next) => (await chen.post('/api/session/password', { old: office.accounts.chen.password, new: next })).body?.errors?.[0].rule
      assert.equal(await change('kx7-Vq2'), 'password_too_short')
      assert.equal(await change('woaini1314'), 'password_common')
      assert.equal(await change('chen2026!!'), 'password_is_own_name')
      assert.equal(await change(office.accounts.chen.password), 'password_used_before')
      await set_policy({ length_least: 20, classes_least: 3 })
      const since = Date.now()
      assert.equal(await change('kx7-Vq2m-HnP4'), 'password_too_short')
      assert.ok(Date.now() - since < 1000)
      assert.equal(await change('only small letters here'), 'password_too_few_kinds')
      assert.deepEqual((await server.stranger().expect(200, 'GET', '/api/public/sign_in')).password, { length_least: 20, classes_least: 3 })
      await set_policy({ length_least: 8, classes_least: 1 })
    })

    test('nobody signs in from where the policy does not allow, and who is there already is out at once (covers: PLAT-12)', async () => {
      const refused = await boss.patch(`/api/records/security_policy/${policy.id}`, { addresses: '203.0.113.0/24' }, { 'if-match': String(policy.version) })
      assert.equal(refused.status, 422, 'nobody shuts himself out by mistake')
      assert.equal(refused.body.errors[0].rule, 'shuts_out')
      const qian = await server.sign_in(office.accounts.qian)
      const stream = await qian.events()
      // On the command line nobody is asked from where.
      installation.done(['policy', 'set', 'addresses', '203.0.113.0/24'])
      const since = Date.now()
      await until('the stream closes', () => stream.closed, 3000)
      await until('the session is over', async () => (await qian.get('/api/session')).status === 401, 3000)
      await until('nobody comes in any more', async () => (await enter('qian', office.accounts.qian.password)).status === 401, 3000)
      assert.ok(Date.now() - since < 1000, `${Date.now() - since} ms`)
      assert.match(installation.done(['policy', 'show']).out, /addresses "203/)
      installation.done(['policy', 'set', 'addresses', ''])
      await until('the door is open again', async () => (await enter('qian', office.accounts.qian.password)).status === 200, 5000)
      boss = office.boss = await server.sign_in(office.accounts.boss)
      zhou = office.zhou = await server.sign_in(office.accounts.zhou)
    })

    // ── passwords that somebody else chose, and links ──

    test('a password that was made for somebody is replaced before anything else (covers: PLAT-50)', async () => {
      const [, made] = installation.done(['user', 'add', 'fresh', '--name', '新人', '--role', 'salesperson']).out.match(/^fresh \/ (\S+)/)
      const fresh = await half_signed_in('fresh', made)
      assert.equal(fresh.next, 'password')
      assert.equal(fresh.user.name, '新人')
      const refused = await fresh.get('/api/meta')
      assert.equal(refused.status, 403)
      assert.equal(refused.body.code, 'password_change_needed')
      assert.equal((await fresh.get('/api/records/customer')).status, 403)
      assert.equal((await fresh.get('/api/session')).body.next, 'password')
      assert.equal((await fresh.post('/api/session/password', { new: made })).body.errors[0].rule, 'password_used_before')
      const done = await fresh.post('/api/session/password', { new: 'my very own choice' })
      assert.equal(done.status, 200)
      assert.equal(done.body.next, undefined)
      fresh.take_session(done)
      await fresh.expect(200, 'GET', '/api/meta')
      assert.equal((await enter('fresh', made)).status, 401)
    })

    test('an administrator passes on a link; it works once, and the old password no more (covers: PLAT-50)', async () => {
      const wu = await server.sign_in(office.accounts.wu)
      const { token, end } = await new_link('wu')
      assert.ok(Date.parse(end) > Date.now())
      await wu.expect(401, 'GET', '/api/session')
      assert.equal((await enter('wu', office.accounts.wu.password)).status, 401)
      const stranger = server.stranger()
      assert.equal((await stranger.expect(200, 'POST', '/api/recovery/link', { body: { token } })).login, 'wu')
      assert.equal((await stranger.post('/api/recovery/password', { token, password: 'short' })).status, 422)
      const fresh = 'chosen with a link'
      await stranger.expect(204, 'POST', '/api/recovery/password', { body: { token, password: fresh } })
      for (const body of [{ token, password: 'and once again' }, { token: 'x'.repeat(43), password: fresh }]) {
        const over = await stranger.post('/api/recovery/password', body)
        assert.equal(over.status, 404)
        assert.equal(over.body.code, 'link_over')
      }
      office.accounts.wu.password = fresh
      office.wu = await server.sign_in(office.accounts.wu)
      for (const path of ['link', 'second_factor', 'sessions']) {
        const method = path === 'link' ? 'POST' : 'DELETE'
        assert.equal((await zhou.request(method, `/api/accounts/${(await user_of('wu')).id}/${path}`)).status, 403, path)
        assert.ok([403, 404].includes((await boss.request(method, '/api/accounts/999999999/' + path)).status) || path === 'sessions', path)
      }
      const { accounts } = await boss.expect(200, 'GET', '/api/accounts', { query: { q: 'wu' } })
      assert.deepEqual(accounts.map(({ login, password, active }) => ({ login, password, active })), [{ login: 'wu', password: 'own', active: true }])
      assert.equal((await zhou.get('/api/accounts')).status, 403)
    })

    test('a link can be made on the command line', async () => {
      const [, token] = installation.done(['user', 'link', 'wu']).out.match(/set-password#(\S+)/)
      assert.equal((await server.stranger().expect(200, 'POST', '/api/recovery/link', { body: { token } })).login, 'wu')
      await server.sign_in(office.accounts.wu)
    })

    // ── forgotten passwords ──

    const ways = async () => (await server.stranger().expect(200, 'GET', '/api/public/sign_in')).recovery
    const sent = (filter) => boss.all('message_log', { filter, sort: 'at', fields: 'subject,at,channel,state,recipient,sender,login,user_account,person,tries,why,cost,reference' })

    test('without sender and address nobody is promised a message', async () => {
      assert.deepEqual(await ways(), { mail: false, sms: false })
      assert.equal((await server.stranger().post('/api/recovery', { login: 'zhou' })).status, 404)
    })

    test('who forgot the password gets a link by e-mail that works once (covers: PLAT-07)', async () => {
      await set_policy({ mail_sender: 'crm@huaxin.example', site_address: 'https://crm.huaxin.example/' })
      await until('the page offers it', async () => (await ways()).mail, 3000)
      await boss.change('employee', await boss.read('employee', zhou.user.employee.id), { email: 'zhou.kai@huaxin.example' })
      const stranger = server.stranger()
      mailbox.refuse = 1
      const answers = []
      for (const login of ['zhou', 'nobody', 'gone@nowhere.example']) answers.push(await stranger.post('/api/recovery', { login }))
      for (const answer of answers) {
        assert.equal(answer.status, 202)
        assert.equal(answer.text, answers[0].text)
        assert.deepEqual([...answer.headers.keys()].sort(), [...answers[0].headers.keys()].sort())
      }
      // The mail server refuses the first try; the second one comes half a minute later by itself.
      await until('the first try', () => mailbox.refuse < 1, 5000)
      assert.equal((await stranger.post('/api/recovery', { login: 'ZHOU.KAI@huaxin.example' })).status, 202)
      const mail = await mailbox.next(({ to }) => to.includes('zhou.kai@huaxin.example'))
      assert.equal(mail.from, 'crm@huaxin.example')
      assert.match(mail.subject, /设置新密码/)
      assert.match(mail.text, /周凯/)
      const [, token] = mail.text.match(/https:\/\/crm\.huaxin\.example\/set-password#([\w-]+)/)
      await stranger.expect(204, 'POST', '/api/recovery/password', { body: { token, password: 'remembered this time' } })
      assert.equal((await stranger.post('/api/recovery/password', { token, password: 'and once again' })).status, 404)
      await zhou.expect(401, 'GET', '/api/session')
      office.accounts.zhou.password = 'remembered this time'
      zhou = office.zhou = await server.sign_in(office.accounts.zhou)
      assert.deepEqual(mailbox.mails.map(({ to }) => to[0]).filter((to) => !to.startsWith('zhou')), [], 'nobody else got one')
    })

    test('every e-mail stands in the log with its result, and not what it said (covers: PLAT-124)', async () => {
      const mails = await sent(['channel', 'is', 'mail'])
      assert.deepEqual(mails.map(({ recipient, login, state, sender, subject }) => [recipient, login, state.code, sender, /设置新密码/.test(subject)]).sort(), [
        ['zhou.kai@huaxin.example', 'zhou', 'sent', 'crm@huaxin.example', true],
        ['zhou.kai@huaxin.example', 'zhou', 'waiting', 'crm@huaxin.example', true],
      ])
      const [first] = mails.filter(({ state }) => state.code === 'waiting')
      assert.match(first.why, /451/)
      assert.equal(first.tries, 1)
      assert.equal(first.person.id, zhou.user.employee.id)
      const [second] = mails.filter(({ state }) => state.code === 'sent')
      assert.equal(second.why, null)
      assert.ok(mailbox.mails.some(({ headers }) => headers['message-id'].includes(second.reference)), second.reference)
      const file = await boss.get('/api/exports/message_log', {})
      assert.equal(file.status, 200)
      assert.match(file.text, /zhou\.kai@huaxin\.example/)
      for (const { text } of mailbox.mails) assert.equal(file.text.includes(text.match(/set-password#([\w-]+)/)[1]), false, 'the link is not kept')
    })

    test('who has no e-mail address gets the link by SMS, and its cost is on record (covers: PLAT-07, PLAT-125)', async () => {
      const mobile = '13912345678'
      assert.deepEqual(await ways(), { mail: true, sms: true })
      const { user } = office.qian
      await boss.change('employee', await boss.read('employee', user.employee.id), { email: null, mobile })
      const stranger = server.stranger()
      assert.equal((await stranger.post('/api/recovery', { login: '139 1234 5678' })).status, 202)
      const sms = await gateway.next(({ to }) => to === mobile)
      assert.deepEqual([sms.method, sms.path, sms.authorization], ['POST', '/send', 'Bearer a-token'])
      assert.match(sms.text, /^【.+】.*qian/)
      const [, token] = sms.text.match(/https:\/\/crm\.huaxin\.example\/set-password#([\w-]+)/)
      await stranger.expect(204, 'POST', '/api/recovery/password', { body: { token, password: 'found on the telephone' } })
      assert.equal((await stranger.post('/api/recovery/password', { token, password: 'and once again' })).status, 404)
      office.accounts.qian.password = 'found on the telephone'
      office.qian = await server.sign_in(office.accounts.qian)

      const [kept] = await until('the result is on record', async () => { const found = await sent({ and: [['channel', 'is', 'sms'], ['state', 'is', 'sent']] }); return found.length && found })
      assert.deepEqual([kept.recipient, kept.login, kept.tries, kept.cost, kept.reference, kept.sender, kept.why], [mobile, 'qian', 1, '0.0450', 'sms-1', null, null])
      assert.equal(kept.person.id, user.employee.id)
      assert.equal((await boss.get('/api/exports/message_log', {})).text.includes(token), false)

      gateway.refuse = 1
      await stranger.post('/api/recovery', { login: 'qian' })
      const [failed] = await until('the failure is on record', async () => { const found = await sent({ and: [['channel', 'is', 'sms'], ['state', 'is', 'waiting']] }); return found.length && found })
      assert.match(failed.why, /503 come again later with 【.*set-password#…/, 'what the gateway repeats of the link is not kept')
      assert.equal(failed.cost, null)
    })

    test('nobody writes, changes or removes an entry of the log of messages, and only administrators read it (covers: PLAT-124, PLAT-125, PLAT-127)', async () => {
      const [one] = await sent(['channel', 'is', 'mail'])
      const path = '/api/records/message_log'
      const before = await boss.read('message_log', one.id)
      for (const [method, where, body] of [
        ['POST', path, { subject: 'never sent' }],
        ['PATCH', `${path}/${one.id}`, { state: 'failed' }],
        ['DELETE', `${path}/${one.id}`, undefined],
        ['POST', `${path}/bulk`, { ids: [one.id], changes: { state: 'failed' } }],
      ]) {
        const { status } = await boss.request(method, where, { body, headers: { 'If-Match': String(one.version) } })
        assert.ok([400, 403, 404, 405, 409, 422].includes(status), `${method} ${where}: ${status}`)
      }
      assert.deepEqual(await boss.read('message_log', one.id), before)
      assert.equal(before.state.code, one.state.code)
      for (const url of [path, `${path}/${one.id}`, '/api/exports/message_log']) assert.equal((await zhou.get(url)).status, 403, url)
    })

    test('who may change employees does not decide where their links go (covers: PLAT-07)', async () => {
      const [role] = await boss.all('role', { filter: ['code', 'is', 'salesperson'] })
      const kept = JSON.parse((await boss.read('role', role.id)).grants)
      const set = async (grants) => boss.change('role', await boss.read('role', role.id), { grants: JSON.stringify(grants) })
      const change = async (values) => {
        const employee = await office.qian.read('employee', zhou.user.employee.id)
        return office.qian.patch(`/api/records/employee/${employee.id}`, values, { 'If-Match': String(employee.version) })
      }
      await set({ ...kept, objects: { ...kept.objects, employee: { view: 'all', change: 'all' } } })
      await until('the right is there', async () => (await change({ wechat: 'zhou_kai' })).status === 200, 2000)
      for (const values of [{ email: 'qian@huaxin.example' }, { mobile: '13700000000' }]) {
        const answer = await change(values)
        assert.equal(answer.status, 422, answer.text)
        assert.equal(answer.body.errors[0].field, Object.keys(values)[0])
      }
      await set({ ...kept, objects: { ...kept.objects, employee: { view: 'all', change: 'all' } }, special: [...(kept.special ?? []), 'employee.reach'] })
      await until('the special right is there', async () => (await change({ mobile: '13700000000' })).status === 200, 2000)
      await set(kept)
    })

    test('asking again and again is held back by place, whoever is asked for', async () => {
      const stranger = server.stranger()
      let answer
      for (let i = 0; i < 15 && answer?.status !== 429; ++i) answer = await stranger.post('/api/recovery', { login: `somebody${i}` })
      assert.equal(answer.status, 429)
      assert.ok(Number(answer.headers.get('retry-after')) > 0)
    })

    // ── the second factor ──

    test('whose role asks for it sets up a second factor while signing in; before that the session is worth nothing (covers: PLAT-11)', async () => {
      const role = (await boss.all('role', { filter: ['code', 'is', 'marketing'] }))[0]
      const wu = office.wu
      await wu.expect(200, 'GET', '/api/meta')
      await boss.change('role', await boss.read('role', role.id), { strength: 'second_factor' })
      await until('the weak session ends', async () => (await wu.get('/api/meta')).status === 401, 1000)

      const entering = await half_signed_in('wu', office.accounts.wu.password)
      assert.equal(entering.next, 'enrol')
      assert.equal(entering.user, undefined, 'who it is, is not told yet')
      for (const path of ['/api/meta', '/api/records/customer', '/api/profile', '/api/events', '/api/sessions', '/api/session/second_factor']) await entering.expect(401, 'GET', path)
      assert.equal((await entering.post('/api/session/code', { code: '123456' })).status, 401)
      assert.equal((await entering.post('/api/session/recovery_codes', { password: office.accounts.wu.password })).status, 401)

      const { secret, uri } = await entering.expect(200, 'POST', '/api/session/second_factor', { body: {} })
      assert.match(uri, /^otpauth:\/\/totp\/.*wu\?secret=/)
      assert.equal((await entering.post('/api/session/second_factor/confirm', { code: '000000' })).status, 422)
      const done = await entering.post('/api/session/second_factor/confirm', { code: app_code(secret) })
      assert.equal(done.status, 200, done.text)
      assert.equal(done.body.recovery_codes.length, 10)
      assert.equal(done.body.user.login, 'wu')
      const half_cookie = entering.cookie
      entering.take_session(done)
      await entering.expect(200, 'GET', '/api/meta')
      assert.equal((await entering.get('/api/session', {}, { cookie: half_cookie })).status, 401, 'the token before it')
      office.accounts.wu.secret = secret
      office.accounts.wu.codes = done.body.recovery_codes
      assert.equal((await entering.delete('/api/session/second_factor')).status, 400)
      assert.equal((await entering.request('DELETE', '/api/session/second_factor', { body: { password: office.accounts.wu.password } })).status, 403, 'the role demands it')
      assert.deepEqual(await entering.expect(200, 'GET', '/api/session/second_factor'), { set_up: true, needed: true, recovery_codes_left: 10 })
    })

    test('then each sign-in has two steps, and a code counts once (covers: PLAT-11)', async () => {
      const { password, secret, codes } = office.accounts.wu
      const entering = await half_signed_in('wu', password)
      assert.equal(entering.next, 'code')
      assert.equal(entering.user, undefined)
      for (const path of ['/api/meta', '/api/records/customer', '/api/events']) await entering.expect(401, 'GET', path)
      // Nothing of the second factor can be replaced before its code was given.
      assert.equal((await entering.post('/api/session/second_factor', { password })).status, 401)
      assert.equal((await entering.post('/api/session/second_factor/confirm', { code: '123456' })).status, 401)
      assert.equal((await entering.post('/api/session/password', { old: password, new: 'x'.repeat(20) })).status, 401)
      assert.equal((await entering.post('/api/session/code', { code: '000000' })).body.errors[0].rule, 'code_wrong')
      // The step of the enrolment is used up; the app's next code is within what clocks may differ.
      const code = app_code(secret, 1)
      const done = await entering.post('/api/session/code', { code })
      assert.equal(done.status, 200, done.text)
      entering.take_session(done)
      await entering.expect(200, 'GET', '/api/meta')
      const again = await half_signed_in('wu', password)
      assert.equal((await again.post('/api/session/code', { code })).status, 422, 'replayed')
      const rescued = await again.post('/api/session/code', { code: codes[2].toUpperCase() })
      assert.equal(rescued.status, 200)
      assert.equal((await enter('wu', password, { code: codes[2] })).status, 422, 'a recovery code counts once')
      const at_once = await enter('wu', password, { code: codes[3] })
      assert.equal(at_once.status, 200)
      assert.equal(at_once.body.user.login, 'wu')
      assert.equal((await enter('wu', 'wrong password', { code: codes[4] })).status, 401)
    })

    test('guessing codes is held back', async () => {
      const entering = await half_signed_in('wu', office.accounts.wu.password)
      let answer
      for (let i = 0; i < 12 && answer?.status !== 429; ++i) answer = await entering.post('/api/session/code', { code: String(100000 + i) })
      assert.equal(answer.status, 429)
      assert.equal((await entering.post('/api/session/code', { code: office.accounts.wu.codes[5] })).status, 429)
    })

    test('an administrator helps who lost the telephone (covers: PLAT-50)', async () => {
      await boss.expect(204, 'DELETE', `/api/accounts/${(await user_of('wu')).id}/second_factor`)
      const { token } = await new_link('wu')
      await server.stranger().expect(204, 'POST', '/api/recovery/password', { body: { token, password: 'after the loss' } })
      office.accounts.wu.password = 'after the loss'
      // The link also forgives the failures before it.
      assert.equal((await half_signed_in('wu', 'after the loss')).next, 'enrol')
      const role = (await boss.all('role', { filter: ['code', 'is', 'marketing'] }))[0]
      await boss.change('role', await boss.read('role', role.id), { strength: null })
      assert.equal((await half_signed_in('wu', 'after the loss')).next, undefined)
    })

    test('everybody may use a second factor; setting up and switching off need the password', async () => {
      const { password } = office.accounts.chen
      const chen = await server.sign_in(office.accounts.chen)
      const elsewhere = await server.sign_in(office.accounts.chen)
      assert.deepEqual(await chen.expect(200, 'GET', '/api/session/second_factor'), { set_up: false, needed: false, recovery_codes_left: 0 })
      assert.equal((await chen.post('/api/session/second_factor', { password: 'a guess' })).status, 422)
      const { secret } = await chen.expect(200, 'POST', '/api/session/second_factor', { body: { password } })
      const done = await chen.post('/api/session/second_factor/confirm', { code: app_code(secret) })
      assert.equal(done.status, 200)
      chen.take_session(done)
      await chen.expect(200, 'GET', '/api/meta')
      await elsewhere.expect(401, 'GET', '/api/session')
      assert.equal((await half_signed_in('chen', password)).next, 'code')
      const { recovery_codes } = await chen.expect(200, 'POST', '/api/session/recovery_codes', { body: { password } })
      assert.equal((await enter('chen', password, { code: done.body.recovery_codes[0] })).status, 422)
      assert.equal((await enter('chen', password, { code: recovery_codes[0] })).status, 200)
      await chen.expect(204, 'DELETE', '/api/session/second_factor', { body: { password } })
      assert.equal((await half_signed_in('chen', password)).next, undefined)
    })

    // ── applications ──

    const applicant = { name: '赵敏', login: 'Zhao.Min', password: 'chosen when applying', email: 'zhao@partner.example', mobile: '13812345678', unit: '渠道部', reason: '跟进华东渠道' }

    test('nobody applies for an account while the policy does not allow it (covers: PLAT-09)', async () => {
      assert.equal((await server.stranger().expect(200, 'GET', '/api/public/sign_in')).applications, false)
      assert.equal((await server.stranger().post('/api/applications', applicant)).status, 404)
      assert.equal(await boss.count('account_application'), 0)
    })

    test('an applicant is let in after approval with type, level and role, and before it told what a stranger is told (covers: PLAT-09)', async () => {
      await set_policy({ applications: true })
      const stranger = server.stranger()
      for (const [fields, field] of [[{ ...applicant, password: 'short' }, 'password'], [{ ...applicant, login: 'a b' }, 'login'], [{ ...applicant, name: '' }, 'name'], [{ ...applicant, status: 'approved' }, 'status'], [{ ...applicant, from_address: '1.2.3.4' }, 'from_address'], [{ ...applicant, nonsense: 1 }, 'nonsense']]) {
        const refused = await stranger.post('/api/applications', fields)
        assert.equal(refused.status, 422, JSON.stringify(fields))
        assert.equal(refused.body.errors[0].field, field)
      }
      const taken = await stranger.post('/api/applications', { ...applicant, login: 'zhou' })
      const free = await stranger.post('/api/applications', applicant)
      assert.equal(taken.status, 202)
      assert.equal(taken.text, free.text, 'whether a name is taken is not told')

      const before = await enter('zhao.min', applicant.password)
      const unknown = await enter('nobody', applicant.password)
      assert.equal(before.status, 401)
      assert.deepEqual(without_request(before.body), without_request(unknown.body))
      assert.ok([403, 404].includes((await zhou.get('/api/records/account_application')).status))

      const waiting = await boss.all('account_application', { view: 'waiting' })
      assert.deepEqual(waiting.map(({ login }) => login).sort(), ['zhao.min', 'zhou'])
      assert.doesNotMatch(JSON.stringify(waiting), /chosen when applying|argon2/)
      const application = waiting.find(({ login }) => login === 'zhao.min')
      const role = (await boss.all('role', { filter: ['code', 'is', 'salesperson'] }))[0]
      const [level] = await boss.all('employee_level', { filter: ['code', 'is', 'junior'] })
      const decision = { roles: [role.id], user_type: 'partner', level: level.id }
      assert.equal((await boss.post(`/api/records/account_application/${application.id}/approve`, { roles: [role.id] })).status, 422, 'type and level are needed')
      const clash = await boss.post(`/api/records/account_application/${waiting.find(({ login }) => login === 'zhou').id}/approve`, decision)
      assert.equal(clash.status, 422)
      assert.equal(clash.body.errors[0].rule, 'duplicate')
      await boss.act('account_application', application.id, 'approve', decision)
      const account = await user_of('zhao.min')
      assert.equal(account.user_type.code, 'partner')
      assert.equal((await boss.read('employee', account.employee.id)).level.id, level.id)
      const zhao = await server.sign_in({ login: 'Zhao.Min', password: applicant.password })
      assert.equal(zhao.user.name, '赵敏')
      assert.deepEqual(zhao.user.roles.map(({ code }) => code), ['salesperson'])
      assert.equal((await boss.post(`/api/records/account_application/${application.id}/approve`, decision)).status >= 400, true, 'decided once')

      const other = waiting.find(({ login }) => login === 'zhou')
      await boss.act('account_application', other.id, 'refuse', { answer: '已有账号' })
      await server.sign_in(office.accounts.zhou)
      assert.equal((await enter('zhou', applicant.password)).status, 401)
    })

    test('one place cannot fill the list of applications', async () => {
      let answer
      for (let i = 0; i < 12 && answer?.status !== 429; ++i) answer = await server.stranger().post('/api/applications', { ...applicant, login: `many${i}` })
      assert.equal(answer.status, 429)
      await set_policy({ applications: false })
    })

    // ── the own profile ──

    test('everybody sees the own profile and keeps the contact data up to date (covers: PLAT-08)', async () => {
      const { object, record } = await zhou.expect(200, 'GET', '/api/profile')
      const fields = Object.fromEntries(object.fields.map((field) => [field.name, field]))
      assert.equal(record.name, '周凯')
      for (const name of ['name', 'department', 'position', 'mobile', 'email']) assert.ok(fields[name], name)
      assert.equal(fields.name.write, false)
      assert.equal(fields.mobile.write, true)
      assert.equal(fields.home_address, undefined)
      const changed = await zhou.expect(200, 'PATCH', '/api/profile', { body: { mobile: '13987654321', wechat: 'zhoukai', password: office.accounts.zhou.password }, headers: { 'if-match': String(record.version) } })
      assert.equal(changed.record.mobile, '13987654321')
      const stored = await boss.read('employee', zhou.user.employee.id)
      assert.equal(stored.mobile, '13987654321')
      const { history } = await boss.expect(200, 'GET', `/api/records/employee/${stored.id}/history`)
      assert.equal(history[0].who.id, stored.id, 'the history says who it was')
      for (const name of ['name', 'department', 'level', 'note']) {
        const refused = await zhou.patch('/api/profile', { [name]: null })
        assert.equal(refused.status, 422, name)
      }
      assert.equal((await zhou.patch('/api/profile', { mobile: 'no number' })).body.errors[0].field, 'mobile')
      assert.equal((await zhou.patch('/api/profile', { mobile: '1' }, { 'if-match': '1' })).status >= 400, true)
    })

    test('where links for a forgotten password go is changed with the password only', async () => {
      for (const values of [{ email: 'thief@nowhere.example' }, { mobile: '13800000000' }]) assert.equal((await zhou.patch('/api/profile', values)).body.errors[0].field, 'password')
      assert.equal((await zhou.patch('/api/profile', { email: 'thief@nowhere.example', password: 'a guess' })).status, 422)
      const { record } = await zhou.expect(200, 'PATCH', '/api/profile', { body: { email: 'kai@huaxin.example', password: office.accounts.zhou.password } })
      assert.equal(record.email, 'kai@huaxin.example')
    })

    test('everybody sees where one is signed in, and ends what is not oneself (covers: PLAT-126)', async () => {
      const there = await server.sign_in(office.accounts.zhou)
      const third = await server.sign_in(office.accounts.zhou)
      const { sessions } = await zhou.expect(200, 'GET', '/api/profile/sessions')
      assert.equal(sessions.filter((session) => session.this).length, 1)
      assert.ok(sessions.every(({ user }) => user.login === 'zhou'))
      const boss_session = (await boss.expect(200, 'GET', '/api/profile/sessions')).sessions.find((session) => session.this)
      assert.equal((await zhou.delete(`/api/profile/sessions/${boss_session.id}`)).status, 404, 'not his')
      const own = (await third.expect(200, 'GET', '/api/profile/sessions')).sessions.find((session) => session.this)
      await zhou.expect(204, 'DELETE', `/api/profile/sessions/${own.id}`)
      await third.expect(401, 'GET', '/api/session')
      await there.expect(200, 'GET', '/api/session')
      await zhou.expect(204, 'DELETE', '/api/profile/sessions')
      await there.expect(401, 'GET', '/api/session')
      await zhou.expect(200, 'GET', '/api/session')
    })

    test('signing in, failing, new passwords, factors, links and ends of sessions are on the audit (covers: PLAT-122)', async () => {
      const qian = await server.sign_in(office.accounts.qian)
      await enter('qian', 'not the password')
      await qian.expect(204, 'DELETE', '/api/session')
      const what = (entry) => [entry.kind.code, entry.outcome.code, entry.login]
      const wanted = [['sign_in', 'done', 'qian'], ['sign_in', 'refused', 'qian'], ['sign_out', 'done', 'qian']]
      let entries
      await until('they are written', async () => {
        entries = await boss.all('audit_entry', { filter: ['kind', 'in', ['sign_in', 'sign_out', 'session_ended', 'password']], fields: 'kind,outcome,login,address,subject,detail,at' })
        return wanted.every((one) => entries.some((entry) => JSON.stringify(what(entry)) === JSON.stringify(one)))
      })
      for (const done of ['link_handed', 'second_factor_off', 'second_factor_set_up', 'new_recovery_codes', 'changed', 'reset']) assert.ok(entries.some((entry) => entry.kind.code === 'password' && entry.detail?.includes(done)), done)
      assert.ok(entries.every(({ address }) => address), 'from where')
      assert.doesNotMatch(JSON.stringify(entries), /not the password|correct horse/)
    })

    test('a browser that signs in as another leaves no session behind (covers: PLAT-04)', async () => {
      const browser = await server.sign_in(office.accounts.zhou)
      const before = browser.cookie
      const answer = await browser.post('/api/session', office.accounts.qian)
      browser.take_session(answer)
      assert.equal((await browser.expect(200, 'GET', '/api/session')).user.login, 'qian')
      assert.equal((await browser.get('/api/session', {}, { cookie: before })).status, 401)
    })
  })
}

for (const kind of databases) {
  describe(`passwords hashed with all the work that it takes, on ${kind}`, () => {
    let installation, server
    before(async () => {
      installation = new Installation(kind, undefined, { real_passwords: true })
      installation.add_user('wu', 'salesperson')
      server = await installation.serve()
    })
    after(async () => {
      assert.deepEqual(server.defects(), [])
      await server.stop()
    })

    test('what is kept is argon2id over 64 MiB', () => {
      const [[kept]] = installation.sql('select password from credential')
      assert.match(kept, /^\$argon2id\$v=19\$m=65536,t=2,p=1\$/)
    })

    // Nobody learns who has an account.
    test('known and unknown accounts get the same answers in the same time (covers: PLAT-02)', async () => {
      const wrong = { known: [], unknown: [] }
      const answers = []
      for (let i = 0; i < 4; ++i) {
        for (const [name, login] of [['known', 'wu'], ['unknown', `nobody${i}`]]) {
          const since = performance.now()
          const answer = await server.stranger().post('/api/session', { login, password: 'not the password' })
          wrong[name].push(performance.now() - since)
          answers.push(answer)
        }
      }
      for (const answer of answers) {
        assert.equal(answer.status, 401)
        assert.deepEqual(without_request(answer.body), without_request(answers[0].body))
        assert.equal(answer.bytes.length, answers[0].bytes.length)
        assert.deepEqual([...answer.headers.keys()].sort(), [...answers[0].headers.keys()].sort())
      }
      // Verifying a password takes most of the time; without it for unknown names the ratio would be ten and more.
      const ratio = median(wrong.known) / median(wrong.unknown)
      assert.ok(ratio > 0.4 && ratio < 2.5, `known ${median(wrong.known).toFixed(1)} ms, unknown ${median(wrong.unknown).toFixed(1)} ms`)
    })
  })
}
