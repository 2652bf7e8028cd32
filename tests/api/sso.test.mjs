// Signing in with a provider (OpenID Connect): with a real one, and with one that lies.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases, until } from '../support/server.mjs'
import { Walker, open_forger, open_provider } from '../support/oidc.mjs'
import { open_office } from '../support/office.mjs'

for (const kind of databases) {
  describe(`single sign-on on ${kind}`, () => {
    let office, boss, zhou, server, peer, forger, corp, forged, roles
    before(async () => {
      office = await open_office(kind, { roles: { chen: 'salesperson', gone: 'salesperson' } })
      ;({ boss, zhou, server } = office)
      await set_policy({ site_address: server.origin })
      peer = await open_provider({
        redirects: [`${server.origin}/api/sso/corp/callback`],
        signed_out: `${server.origin}/signed-out`,
        people: {
          'p-zhou': { name: '周凯', email: 'zhou@example.com', email_verified: true, preferred_username: 'zhou' },
          'p-lin': { name: '林悦', email: 'Lin@Example.com', email_verified: true },
          'p-chen': { name: '陈', email: 'chen@example.com', email_verified: false },
          'p-new': { name: '新人', email: 'new@example.com', email_verified: true, preferred_username: 'New.Comer', groups: ['sales', 'all'] },
          'p-boss': { name: 'Not the boss', email: 'x@example.com', email_verified: true, preferred_username: 'boss' },
        },
      })
      forger = await open_forger()
      roles = Object.fromEntries((await boss.all('role')).map((role) => [role.code, role]))
      corp = await boss.create('sign_in_provider', { name: '公司登录', name_en: 'Corp', code: 'corp', issuer: peer.issuer, client_id: peer.client_id, inside: true })
      forged = await boss.create('sign_in_provider', { name: '伪造', code: 'forged', issuer: forger.issuer, client_id: 'guanxi', inside: true })
      await boss.expect(204, 'PUT', `/api/providers/${corp.id}/secret`, { body: { secret: peer.secret } })
    })
    after(async () => {
      assert.deepEqual(server.defects(), [])
      await server.stop()
      peer.close()
      forger.close()
    })

    async function set_policy(fields) {
      const [policy] = await boss.all('security_policy')
      await boss.change('security_policy', policy, fields)
    }
    async function set_provider(record, fields) {
      await boss.change('sign_in_provider', await boss.read('sign_in_provider', record.id), fields)
    }
    const account = async (login) => (await boss.all('user', { filter: ['login', 'is', login] }))[0]
    // Somebody goes to the provider with a fresh browser; ends where the browser was left.
    async function go(person, { provider = 'corp', next, walker = new Walker() } = {}) {
      peer.person = person
      const end = await walker.walk(`${server.origin}/api/sso/${provider}${next === undefined ? '' : `?next=${encodeURIComponent(next)}`}`, (location) => location.startsWith(server.origin) && !location.includes('/api/'))
      return { ...end, walker }
    }
    async function who(walker) {
      const answer = await walker.step(`${server.origin}/api/session`)
      return answer.status === 200 ? JSON.parse(answer.text) : undefined
    }
    const told = (why, provider = 'corp') =>
      until(`the audit tells of ${why}`, async () => {
        const entries = (await boss.list('audit_entry', { filter: { and: [['kind', 'is', 'sign_in'], ['outcome', 'is', 'refused']] }, fields: 'detail,subject,address', sort: 'at:desc', limit: 60 })).records
        return entries.find(({ detail, subject }) => subject === provider && JSON.parse(detail).why === why)
      })
    const refused = (answer, problem) => {
      assert.equal(answer.location, `${server.origin}/sign-in?problem=${problem}`)
      assert.equal(answer.headers.getSetCookie().some((line) => line.startsWith('gx_session=') && !line.startsWith('gx_session=;')), false)
    }
    async function give_email(login, email) {
      const { employee } = await account(login)
      await boss.change('employee', await boss.read('employee', employee.id), { email })
    }
    async function link(client, person) {
      const walker = new Walker()
      const [name, value] = client.cookie.split('=')
      walker.jar(server.origin).set(name, value)
      const login = client.user.login
      const begun = await client.post('/api/profile/links/corp', { password: office.accounts[login].password })
      if (begun.status !== 200) return begun
      for (const line of begun.headers.getSetCookie()) walker.jar(server.origin).set(...line.split(';')[0].split(/=(.*)/s).slice(0, 2))
      peer.person = person
      return walker.walk(begun.body.location, (location) => location.startsWith(server.origin) && !location.includes('/api/'))
    }

    // ── setting up ──

    test('administrators set providers up; others do not see them, and the secret comes out nowhere (covers: PLAT-10)', async () => {
      const state = await boss.expect(200, 'GET', '/api/providers')
      assert.equal(state.site, server.origin)
      assert.deepEqual(state.providers.map(({ code, secret, redirect }) => ({ code, secret, redirect })), [
        { code: 'corp', secret: true, redirect: `${server.origin}/api/sso/corp/callback` },
        { code: 'forged', secret: false, redirect: `${server.origin}/api/sso/forged/callback` },
      ])
      for (const [method, path] of [['GET', '/api/providers'], ['PUT', `/api/providers/${corp.id}/secret`], ['POST', `/api/providers/${corp.id}/check`], ['GET', '/api/records/sign_in_provider'], ['GET', `/api/records/sign_in_provider/${corp.id}`], ['GET', '/api/records/provider_group']]) {
        const answer = await zhou.request(method, path, method === 'GET' ? {} : { body: { secret: 'x' } })
        assert.ok([403, 404].includes(answer.status), `${method} ${path}: ${answer.status}`)
      }
      for (const path of [`/api/records/sign_in_provider/${corp.id}`, `/api/records/sign_in_provider/${corp.id}/history`, '/api/providers', '/api/exports/sign_in_provider'])
        assert.equal((await boss.get(path)).text.includes('secret of the company'), false, path)
      assert.equal(JSON.stringify(office.installation.sql('select secret from provider_secret')).includes('company'), false)
      assert.deepEqual(await boss.expect(200, 'POST', `/api/providers/${corp.id}/check`), { issuer: peer.issuer, sign_out: true, userinfo: true })
      assert.equal((await boss.request('PUT', '/api/providers/1000000000000001/secret', { body: { secret: 'x' } })).status, 404)
      assert.equal((await boss.request('PUT', `/api/providers/${corp.id}/secret`, { body: {} })).status, 422)
    })

    test('the sign-in page offers the providers in use, once the system has an address', async () => {
      const ways = () => server.stranger().expect(200, 'GET', '/api/public/sign_in')
      assert.deepEqual((await ways()).providers, [{ code: 'corp', name: { zh: '公司登录', en: 'Corp' } }, { code: 'forged', name: { zh: '伪造', en: '伪造' } }])
      await set_provider(forged, { active: false })
      assert.deepEqual((await ways()).providers.map(({ code }) => code), ['corp'])
      assert.equal((await go('p-zhou', { provider: 'forged' })).location, `${server.origin}/sign-in?problem=sso_failed`)
      await set_provider(forged, { active: true })
      await set_policy({ site_address: null })
      assert.deepEqual((await ways()).providers, [])
      assert.equal((await server.stranger().get('/api/sso/corp')).status, 409)
      await set_policy({ site_address: server.origin })
    })

    // ── who it is ──

    test('nobody comes in whom the system does not know', async () => {
      refused(await go('p-zhou'), 'sso_no_account')
      assert.ok(await told('sso_no_account'))
    })

    test('who linked the provider comes in by it; the link needs the password and one person has one account (covers: PLAT-10)', async () => {
      assert.equal((await zhou.post('/api/profile/links/corp', { password: 'wrong' })).body.errors[0].field, 'password')
      assert.equal((await link(zhou, 'p-zhou')).location, `${server.origin}/me?linked=corp`)
      const state = await zhou.expect(200, 'GET', '/api/profile/links')
      assert.equal(state.links[0].linked, true)
      assert.equal(state.links[0].as, 'zhou@example.com')
      const { walker, location } = await go('p-zhou', { next: '/o/customer?view=mine' })
      assert.equal(location, `${server.origin}/o/customer?view=mine`)
      assert.equal((await who(walker)).user.login, 'zhou')
      // The same person of the provider for another account, and another one for the same account.
      const lin = await server.sign_in(office.accounts.lin)
      assert.equal((await link(lin, 'p-zhou')).location, `${server.origin}/me?problem=sso_linked_elsewhere`)
      assert.equal((await zhou.post('/api/profile/links/corp', { password: office.accounts.zhou.password })).status, 409)
      assert.equal((await zhou.request('DELETE', '/api/profile/links/corp', { body: { password: 'wrong' } })).status, 422)
      assert.equal((await zhou.request('DELETE', '/api/profile/links/corp', { body: { password: office.accounts.zhou.password } })).status, 204)
      refused(await go('p-zhou'), 'sso_no_account')
      assert.equal((await link(zhou, 'p-zhou')).location, `${server.origin}/me?linked=corp`)
      const linked = (await boss.list('audit_entry', { filter: ['kind', 'is', 'password'], fields: 'detail,login', sort: 'at:desc' })).records
      assert.ok(linked.some(({ detail, login }) => login === 'zhou' && JSON.parse(detail).what === 'provider_linked'))
      assert.ok(linked.some(({ detail, login }) => login === 'zhou' && JSON.parse(detail).what === 'provider_unlinked'))
    })

    test('a link that one session began counts in no other', async () => {
      const lin = await server.sign_in(office.accounts.lin)
      const begun = await zhou.post('/api/profile/links/forged', { password: office.accounts.zhou.password })
      const walker = new Walker()
      walker.jar(server.origin).set('gx_session', lin.cookie.split('=')[1])
      for (const line of begun.headers.getSetCookie()) walker.jar(server.origin).set(...line.split(';')[0].split(/=(.*)/s).slice(0, 2))
      assert.equal((await walker.step(forger.back(begun.body.location))).location, `${server.origin}/me?problem=sso_state`)
      assert.equal((await lin.expect(200, 'GET', '/api/profile/links')).links.some(({ linked }) => linked), false)
    })

    test('a verified e-mail address stands for its employee only where the provider is trusted with that', async () => {
      await give_email('lin', 'lin@example.com')
      await give_email('chen', 'chen@example.com')
      refused(await go('p-lin'), 'sso_no_account')
      await set_provider(corp, { match_email: true })
      assert.equal((await who((await go('p-lin')).walker)).user.login, 'lin')
      // Not verified: anybody could claim it.
      refused(await go('p-chen'), 'sso_no_account')
      // By now the person is known by the provider's own number.
      await give_email('lin', 'other@example.com')
      assert.equal((await who((await go('p-lin')).walker)).user.login, 'lin')
      // Two people with one address: nobody can tell.
      peer.people['p-two'] = { name: '二', email: 'two@example.com', email_verified: true }
      await give_email('chen', 'two@example.com')
      await give_email('gone', 'two@example.com')
      refused(await go('p-two'), 'sso_no_account')
      await set_provider(corp, { match_email: false })
    })

    test('who has no account gets one where the provider may make them, with the roles given there', async () => {
      await set_provider(corp, { makes_accounts: true, roles: [roles.marketing.id] })
      const { walker } = await go('p-new')
      const { user } = await who(walker)
      assert.equal(user.login, 'new.comer')
      assert.equal(user.name, '新人')
      assert.deepEqual(user.roles.map(({ code }) => code), ['marketing'])
      const employees = await boss.all('employee', { filter: ['name', 'is', '新人'] })
      assert.deepEqual(employees.map(({ email }) => email), ['new@example.com'])
      await go('p-new')
      assert.equal((await boss.all('user', { filter: ['login', 'is', 'new.comer'] })).length, 1)
      // A name that is taken opens nobody else's account.
      assert.equal((await who((await go('p-boss')).walker)).user.login, 'x@example.com')
      peer.people['p-taken'] = { name: 'T', preferred_username: 'boss' }
      refused(await go('p-taken'), 'sso_login_taken')
      await set_provider(corp, { makes_accounts: false })
      // Made by the program, and told.
      await until('the audit tells', async () =>
        (await boss.list('audit_entry', { filter: ['object', 'is', 'user'], sort: 'at:desc', limit: 50, fields: 'subject,kind' })).records.some(({ subject }) => subject === 'new.comer'))
      // The only way in stays.
      const links = JSON.parse((await walker.step(`${server.origin}/api/profile/links`)).text)
      assert.equal(links.password, false)
      const { csrf } = await who(walker)
      const last = await walker.step(`${server.origin}/api/profile/links/corp`, { method: 'DELETE', body: '{}', headers: { 'content-type': 'application/json', 'x-csrf-token': csrf } })
      assert.equal(last.status, 409)
    })

    test('groups bring roles and take them again; others stay (covers: PLAT-10)', async () => {
      await set_provider(corp, { groups_claim: 'groups', scopes: 'openid profile email groups' })
      for (const [name, role] of [['sales', 'salesperson'], ['heads', 'department_head']]) await boss.create('provider_group', { provider: corp.id, name, role: roles[role].id })
      const codes = async () => (await who((await go('p-new')).walker)).user.roles.map(({ code }) => code).sort()
      assert.deepEqual(await codes(), ['marketing', 'salesperson'])
      peer.people['p-new'].groups = ['heads', 'Sales']
      assert.deepEqual(await codes(), ['department_head', 'marketing'])
      delete peer.people['p-new'].groups
      assert.deepEqual(await codes(), ['marketing'])
    })

    test('a disabled or deleted account stays out, whatever the provider says', async () => {
      const found = await account('new.comer')
      const off = await boss.change('user', found, { status: 'disabled' })
      refused(await go('p-new'), 'sign_in_failed')
      await boss.expect(200, 'DELETE', `/api/records/user/${found.id}`, { headers: { 'if-match': String(off.version) } })
      await set_provider(corp, { makes_accounts: true })
      refused(await go('p-new'), 'sign_in_failed')
      await set_provider(corp, { makes_accounts: false })
    })

    test('a second factor is asked for unless the provider counts as one', async () => {
      await boss.change('user', await account('zhou'), { strength: 'second_factor' })
      const first = await go('p-zhou', { next: '/o/task' })
      assert.equal(first.location, `${server.origin}/sign-in?next=%2Fo%2Ftask`)
      assert.equal((await who(first.walker)).next, 'enrol')
      assert.equal((await first.walker.step(`${server.origin}/api/records/customer`)).status, 401)
      await set_provider(corp, { second_factor: true })
      const second = await go('p-zhou', { next: '/o/task' })
      assert.equal(second.location, `${server.origin}/o/task`)
      await set_provider(corp, { second_factor: false })
      await boss.change('user', await account('zhou'), { strength: null })
      zhou = office.zhou = await server.sign_in(office.accounts.zhou)
    })

    test('the key of the provider may change', async () => {
      assert.equal((await who((await go('p-zhou')).walker)).user.login, 'zhou')
      peer.rotate('second')
      await new Promise((done) => setTimeout(done, 2100))
      assert.equal((await who((await go('p-zhou')).walker)).user.login, 'zhou')
    })

    test('signing out ends the session at the provider too', async () => {
      const { walker } = await go('p-zhou')
      const ways = JSON.parse((await walker.step(`${server.origin}/api/public/sign_in`)).text)
      assert.equal(ways.signed_in_with, 'corp')
      const out = await walker.step(`${server.origin}/api/session/provider_sign_out`)
      const there = new URL(out.location)
      assert.equal(there.origin, peer.issuer)
      assert.equal(there.searchParams.get('post_logout_redirect_uri'), `${server.origin}/signed-out`)
      const page = await walker.step(out.location)
      assert.equal(page.status, 200, page.text)
      assert.match(page.text, /logout/)
      // Once: the browser is not known any more.
      assert.equal((await walker.step(`${server.origin}/api/session/provider_sign_out`)).location, `${server.origin}/signed-out`)
      assert.equal((await new Walker().step(`${server.origin}/api/session/provider_sign_out`)).location, `${server.origin}/signed-out`)
    })

    // ── attacks ──

    async function begun() {
      const walker = new Walker()
      const start = await walker.step(`${server.origin}/api/sso/forged`)
      return { walker, back: forger.back(start.location) }
    }
    async function link_forged() {
      forger.wishes = {}
      const begun_link = await zhou.post('/api/profile/links/forged', { password: office.accounts.zhou.password })
      const walker = new Walker()
      walker.jar(server.origin).set('gx_session', zhou.cookie.split('=')[1])
      for (const line of begun_link.headers.getSetCookie()) walker.jar(server.origin).set(...line.split(';')[0].split(/=(.*)/s).slice(0, 2))
      assert.equal((await walker.step(forger.back(begun_link.body.location))).location, `${server.origin}/me?linked=forged`)
    }

    test('a token that is not right in every part signs nobody in', async () => {
      await link_forged()
      const well = await begun()
      assert.equal((await well.walker.step(well.back)).location, `${server.origin}/home`)
      for (const [name, token] of Object.entries(forger.forged)) {
        forger.wishes = { token }
        const { walker, back } = await begun()
        const answer = await walker.step(back)
        assert.equal(answer.location, `${server.origin}/sign-in?problem=sso_token`, name)
        assert.equal(await who(walker), undefined, name)
      }
      forger.wishes = {}
      assert.ok(await told('sso_token', 'forged'))
    })

    test('answers that are no answers are refused', async () => {
      const answers = {
        status: (_, say) => say({ error: 'invalid_grant' }, 400),
        broken: (_, say) => say('{"id_token":'),
        list: (_, say) => say([]),
        deep: (_, say) => say('['.repeat(5000)),
        header: (_, say) => say({ id_token: forger.sign({ iss: forger.issuer, aud: 'guanxi', sub: forger.subject, nonce: forger.nonce, iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 60 }), access_token: 'a\r\nX-Evil: 1' }),
        away: (response, say) => (response.writeHead(302, { location: `${forger.issuer}/keys` }), response.end(), void say),
        endless: (response) => {
          response.writeHead(200, { 'content-type': 'application/json' })
          const more = () => response.destroyed || response.write(' '.repeat(65536), () => setImmediate(more))
          more()
        },
        closed: (response) => response.destroy(),
      }
      for (const [name, answer] of Object.entries(answers)) {
        forger.wishes = { answer }
        const { walker, back } = await begun()
        const end = await walker.step(back)
        assert.equal(end.status, 303, name)
        assert.match(end.location, /\/sign-in\?problem=sso_(token|provider_away)$/, name)
        assert.equal(await who(walker), undefined, name)
      }
      forger.wishes = { userinfo: { sub: 'somebody-else' } }
      const other = await begun()
      refused(await other.walker.step(other.back), 'sso_token')
      forger.wishes = {}
    })

    test('the answer counts once, in the browser that asked, for the provider that was asked', async () => {
      const first = await begun()
      assert.equal((await new Walker().step(first.back)).location, `${server.origin}/sign-in?problem=sso_state`, 'another browser')
      const wrong = new URL(first.back)
      wrong.searchParams.set('state', `${wrong.searchParams.get('state').slice(0, -1)}x`)
      refused(await first.walker.step(wrong.href), 'sso_state')
      const elsewhere = first.back.replace('/forged/', '/corp/')
      refused(await first.walker.step(elsewhere), 'sso_state')
      const second = await begun()
      // With the "iss" of another provider (RFC 9207).
      refused(await second.walker.step(`${second.back}&iss=${encodeURIComponent(peer.issuer)}`), 'sso_token')
      const third = await begun()
      assert.equal((await third.walker.step(third.back)).location, `${server.origin}/home`)
      refused(await third.walker.step(third.back), 'sso_state')
      for (const query of ['', '?state=', '?code=x', '?state=x&code=y', `?state=${'s'.repeat(5000)}&code=y`, '?error=access_denied', '?state=%00%0d%0a&code=%ff'])
        assert.ok((await new Walker().step(`${server.origin}/api/sso/forged/callback${query}`)).status < 500, query)
      assert.ok(await told('sso_state', 'forged'))
    })

    test('a code that was used, a code of another sign-in and a refusal of the real provider are told', async () => {
      // A fresh browser stops before the answer, so that it can be sent by hand.
      const stop = (location) => location.includes('/callback')
      const held = async () => {
        const walker = new Walker()
        peer.person = 'p-zhou'
        return { walker, back: (await walker.walk(`${server.origin}/api/sso/corp`, stop)).location }
      }
      const used = await held()
      const cookies = new Map(used.walker.jar(server.origin))
      assert.equal((await used.walker.step(used.back)).location, `${server.origin}/home`)
      for (const [name, value] of cookies) used.walker.jar(server.origin).set(name, value)
      refused(await used.walker.step(used.back), 'sso_token')
      const mine = await held()
      const theirs = await held()
      const mixed = new URL(mine.back)
      mixed.searchParams.set('code', new URL(theirs.back).searchParams.get('code'))
      refused(await mine.walker.step(mixed.href), 'sso_token')
      peer.denied = true
      refused(await go('p-zhou'), 'sso_denied')
      peer.denied = false
      assert.ok(await told('sso_denied'))
    })

    test('nobody is sent to another site afterwards', async () => {
      for (const next of ['https://evil.example', '//evil.example', '/\\evil.example', '\\\\evil.example', 'javascript:alert(1)', '/\r\nSet-Cookie: a=b', '/\t/evil.example', '@evil.example', ''])
        assert.equal((await go('p-zhou', { next })).location, `${server.origin}/home`, next)
      assert.equal((await go('p-zhou', { next: '/@evil.example' })).location, `${server.origin}/@evil.example`)
    })

    test('a provider that is away, slow or strange is told apart from a wrong password, and holds nobody up', async () => {
      const strange = {
        issuer: { facts: { issuer: 'https://login.example.com' } },
        plain: { facts: { token_endpoint: 'ftp://127.0.0.1/token' } },
        none: { facts: { jwks_uri: undefined } },
        lost: { configuration: (_, say) => say('not found', 404) },
        no_json: { configuration: (_, say) => say('<html>') },
      }
      for (const [name, wishes] of Object.entries(strange)) {
        forger.wishes = wishes
        assert.equal((await boss.post(`/api/providers/${forged.id}/check`)).status, 503, name)
        assert.equal((await go('x', { provider: 'forged' })).location, `${server.origin}/sign-in?problem=sso_provider_strange`, name)
      }
      forger.wishes = {}
      assert.equal((await boss.post(`/api/providers/${forged.id}/check`)).status, 200)
    })

    test('private addresses are not asked unless an administrator allows it', async () => {
      const refusedly = await boss.patch(`/api/records/sign_in_provider/${forged.id}`, { inside: false }, { 'if-match': String((await boss.read('sign_in_provider', forged.id)).version) })
      assert.equal(refusedly.body.errors[0].rule, 'issuer_plain')
      let asked = 0
      const { listening } = await import('../support/oidc.mjs')
      const secret = await listening((_, response) => (++asked, response.end('{}')))
      for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', '0.0.0.0', '127.1']) {
        const port = new URL(secret.origin).port
        const made = await boss.post('/api/records/sign_in_provider', { name: 'x', code: `x${asked}${host.replaceAll(/\W/g, '')}`, issuer: `https://${host}:${port}`, client_id: 'x' })
        if (made.status !== 201) continue
        const answer = await boss.post(`/api/providers/${made.body.id}/check`)
        assert.equal(answer.status, 503, host)
        assert.match(answer.body.detail ?? answer.text, /not allowed/, host)
        await boss.expect(200, 'DELETE', `/api/records/sign_in_provider/${made.body.id}`, { headers: { 'if-match': String(made.body.version) } })
      }
      assert.equal(asked, 0)
      secret.close()
    })
  })
}
