// Other applications of the company sign people in here: with openid-client, as applications do, and with requests that
// no application would make.
import assert from 'node:assert/strict'
import { createHmac, createPublicKey, randomBytes, createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import * as oidc from '../../web/node_modules/openid-client/build/index.js'
import { databases, until } from '../support/server.mjs'
import { Walker } from '../support/oidc.mjs'
import { open_office } from '../support/office.mjs'

const back = 'https://expenses.example.com/back?from=crm'
const here = 'https://expenses.example.com/here' // the library sends the address without what is asked of it
const coded = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const s256 = (verifier) => createHash('sha256').update(verifier).digest('base64url')

for (const kind of databases) {
  describe(`applications on ${kind}`, () => {
    let office, boss, zhou, server, roles, expenses, wiki, secret, wiki_secret, config
    before(async () => {
      office = await open_office(kind, { roles: { wu: 'marketing' } })
      ;({ boss, zhou, server } = office)
      const [policy] = await boss.all('security_policy')
      assert.equal((await server.stranger().get('/.well-known/openid-configuration')).status, 404, 'no issuer without an address')
      await boss.change('security_policy', policy, { site_address: server.origin })
      roles = Object.fromEntries((await boss.all('role')).map((role) => [role.code, role]))
      expenses = await boss.create('sso_application', { name: '报销', name_en: 'Expenses', client_id: 'expenses', address: 'https://expenses.example.com', redirects: `${back}\n${here}\nhttp://127.0.0.1:9/other`, after_sign_out: 'https://expenses.example.com/bye', roles: [roles.salesperson.id], tells_roles: true })
      wiki = await boss.create('sso_application', { name: '知识库', client_id: 'wiki', address: 'https://wiki.example.com', redirects: 'https://wiki.example.com/back', roles: [roles.salesperson.id, roles.marketing.id], tells_email: false })
      secret = (await boss.expect(201, 'POST', `/api/sso_applications/${expenses.id}/secret`)).secret
      wiki_secret = (await boss.expect(201, 'POST', `/api/sso_applications/${wiki.id}/secret`)).secret
      const employee = await boss.read('employee', zhou.user.employee.id)
      await boss.change('employee', employee, { email: 'zhou@example.com' })
      config = await oidc.discovery(new URL(server.origin), 'expenses', secret, undefined, { execute: [oidc.allowInsecureRequests] })
    })
    after(async () => {
      assert.deepEqual(server.defects(), [])
      await server.stop()
    })

    const walker_of = (client) => {
      const walker = new Walker()
      if (client) walker.jar(server.origin).set('gx_session', client.cookie.split('=')[1])
      return walker
    }
    // What the browser of somebody brings back to the application, with what the application remembers.
    async function asked(client, { more = {}, scope = 'openid profile email groups', redirect = back, of = config } = {}) {
      const kept = { pkceCodeVerifier: oidc.randomPKCECodeVerifier(), expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() }
      const url = oidc.buildAuthorizationUrl(of, {
        redirect_uri: redirect, scope, state: kept.expectedState, nonce: kept.expectedNonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(kept.pkceCodeVerifier), code_challenge_method: 'S256',
      })
      for (const [name, value] of Object.entries(more)) value === null ? url.searchParams.delete(name) : url.searchParams.set(name, value)
      const answer = await walker_of(client).step(url.href)
      return { answer, kept, url, location: answer.location && new URL(answer.location) }
    }
    async function tokens(client, options) {
      const { location, kept } = await asked(client, { redirect: here, ...options })
      return { given: await oidc.authorizationCodeGrant(config, location, kept), location, kept }
    }
    const exchange = (fields, { id = 'expenses', by = secret, header } = {}) =>
      server.stranger().post('/oauth/token', new URLSearchParams({ grant_type: 'authorization_code', ...fields }).toString(), {
        'content-type': 'application/x-www-form-urlencoded', ...(id && { authorization: header ?? `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(by)}`).toString('base64')}` }),
      })
    const audit = (condition) =>
      until('the audit tells', async () =>
        (await boss.list('audit_entry', { filter: ['object', 'is', 'sso_application'], fields: 'detail,subject,login,outcome', sort: 'at:desc', limit: 100 })).records.find((entry) => condition({ ...entry, detail: JSON.parse(entry.detail) })))
    const user_id = async (login) => (await boss.all('user', { filter: ['login', 'is', login] }))[0]

    test('an application signs somebody in, learns what it may, and no more (covers: PLAT-10)', async () => {
      const { given } = await tokens(zhou)
      const claims = given.claims()
      assert.equal(claims.sub, (await user_id('zhou')).id)
      assert.equal(claims.name, '周凯')
      assert.equal(claims.preferred_username, 'zhou')
      assert.equal(claims.email, 'zhou@example.com')
      assert.equal(claims.email_verified, false)
      assert.deepEqual(claims.groups, ['salesperson'])
      const information = await oidc.fetchUserInfo(config, given.access_token, claims.sub)
      assert.equal(information.name, '周凯')
      const little = (await tokens(zhou, { scope: 'openid' })).given.claims()
      for (const name of ['name', 'email', 'groups', 'preferred_username']) assert.equal(name in little, false, name)
      const other = await oidc.discovery(new URL(server.origin), 'wiki', wiki_secret, undefined, { execute: [oidc.allowInsecureRequests] })
      const { location, kept } = await asked(zhou, { of: other, redirect: 'https://wiki.example.com/back' })
      const of_wiki = (await oidc.authorizationCodeGrant(other, location, kept)).claims()
      assert.equal('email' in of_wiki || 'groups' in of_wiki, false)
      assert.ok(await audit(({ outcome, login, subject }) => outcome.code === 'done' && login === 'zhou' && subject === '报销'))
    })

    test('an account without the right is refused and told; the page of applications shows what one may open (covers: PLAT-10)', async () => {
      const { location } = await asked(office.wu)
      assert.equal(location.origin + location.pathname, 'https://expenses.example.com/back')
      assert.equal(location.searchParams.get('error'), 'access_denied')
      assert.equal(location.searchParams.get('code'), null)
      assert.ok(await audit(({ outcome, login, detail }) => outcome.code === 'refused' && login === 'wu' && detail.why === 'no_role'))
      const names = async (client) => (await client.expect(200, 'GET', '/api/portal')).applications.map(({ name }) => name.zh)
      assert.deepEqual(await names(zhou), ['报销', '知识库'])
      assert.deepEqual(await names(office.wu), ['知识库'])
      assert.deepEqual(await names(boss), [])
      for (const [method, path] of [['GET', '/api/sso_applications'], ['POST', `/api/sso_applications/${expenses.id}/secret`], ['GET', '/api/records/sso_application']])
        assert.ok([403, 404].includes((await zhou.request(method, path, method === 'GET' ? {} : { body: {} })).status), path)
    })

    test('who is not signed in does that first, and the request goes on afterwards', async () => {
      const { location, url } = await asked(undefined)
      assert.equal(location.pathname, '/sign-in')
      const next = new URL(location.searchParams.get('next'), server.origin)
      assert.equal(next.pathname, '/oauth/authorize')
      for (const [name, value] of url.searchParams) assert.equal(next.searchParams.get(name), value, name)
      assert.equal((await asked(undefined, { more: { prompt: 'none' } })).location.searchParams.get('error'), 'login_required')
      assert.ok((await asked(zhou, { more: { prompt: 'none' } })).location.searchParams.get('code'))
      const again = (await asked(zhou, { more: { prompt: 'login' } })).location
      assert.equal(again.pathname, '/sign-in')
      assert.equal(new URL(again.searchParams.get('next'), server.origin).searchParams.get('prompt'), null)
      assert.equal((await asked(zhou, { more: { max_age: '0' } })).location.pathname, '/sign-in')
      assert.ok((await asked(zhou, { more: { max_age: '3600' } })).location.searchParams.get('code'))
    })

    test('a code is never sent to an address that is not registered letter by letter', async () => {
      for (const redirect of ['https://expenses.example.com/back', 'https://expenses.example.com/back?from=crm&x=1', 'https://expenses.example.com/back?from=crm#', 'https://EXPENSES.example.com/back?from=crm', 'https://expenses.example.com/back/?from=crm', 'https://evil.example/back?from=crm', 'https://wiki.example.com/back', 'http://127.0.0.1:9/', 'javascript:alert(1)', '']) {
        const { location } = await asked(zhou, { redirect })
        assert.equal(location.href, `${server.origin}/applications?problem=redirect`, redirect)
      }
      for (const client_id of ['nobody', '', 'Expenses']) assert.equal((await asked(zhou, { more: { client_id } })).location.href, `${server.origin}/applications?problem=application`, client_id)
      const twice = await asked(zhou)
      const both = await walker_of(zhou).step(`${twice.url.href}&redirect_uri=${encodeURIComponent('https://evil.example/')}`)
      assert.equal(both.location, `${server.origin}/applications?problem=redirect`)
      assert.ok(await audit(({ detail }) => detail.why === 'redirect_unknown'))
    })

    test('requests without PKCE, or for another flow, get an error and no code', async () => {
      const wrong = [
        [{ code_challenge: null }, 'invalid_request'], [{ code_challenge_method: 'plain' }, 'invalid_request'], [{ code_challenge_method: null }, 'invalid_request'], [{ code_challenge: 'short' }, 'invalid_request'],
        [{ response_type: 'token' }, 'unsupported_response_type'], [{ response_type: 'code id_token' }, 'unsupported_response_type'], [{ response_type: null }, 'unsupported_response_type'],
        [{ response_mode: 'fragment' }, 'invalid_request'], [{ scope: 'profile' }, 'invalid_scope'], [{ scope: null }, 'invalid_scope'], [{ request: 'eyJ' }, 'request_not_supported'], [{ request_uri: 'https://x.example' }, 'request_uri_not_supported'],
      ]
      for (const [more, error] of wrong) {
        const { location } = await asked(zhou, { more })
        assert.equal(location.searchParams.get('error'), error, JSON.stringify(more))
        assert.equal(location.searchParams.get('code'), null)
        assert.equal(location.searchParams.get('iss'), server.origin)
        assert.equal(location.host, 'expenses.example.com')
      }
    })

    test('a code counts once, for its application, its address and its verifier; and is spent by being shown', async () => {
      const fresh = async () => {
        const { location, kept } = await asked(zhou)
        return { code: location.searchParams.get('code'), redirect_uri: back, code_verifier: kept.pkceCodeVerifier }
      }
      const good = await fresh()
      const first = await exchange(good)
      assert.equal(first.status, 200)
      assert.match(first.headers.get('cache-control'), /no-store/)
      const information = () => server.stranger().get('/oauth/userinfo', {}, { authorization: `Bearer ${first.body.access_token}` })
      assert.equal((await information()).status, 200)
      const refused = async (answer, error = 'invalid_grant', status = 400) => {
        assert.equal(answer.status, status, answer.text)
        assert.deepEqual(answer.body, { error })
      }
      await refused(await exchange(good))
      // Somebody has it a second time: what it gave is void too.
      assert.equal((await information()).status, 401)
      for (const change of [{ redirect_uri: 'http://127.0.0.1:9/other' }, { redirect_uri: undefined }, { code_verifier: 'x'.repeat(43) }, { code_verifier: undefined }, { code_verifier: '' }]) {
        const right = await fresh()
        const fields = Object.fromEntries(Object.entries({ ...right, ...change }).filter(([, value]) => value !== undefined))
        await refused(await exchange(fields))
        await refused(await exchange(right))
      }
      const stolen = await fresh()
      await refused(await exchange(stolen, { id: 'wiki', by: wiki_secret }))
      const late = await fresh()
      office.installation.sql(`update sso_code set expires_at = expires_at - 61000 where used_at is null`)
      await refused(await exchange(late))
      for (const code of ['', 'nothing', 'x'.repeat(5000)]) await refused(await exchange({ ...good, code }))
      await refused(await exchange({ ...good, grant_type: 'password', username: 'zhou', password: office.accounts.zhou.password }), 'unsupported_grant_type')
      for (const why of ['code_used', 'code_verifier', 'code_other_application', 'code_redirect', 'code_expired']) assert.ok(await audit(({ outcome, detail }) => outcome.code === 'refused' && detail.why === why), why)
    })

    test('an application proves itself by its secret, in either place; one that has none must not send one', async () => {
      const fresh = async () => {
        const { location, kept } = await asked(zhou)
        return { code: location.searchParams.get('code'), redirect_uri: back, code_verifier: kept.pkceCodeVerifier }
      }
      for (const wrong of [{ by: 'wrong' }, { by: '' }, { id: 'nobody' }, { by: wiki_secret }, { header: 'Basic !!!' }, { header: `Basic ${Buffer.from('no colon').toString('base64')}` }, { header: 'Bearer x' }, { id: null }]) {
        const answer = await exchange(await fresh(), wrong)
        assert.equal(answer.status, 401, JSON.stringify(wrong))
        assert.equal(answer.body.error, 'invalid_client')
      }
      assert.equal((await exchange({ ...(await fresh()), client_id: 'expenses', client_secret: secret }, { id: null })).status, 200)
      assert.ok(await audit(({ outcome, detail }) => outcome.code === 'refused' && detail.why === 'client'))
      const app = await boss.create('sso_application', { name: '手机', client_id: 'phone', open_client: true, redirects: 'com.example.phone:/back', roles: [roles.salesperson.id] })
      assert.equal((await boss.post(`/api/sso_applications/${app.id}/secret`)).status, 409)
      const open = await oidc.discovery(new URL(server.origin), 'phone', undefined, oidc.None(), { execute: [oidc.allowInsecureRequests] })
      const { location, kept } = await asked(zhou, { of: open, redirect: 'com.example.phone:/back' })
      assert.equal((await oidc.authorizationCodeGrant(open, location, kept)).claims().aud, 'phone')
      // A new secret voids the one before.
      const before = secret
      secret = (await boss.expect(201, 'POST', `/api/sso_applications/${expenses.id}/secret`)).secret
      assert.equal((await exchange(await fresh(), { by: before })).status, 401)
      assert.equal((await exchange(await fresh())).status, 200)
      config = await oidc.discovery(new URL(server.origin), 'expenses', secret, undefined, { execute: [oidc.allowInsecureRequests] })
      assert.equal(office.installation.sql('select digest from application_secret').flat().includes(secret), false)
    })

    test('what was given ends with the session, the role, the account and the application, at once', async () => {
      const held = async (client) => {
        const { given } = await tokens(client)
        return async () => (await server.stranger().get('/oauth/userinfo', {}, { authorization: `Bearer ${given.access_token}` })).status
      }
      const lin = () => server.sign_in(office.accounts.lin)
      const account = await user_id('lin')
      const set = async (object, id, fields) => boss.change(object, await boss.read(object, id), fields)
      let client = await lin()
      let ask = await held(client)
      assert.equal(await ask(), 200)
      await client.request('DELETE', '/api/session')
      assert.equal(await ask(), 401, 'signed out')
      client = await lin()
      ask = await held(client)
      await set('user', account.id, { roles: [roles.marketing.id] })
      assert.equal(await ask(), 401, 'without the role')
      await set('user', account.id, { roles: [roles.salesperson.id] })
      await set('sso_application', expenses.id, { active: false })
      assert.equal(await ask(), 401, 'application not in use')
      assert.equal((await asked(client)).location.href, `${server.origin}/applications?problem=application`)
      await set('sso_application', expenses.id, { active: true })
      const { location, kept } = await asked(client)
      await set('user', account.id, { status: 'disabled' })
      assert.equal(await ask(), 401, 'disabled')
      assert.equal((await exchange({ code: location.searchParams.get('code'), redirect_uri: back, code_verifier: kept.pkceCodeVerifier })).status, 400)
      await set('user', account.id, { status: 'active' })
      for (const header of ['', 'Bearer ', 'Bearer x', `Bearer ${'x'.repeat(5000)}`, 'Basic eA==']) assert.equal((await server.stranger().get('/oauth/userinfo', {}, { authorization: header })).status, 401, header)
    })

    test('keys are published without their secret part, kept sealed, and replaced when they are old', async () => {
      const { keys } = await server.stranger().expect(200, 'GET', '/oauth/keys')
      assert.equal(keys.length, 1)
      assert.deepEqual(Object.keys(keys[0]).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
      assert.ok(Buffer.from(keys[0].n, 'base64url').length >= 256)
      assert.doesNotThrow(() => createPublicKey({ key: keys[0], format: 'jwk' }))
      assert.equal(JSON.stringify(office.installation.sql('select secret from token_key')).includes('"d"'), false)
      const { given } = await tokens(zhou)
      office.installation.sql(`update token_key set made_at = made_at - ${91 * 86_400_000}`)
      const later = await tokens(zhou)
      const kid = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid
      assert.notEqual(kid(later.given.id_token), kid(given.id_token))
      const both = (await server.stranger().expect(200, 'GET', '/oauth/keys')).keys.map((key) => key.kid)
      assert.deepEqual(both.sort(), [kid(given.id_token), kid(later.given.id_token)].sort())
    })

    test('an application signs out here too, with a token of ours and to an address that is known', async () => {
      const client = await server.sign_in(office.accounts.zhou)
      const { given } = await tokens(client)
      const walker = walker_of(client)
      const session = async () => (await walker.step(`${server.origin}/api/session`)).status
      const url = (id_token_hint, more = {}) => `${server.origin}/oauth/sign_out?${new URLSearchParams({ ...(id_token_hint && { id_token_hint }), post_logout_redirect_uri: 'https://expenses.example.com/bye', state: 's1', ...more })}`
      const { keys } = await server.stranger().expect(200, 'GET', '/oauth/keys')
      const payload = given.id_token.split('.')[1]
      const hs = `${coded({ alg: 'HS256', kid: keys[0].kid })}.${payload}`
      const other = (await tokens(office.lin.cookie ? await server.sign_in(office.accounts.lin) : zhou)).given.id_token
      for (const hint of [undefined, 'x', `${coded({ alg: 'none' })}.${payload}.`, `${hs}.${createHmac('sha256', createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' })).update(hs).digest('base64url')}`, other]) {
        assert.equal((await walker.step(url(hint))).location, `${server.origin}/applications?problem=sign_out`)
        assert.equal(await session(), 200)
      }
      assert.equal((await walker_of(await server.sign_in(office.accounts.zhou)).step(url(given.id_token, { post_logout_redirect_uri: 'https://evil.example/' }))).location, `${server.origin}/signed-out`)
      assert.equal((await walker.step(url(given.id_token))).location, 'https://expenses.example.com/bye?state=s1')
      assert.equal(await session(), 401)
    })

    test('bodies that are no forms are refused without a defect', async () => {
      for (const body of ['', '&&&', '=', '%', '%zz=1', 'grant_type', randomBytes(2000).toString('latin1'), 'a=1&'.repeat(3000), '{"grant_type":"authorization_code"}']) {
        const answer = await server.stranger().post('/oauth/token', body, { 'content-type': 'application/x-www-form-urlencoded' })
        assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${body.slice(0, 20)}`)
      }
      for (const query of ['', '?client_id=expenses', '?client_id=%00', `?client_id=${'x'.repeat(3000)}`, '?redirect_uri[]=1'])
        assert.ok((await walker_of(zhou).step(`${server.origin}/oauth/authorize${query}`)).status < 500, query)
      assert.equal(s256('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
    })
  })
}
