// Passkeys: made, shown instead of a name and a password or as the second factor, demanded, lost; and every way to cheat.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Authenticator, algorithms, bytes_of, register, show, text_of } from '../support/passkey.mjs'
import { databases, until } from '../support/server.mjs'
import { open_office } from '../support/office.mjs'
import { app_code } from '../support/totp.mjs'

const origin = 'https://crm.huaxin.example'

for (const kind of databases) {
  describe(`passkeys on ${kind}`, () => {
    let office, boss, zhou, server, installation, policy, phone
    before(async () => {
      office = await open_office(kind, { roles: { wu: 'marketing', chen: 'salesperson', qian: 'salesperson' } })
      ;({ boss, zhou, server, installation } = office)
      ;[policy] = await boss.all('security_policy')
      await set_policy({ site_address: origin + '/' })
      phone = new Authenticator(origin)
    })
    after(async () => {
      assert.deepEqual(server.defects(), [])
      await server.stop()
    })

    const password = (login) => office.accounts[login].password
    async function set_policy(fields) {
      policy = await boss.read('security_policy', policy.id)
      policy = await boss.change('security_policy', policy, fields)
    }
    const user_of = async (login) => (await boss.all('user', { filter: ['login', 'is', login] }))[0]
    const enter = (login, more = {}) => server.stranger().post('/api/session', { login, password: password(login), ...more })
    async function first_step(login) {
      const client = server.stranger()
      const answer = await client.post('/api/session', { login, password: password(login) })
      assert.equal(answer.status, 200, answer.text)
      client.take_session(answer)
      client.answer = answer.body
      return client
    }
    async function refusals() {
      const entries = await boss.all('audit_entry', { fields: 'login,detail', filter: { and: [['kind', 'is', 'sign_in'], ['outcome', 'is', 'refused']] } })
      return entries.filter(({ detail }) => detail.includes('passkey_refused')).map(({ login, detail }) => ({ login, why: JSON.parse(detail).why }))
    }
    // The attack is answered like every other, and the audit knows what it was.
    async function assert_refused(answer, why, status = 401) {
      assert.equal(answer.status, status, answer.text)
      assert.equal(status === 401 ? answer.body.code : answer.body.errors[0].rule, 'passkey_refused')
      assert.equal(answer.headers.getSetCookie().length, 0)
      const known = await until(`the audit knows of ${why}`, async () => {
        const found = (await refusals()).filter((one) => one.why === why)
        return found.length && found
      }, 5000)
      return known
    }
    // Attempts that fail slow down the next ones; a test is not an attacker.
    async function forgive() {
      installation.sql("delete from sign_in where outcome = 'passkey_refused'")
    }

    // ── making ──

    test('a passkey is made with the password and signs in without a name (covers: PLAT-11)', async () => {
      assert.equal((await zhou.post('/api/session/passkeys/begin', {})).status, 422, 'not with the session alone')
      assert.equal((await zhou.post('/api/session/passkeys/begin', { password: 'guess' })).body.errors[0].rule, 'password_wrong')
      const { options } = await zhou.expect(200, 'POST', '/api/session/passkeys/begin', { body: { password: password('zhou') } })
      assert.equal(options.rp.id, 'crm.huaxin.example')
      assert.equal(options.authenticatorSelection.userVerification, 'required')
      assert.equal(options.authenticatorSelection.residentKey, 'required')
      assert.deepEqual(options.pubKeyCredParams.map(({ alg }) => alg), [-7, -8, -257])
      const made = await register(zhou, phone, { password: password('zhou') })
      assert.equal(made.status, 201, made.text)
      const stranger = server.stranger()
      const answer = await show(stranger, phone)
      assert.equal(answer.status, 200, answer.text)
      assert.equal(answer.body.user.login, 'zhou')
      stranger.take_session(answer)
      const { sessions } = await stranger.expect(200, 'GET', '/api/profile/sessions')
      assert.equal(sessions.find((one) => one.this).strength, 'passkey')
      await stranger.expect(200, 'GET', '/api/meta')
    })

    test('every kind of key is taken, with and without a statement of the authenticator', async () => {
      for (const algorithm of algorithms) {
        for (const statement of ['none', 'packed']) {
          const key = new Authenticator(origin, { algorithm })
          const made = await register(zhou, key, { name: `${algorithm} ${statement}`, password: password('zhou'), twist: { statement } })
          assert.equal(made.status, 201, `${algorithm} ${statement}: ${made.text}`)
          assert.equal((await show(server.stranger(), key)).status, 200, algorithm)
          await zhou.expect(204, 'DELETE', `/api/session/passkeys/${made.body.id}`, { body: { password: password('zhou') } })
          await assert_refused(await show(server.stranger(), key), 'unknown')
          await forgive()
        }
      }
    })

    test('a person has several, with names, last use and removal; nobody reaches those of others', async () => {
      const spare = new Authenticator(origin)
      const made = await register(zhou, spare, { name: '  办公室的钥匙 ', password: password('zhou') })
      let { passkeys, needed, site } = await zhou.expect(200, 'GET', '/api/session/passkeys')
      assert.deepEqual(passkeys.map(({ name }) => name), ['Telephone', '办公室的钥匙'])
      assert.ok(passkeys[0].last_used)
      assert.equal(passkeys[1].last_used, null)
      assert.equal(needed, false)
      assert.deepEqual(site, { domain: 'crm.huaxin.example', origin })
      const { id } = made.body
      await zhou.expect(204, 'PATCH', `/api/session/passkeys/${id}`, { body: { name: '家里的钥匙' } })
      assert.equal((await zhou.patch(`/api/session/passkeys/${id}`, { name: ' ' })).body.errors[0].rule, 'required')
      assert.equal((await zhou.patch(`/api/session/passkeys/${id}`, { name: 'x'.repeat(61) })).body.errors[0].rule, 'too_long')
      const lin = office.lin
      assert.equal((await lin.patch(`/api/session/passkeys/${id}`, { name: 'mine' })).status, 404)
      assert.equal((await lin.request('DELETE', `/api/session/passkeys/${id}`, { body: { password: password('lin') } })).status, 404)
      assert.equal((await zhou.request('DELETE', `/api/session/passkeys/${id}`, { body: { password: 'guess' } })).status, 422)
      assert.equal((await zhou.request('DELETE', `/api/session/passkeys/${id}`, { body: {} })).status, 422)
      const other = server.stranger()
      other.take_session(await show(other, spare))
      await zhou.expect(204, 'DELETE', `/api/session/passkeys/${id}`, { body: { password: password('zhou') } })
      assert.equal((await other.get('/api/session')).status, 401, 'who came in with it is out')
      ;({ passkeys } = await zhou.expect(200, 'GET', '/api/session/passkeys'))
      assert.deepEqual(passkeys.map(({ name }) => name), ['Telephone'])
    })

    test('the same passkey is not kept twice, and no more than twenty', async () => {
      const again = await register(office.lin, Object.assign(new Authenticator(origin), { id: phone.id }), { password: password('lin') })
      assert.equal(again.status, 422)
      assert.equal(again.body.errors[0].rule, 'passkey_known')
      const qian = await server.sign_in(office.accounts.qian)
      for (let i = 0; i < 20; ++i) assert.equal((await register(qian, new Authenticator(origin), { name: `${i}`, password: password('qian') })).status, 201)
      assert.equal((await register(qian, new Authenticator(origin), { password: password('qian') })).body.errors[0].rule, 'passkeys_too_many')
    })

    test('what is not right is not kept', async () => {
      const lin = office.lin
      const attempts = [
        ['challenge', { client_data: { challenge: text_of(Buffer.alloc(32)) } }], ['origin', { client_data: { origin: 'https://crm.huaxin.example.evil.example' } }],
        ['origin', { client_data: { origin: 'http://crm.huaxin.example' } }], ['type', { client_data: { type: 'webauthn.get' } }],
        ['framed', { client_data: { crossOrigin: true } }], ['domain', { domain: 'evil.example' }], ['user_verification', { flags: 0x41 }],
        ['user_presence', { flags: 0x44 }], ['attestation', { statement: 'packed', signature: Buffer.alloc(70) }], ['attestation', { statement: 'android-key' }],
        ['attestation', { attestation: Buffer.from('not cbor at all') }], ['attestation', { attestation: Buffer.from([0xbf, 0xff]) }], ['attestation', { attestation: Buffer.from([0xbb, 255, 255, 255, 255, 255, 255, 255, 255]) }],
        // Five bytes that make a careless reader take gigabytes: instead of the whole, and instead of the key.
        ['attestation', { attestation: Buffer.from([0xba, 0x7f, 255, 255, 255]) }], ['authenticator_data', { key: Buffer.from([0xba, 0x7f, 255, 255, 255]) }],
      ]
      for (const [why, twist] of attempts) {
        await assert_refused(await register(lin, new Authenticator(origin), { password: password('lin'), twist }), why, 422)
        await forgive()
      }
      for (const body of [{}, { name: 'x' }, { name: 'x', ticket: 'x', credential: 'x' }, { name: 'x', ticket: 'x', credential: { client_data: '!', attestation: '' } }, { name: 'x', ticket: 'x', credential: { client_data: '', attestation: '' } }])
        assert.equal((await lin.post('/api/session/passkeys', body)).status, 422, JSON.stringify(body))
      await forgive()
      // The ticket of one session is worth nothing in another.
      const { ticket, options } = await zhou.expect(200, 'POST', '/api/session/passkeys/begin', { body: { password: password('zhou') } })
      await assert_refused(await lin.post('/api/session/passkeys', { name: 'x', ticket, credential: new Authenticator(origin).make(options) }), 'challenge', 422)
      assert.deepEqual((await lin.expect(200, 'GET', '/api/session/passkeys')).passkeys, [])
      await forgive()
    })

    // ── attacks on signing in ──

    test('an answer that was seen is worth nothing the second time', async () => {
      const stranger = server.stranger()
      const { ticket, options } = await stranger.expect(200, 'POST', '/api/session/passkey/begin', { body: {} })
      const body = { ticket, credential: phone.show(options) }
      assert.equal((await stranger.post('/api/session/passkey', body)).status, 200)
      const known = await assert_refused(await server.stranger().post('/api/session/passkey', body), 'replayed')
      assert.equal(known[0].login, 'zhou')
      // Two at the same time: one.
      const next = await stranger.expect(200, 'POST', '/api/session/passkey/begin', { body: {} })
      const twice = { ticket: next.ticket, credential: phone.show(next.options) }
      const both = await Promise.all([1, 2, 3, 4].map(() => server.stranger().post('/api/session/passkey', twice)))
      assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401, 401, 401])
      await forgive()
    })

    test('a challenge of somebody else\'s making, of another purpose or of yesterday is not taken', async () => {
      const stranger = server.stranger()
      const { options } = await stranger.expect(200, 'POST', '/api/session/passkey/begin', { body: {} })
      for (const ticket of ['', 'x', text_of(Buffer.alloc(120)), 'x'.repeat(2000)]) {
        const answer = await stranger.post('/api/session/passkey', { ticket, credential: phone.show(options) })
        await assert_refused(answer, 'challenge')
        await forgive()
      }
      const making = await zhou.expect(200, 'POST', '/api/session/passkeys/begin', { body: { password: password('zhou') } })
      await assert_refused(await stranger.post('/api/session/passkey', { ticket: making.ticket, credential: phone.show(making.options) }), 'challenge')
      // An own challenge with the ticket of another.
      const [one, two] = await Promise.all([1, 2].map(() => stranger.expect(200, 'POST', '/api/session/passkey/begin', { body: {} })))
      await assert_refused(await stranger.post('/api/session/passkey', { ticket: one.ticket, credential: phone.show(two.options) }), 'challenge')
      await forgive()
    })

    test('another site, another domain, a page inside another: refused', async () => {
      for (const [why, twist] of [
        ['origin', { client_data: { origin: 'https://crm.huaxin.example:8443' } }], ['origin', { client_data: { origin: 'https://evil.example' } }], ['origin', { client_data: { origin: null } }],
        ['domain', { domain: 'huaxin.example' }], ['framed', { client_data: { crossOrigin: true } }], ['framed', { client_data: { topOrigin: 'https://evil.example' } }], ['type', { client_data: { type: 'webauthn.create' } }],
      ]) {
        await assert_refused(await show(server.stranger(), phone, twist), why)
        await forgive()
      }
    })

    test('without a verified person, or with a changed signature or message: refused', async () => {
      for (const [why, twist] of [
        ['user_verification', { flags: 0x01 }], ['user_presence', { flags: 0x04 }], ['signature', { bend: true }],
        ['client_data', { said: Buffer.from('{') }], ['client_data', { said: Buffer.from('[]') }], ['authenticator_data', { data: Buffer.alloc(10) }],
      ]) {
        await assert_refused(await show(server.stranger(), phone, twist), why)
        await forgive()
      }
      // What was signed by one says nothing about another.
      const stranger = server.stranger()
      const { ticket, options } = await stranger.expect(200, 'POST', '/api/session/passkey/begin', { body: {} })
      const credential = phone.show(options)
      const data = bytes_of(credential.authenticator_data)
      data.writeUInt32BE(4_000_000_000, 33)
      await assert_refused(await stranger.post('/api/session/passkey', { ticket, credential: { ...credential, authenticator_data: text_of(data) } }), 'signature')
      await forgive()
    })

    test('nobody comes in as somebody else with an own passkey', async () => {
      const lin = office.lin
      const own = new Authenticator(origin)
      assert.equal((await register(lin, own, { password: password('lin') })).status, 201)
      await assert_refused(await show(server.stranger(), own, { handle: phone.handle }), 'other_person')
      await assert_refused(await show(server.stranger(), own, { handle: null }), 'other_person')
      await assert_refused(await show(server.stranger(), own, { id: phone.id, handle: phone.handle }), 'signature')
      await forgive()
      office.lin_key = own
    })

    test('a counter that goes back is refused and told in the audit: there are two of this passkey', async () => {
      assert.equal((await show(server.stranger(), phone)).status, 200)
      const copy = phone.counter - 1
      const known = await assert_refused(await show(server.stranger(), phone, { counter: copy }), 'counter')
      assert.equal(known[0].login, 'zhou')
      await assert_refused(await show(server.stranger(), phone, { counter: phone.counter }), 'counter')
      await assert_refused(await show(server.stranger(), phone, { counter: 0 }), 'counter')
      await forgive()
      assert.equal((await show(server.stranger(), phone)).status, 200, 'the right one goes on')
      const quiet = new Authenticator(origin, { counts: false })
      const made = await register(zhou, quiet, { password: password('zhou') })
      for (let i = 0; i < 2; ++i) assert.equal((await show(server.stranger(), quiet)).status, 200, 'one that never counts')
      await zhou.expect(204, 'DELETE', `/api/session/passkeys/${made.body.id}`, { body: { password: password('zhou') } })
    })

    test('guessing is slowed down, and a disabled account stays out', async () => {
      let answer
      for (let i = 0; i < 8 && answer?.status !== 429; ++i) answer = await show(server.stranger(), new Authenticator(origin), { handle: 'MQ' })
      assert.equal(answer.status, 429)
      assert.ok(Number(answer.headers.get('retry-after')) > 0)
      await forgive()
      const lin = await user_of('lin')
      await boss.change('user', lin, { status: 'disabled' })
      const out = await show(server.stranger(), office.lin_key)
      assert.equal(out.status, 401)
      await boss.change('user', await user_of('lin'), { status: 'active' })
      await until('lin is back', async () => (await show(server.stranger(), office.lin_key)).status === 200, 3000)
      office.lin = await server.sign_in(office.accounts.lin)
    })

    // ── as the second factor, and demanded ──

    test('where a second factor is asked for, a passkey is one', async () => {
      await boss.change('user', await user_of('lin'), { strength: 'second_factor' })
      const lin = await first_step('lin')
      assert.equal(lin.answer.next, 'passkey')
      assert.equal(lin.answer.user, undefined)
      assert.equal((await lin.get('/api/meta')).status, 401)
      for (const [method, path, body] of [
        ['POST', '/api/session/second_factor', {}], ['POST', '/api/session/passkeys/begin', {}], ['POST', '/api/session/code', { code: '123456' }], ['GET', '/api/session/passkeys'],
        ['POST', '/api/session/password', { new: 'something else entirely' }],
      ]) {
        assert.equal((await lin.request(method, path, { body })).status, 401, `${method} ${path}`)
      }
      const step = '/api/session/passkey_step'
      // Only an own one, and only with a challenge of this session.
      const { options } = await lin.expect(200, 'POST', `${step}/begin`, { body: {} })
      assert.deepEqual(options.allowCredentials.map(({ id }) => id), [text_of(office.lin_key.id)])
      await assert_refused(await show(lin, phone, {}, step), 'other_person', 422)
      const open = await server.stranger().expect(200, 'POST', '/api/session/passkey/begin', { body: {} })
      await assert_refused(await lin.post(step, { ticket: open.ticket, credential: office.lin_key.show(open.options) }), 'challenge', 422)
      const other = await first_step('lin')
      const { ticket, options: theirs } = await other.expect(200, 'POST', `${step}/begin`, { body: {} })
      await assert_refused(await lin.post(step, { ticket, credential: office.lin_key.show(theirs) }), 'challenge', 422)
      await forgive()
      const before = lin.cookie
      const done = await show(lin, office.lin_key, {}, step)
      assert.equal(done.status, 200, done.text)
      assert.equal(done.body.user.login, 'lin')
      lin.take_session(done)
      assert.notEqual(lin.cookie, before)
      await lin.expect(200, 'GET', '/api/meta')
      assert.equal((await show(lin, office.lin_key, {}, '/api/session/passkey').catch((problem) => problem)).status, 200)
      assert.equal((await lin.post(`${step}/begin`, {})).status, 401, 'a finished session has no step left')
      office.lin = lin
    })

    test('beside an app either will do; the page is told', async () => {
      const lin = await first_step('lin')
      lin.take_session(await show(lin, office.lin_key, {}, '/api/session/passkey_step'))
      const { secret } = await lin.expect(200, 'POST', '/api/session/second_factor', { body: { password: password('lin') } })
      const confirmed = await lin.post('/api/session/second_factor/confirm', { code: app_code(secret) })
      assert.equal(confirmed.status, 200, confirmed.text)
      const one = await first_step('lin')
      assert.deepEqual([one.answer.next, one.answer.passkey], ['code', true])
      assert.equal((await show(one, office.lin_key, {}, '/api/session/passkey_step')).body.user.login, 'lin')
      const two = await first_step('lin')
      assert.equal((await two.post('/api/session/code', { code: app_code(secret, 1) })).body.user.login, 'lin')
      office.lin_secret = secret
    })

    test('who must use a passkey makes one while signing in; until then and with less the session is worth nothing (covers: PLAT-11)', async () => {
      const [role] = await boss.all('role', { filter: ['code', 'is', 'marketing'] })
      const weak = await server.sign_in(office.accounts.wu)
      await boss.change('role', await boss.read('role', role.id), { strength: 'passkey' })
      await until('the weak session ends', async () => (await weak.get('/api/meta')).status === 401, 1000)
      const wu = await first_step('wu')
      assert.equal(wu.answer.next, 'enrol_passkey')
      assert.equal((await wu.get('/api/meta')).status, 401)
      assert.equal((await wu.post('/api/session/second_factor', {})).status, 401, 'an app is not enough')
      assert.equal((await wu.post('/api/session/second_factor/confirm', { code: '123456' })).status, 401)
      office.wu_key = new Authenticator(origin)
      const done = await register(wu, office.wu_key)
      assert.equal(done.status, 200, done.text)
      assert.equal(done.body.user.login, 'wu')
      wu.take_session(done)
      await wu.expect(200, 'GET', '/api/meta')
      assert.equal((await first_step('wu')).answer.next, 'passkey')
      const own = await wu.expect(200, 'GET', '/api/session/passkeys')
      assert.equal(own.needed, true)
      const last = await wu.request('DELETE', `/api/session/passkeys/${own.passkeys[0].id}`, { body: { password: password('wu') } })
      assert.equal(last.status, 403)
      assert.equal(last.body.code, 'passkey_needed')
      office.wu = wu
    })

    test('who has an app shows its code before making the passkey that is asked for', async () => {
      await boss.change('user', await user_of('chen'), { strength: 'second_factor' })
      const chen = await first_step('chen')
      const { secret } = await chen.expect(200, 'POST', '/api/session/second_factor', { body: {} })
      chen.take_session(await chen.post('/api/session/second_factor/confirm', { code: app_code(secret) }))
      await boss.change('user', await user_of('chen'), { strength: 'passkey' })
      await until('the session of the app is too weak now', async () => (await chen.get('/api/meta')).status === 401, 1000)
      const again = await first_step('chen')
      assert.equal(again.answer.next, 'code')
      assert.equal((await again.post('/api/session/passkeys/begin', {})).status, 401)
      const coded = await again.post('/api/session/code', { code: app_code(secret, 1) })
      assert.deepEqual([coded.body.next, coded.body.user], ['enrol_passkey', undefined])
      again.take_session(coded)
      const key = new Authenticator(origin)
      assert.equal((await register(again, key)).body.user.login, 'chen')
      assert.equal((await show(server.stranger(), key)).body.user.login, 'chen')
    })

    test('a new password by link asks for the passkey all the same', async () => {
      const { path } = await boss.expect(201, 'POST', `/api/accounts/${(await user_of('wu')).id}/link`)
      office.accounts.wu.password = 'chosen with a link'
      await server.stranger().expect(204, 'POST', '/api/recovery/password', { body: { token: path.split('#')[1], password: password('wu') } })
      const wu = await first_step('wu')
      assert.deepEqual([wu.answer.next, wu.answer.user], ['passkey', undefined])
      assert.equal((await wu.get('/api/meta')).status, 401)
      assert.equal((await wu.post('/api/session/passkeys/begin', {})).status, 401, 'no other one is made with the password alone')
      wu.take_session(await show(wu, office.wu_key, {}, '/api/session/passkey_step'))
      await wu.expect(200, 'GET', '/api/meta')
      office.wu = wu
    })

    test('a lost passkey is removed by who may reset accounts, and by command; sessions end', async () => {
      const wu = (await user_of('wu')).id
      const path = `/api/accounts/${wu}/passkeys`
      const { passkeys } = await boss.expect(200, 'GET', path)
      assert.equal(passkeys.length, 1)
      assert.equal((await boss.expect(200, 'GET', '/api/accounts', { query: { q: 'wu' } })).accounts[0].passkeys, 1)
      for (const method of ['GET', 'DELETE']) assert.equal((await zhou.request(method, method === 'GET' ? path : `${path}/${passkeys[0].id}`)).status, 403)
      assert.equal((await boss.delete(`${path}/1234567`)).status, 404)
      const [zhous] = (await zhou.expect(200, 'GET', '/api/session/passkeys')).passkeys
      assert.equal((await boss.delete(`${path}/${zhous.id}`)).status, 404, 'that one is of another account')
      await boss.expect(204, 'DELETE', `${path}/${passkeys[0].id}`)
      assert.equal((await office.wu.get('/api/session')).status, 401)
      assert.equal((await first_step('wu')).answer.next, 'enrol_passkey')
      await assert_refused(await show(server.stranger(), office.wu_key), 'unknown')
      const entries = await boss.all('audit_entry', { fields: 'detail', filter: ['kind', 'is', 'password'] })
      for (const what of ['passkey_made', 'passkey_removed']) assert.ok(entries.some(({ detail }) => detail.includes(what)), what)
      installation.done(['user', 'passkeys-off', 'zhou'])
      await until('zhou is out', async () => (await zhou.get('/api/session')).status === 401, 3000)
      await forgive()
      zhou = office.zhou = await server.sign_in(office.accounts.zhou)
      assert.deepEqual((await zhou.expect(200, 'GET', '/api/session/passkeys')).passkeys, [])
    })

    test('passkeys are demanded of everybody only where there is an address for them', async () => {
      const refused = await boss.patch(`/api/records/security_policy/${policy.id}`, { strength: 'passkey', site_address: 'http://crm.huaxin.example' }, { 'if-match': String((await boss.read('security_policy', policy.id)).version) })
      assert.equal(refused.status, 422)
      assert.equal(refused.body.errors[0].rule, 'passkeys_need_address')
      assert.equal(refused.body.errors[0].field, 'site_address')
    })

    test('by plain http under a bare number the server says that there are none', async () => {
      await set_policy({ site_address: null })
      await until('the policy is known', async () => (await server.stranger().get('/api/public/sign_in')).body.passkeys.site === null, 3000)
      const answer = await server.stranger().post('/api/session/passkey/begin', {})
      assert.equal(answer.status, 403)
      assert.equal(answer.body.code, 'passkeys_not_here')
      assert.match(answer.body.detail, /https/)
      await set_policy({ site_address: origin })
    })
  })
}
