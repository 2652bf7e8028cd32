// Every route and every object, asked by those who have no right to them.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases } from '../support/server.mjs'
import { open_office } from '../support/office.mjs'

const some_id = '1000000000000001'
const open_routes = [
  'GET /', 'GET /healthz', 'GET /metrics', 'GET /api/public', 'GET /api/public/sign_in', 'POST /api/session', 'POST /api/session/passkey/begin', 'POST /api/session/passkey', 'POST /api/recovery', 'POST /api/recovery/link',
  'POST /api/recovery/password', 'POST /api/applications', 'GET /api/sso/{provider}', 'GET /api/sso/{provider}/callback', 'GET /api/session/provider_sign_out', 'GET /api/openapi.json',
]

for (const kind of databases) {
  describe(`rights on ${kind}`, () => {
    let office, boss, zhou, stranger, meta, paths
    before(async () => {
      office = await open_office(kind, { roles: { marketing: 'marketing', service: 'service_agent', support: 'technical_support' } })
      ;({ boss, zhou } = office)
      stranger = office.server.stranger()
      meta = await boss.expect(200, 'GET', '/api/meta')
      paths = (await boss.expect(200, 'GET', '/api/openapi.json')).paths
    })
    after(async () => {
      assert.deepEqual(office.server.defects(), [])
      await office.server.stop()
    })

    const filled = (path) => path.replaceAll('{object}', 'customer').replaceAll('{action}', 'restore').replaceAll(/\{\w+\}/g, some_id)

    test('the API description lists the routes of the documentation', () => {
      for (const path of [
        '/api/session', '/api/session/password', '/api/session/code', '/api/session/second_factor', '/api/session/second_factor/confirm', '/api/session/recovery_codes', '/api/session/passkey/begin', '/api/session/passkey', '/api/session/passkey_step/begin', '/api/session/passkey_step', '/api/session/passkeys',
        '/api/session/passkeys/begin', '/api/session/passkeys/{id}', '/api/directories', '/api/directories/{id}/password', '/api/directories/{id}/check', '/api/directories/{id}/synchronise', '/api/accounts/{id}/passkeys', '/api/accounts/{id}/passkeys/{passkey}', '/api/recovery',
        '/api/recovery/link', '/api/recovery/password', '/api/applications', '/api/profile', '/api/profile/sessions', '/api/profile/sessions/{session}', '/api/sessions', '/api/sessions/{session}', '/api/accounts',
        '/api/session/view', '/api/keys', '/api/keys/{id}', '/api/accounts/{id}/link', '/api/accounts/{id}/second_factor', '/api/accounts/{id}/sessions', '/api/sso/{provider}', '/api/sso/{provider}/callback', '/api/session/provider_sign_out', '/api/profile/links', '/api/profile/links/{provider}', '/api/providers', '/api/providers/{id}/secret', '/api/providers/{id}/check', '/api/portal', '/api/sso_applications', '/api/sso_applications/{id}/secret', '/oauth/authorize', '/oauth/token', '/oauth/userinfo', '/oauth/keys', '/oauth/sign_out', '/.well-known/openid-configuration', '/api/public', '/api/public/sign_in', '/api/meta', '/api/records/{object}', '/api/records/{object}/{id}', '/api/records/{object}/groups', '/api/records/{object}/options',
        '/api/records/{object}/duplicates', '/api/records/{object}/{action}', '/api/records/{object}/{id}/{action}', '/api/records/{object}/{id}/history', '/api/records/{object}/{id}/timeline',
        '/api/records/{object}/{id}/access', '/api/batches', '/api/batches/{id}/undo', '/api/search', '/api/files', '/api/files/{id}', '/api/imports', '/api/imports/{id}', '/api/imports/{id}/check',
        '/api/imports/{id}/rejects', '/api/imports/{id}/run', '/api/imports/{id}/cancel', '/api/imports/{id}/rejects.csv', '/api/exports/{object}', '/api/jobs/{id}', '/api/jobs/{id}/cancel', '/api/events', '/api/audit/verify', '/api/audit/archives', '/api/audit/archives/{name}', '/api/audit/archives/{name}/check',
        '/api/handovers/{object}/{id}', '/api/notices', '/api/notices/read', '/api/batches/{id}/changes',
        '/api/openapi.json', '/healthz', '/metrics',
      ]) {
        assert.ok(paths[path], path)
      }
    })

    test('a refusal names the missing right as people read it, in their language', async () => {
      const routes = ['/api/accounts', '/api/sessions', '/api/providers', '/api/sso_applications', '/api/directories', '/api/rights/model', '/api/rights/users', '/api/audit/verify', '/api/audit/archives', '/api/records/role', '/api/exports/role', '/api/records/audit_entry']
      for (const [language, words] of [['en', /^It takes the right “[A-Za-z][A-Za-z ,;-]*”/], ['zh', /^需要权限「\p{Script=Han}[^「」_.]*」/u]]) {
        await zhou.expect(204, 'PATCH', '/api/session', { body: { language } })
        for (const route of routes) {
          const answer = await zhou.get(route)
          assert.equal(answer.status, 403, route)
          assert.match(answer.body.detail, words, route)
        }
      }
      const online = await zhou.get('/api/sessions')
      assert.match(online.body.detail, /「查看在线用户，结束他人的登录」/)
    })

    test('every route refuses without sign-in, except the few that are open by name (covers: NFR-25)', async () => {
      for (const [path, methods] of Object.entries(paths)) {
        for (const [method, operation] of Object.entries(methods)) {
          const route = `${method.toUpperCase()} ${path}`
          assert.equal(method, method.toLowerCase(), 'as OpenAPI has it')
          assert.ok(operation['x-right'], `${route} says who may`)
          const declared_open = operation['x-right'] === 'open'
          if (!path.startsWith('/api/') || open_routes.includes(route)) continue
          assert.equal(declared_open, false, `${route} is open by mistake`)
          const answer = await stranger.request(method.toUpperCase(), filled(path), ['get', 'head'].includes(method) ? {} : { body: {} })
          assert.equal(answer.status, 401, route)
          if (method !== 'head') assert.match(answer.type, /problem\+json/, route)
        }
      }
    })

    test('every writing route refuses without the token of the session', async () => {
      for (const [path, methods] of Object.entries(paths)) {
        for (const method of Object.keys(methods)) {
          if (['get', 'head'].includes(method) || !path.startsWith('/api/') || path === '/api/session' || open_routes.includes(`${method.toUpperCase()} ${path}`)) continue
          const answer = await zhou.request(method.toUpperCase(), filled(path), { body: {}, headers: { 'x-csrf-token': null } })
          assert.equal(answer.status, 403, `${method} ${path}`)
          assert.equal(answer.body.code, 'csrf', `${method} ${path}`)
        }
      }
    })

    test('every object refuses each verb to every role that lacks it, and nothing changes (covers: NFR-25, NFR-31)', async () => {
      const login_of = { zhou: 'salesperson', marketing: 'marketing', service: 'service_agent', support: 'technical_support' }
      for (const login of Object.keys(login_of)) {
        const client = office[login]
        const seen = (await client.expect(200, 'GET', '/api/meta')).objects
        for (const object of Object.values(meta.objects)) {
          const rights = seen[object.name]?.rights ?? {}
          const before = await boss.count(object.name)
          const [victim] = (await boss.list(object.name, { limit: 1 })).records
          const path = `/api/records/${object.name}`
          const what = `${login} ${object.name}`
          const refused = async (answer, verb) => assert.ok([403, 404].includes(answer.status), `${what} ${verb}: ${answer.status} ${answer.text.slice(0, 200)}`)
          if (!rights.view) {
            for (const reading of [path, `${path}/groups?by=id`, `${path}/options`, ...(victim ? [`${path}/${victim.id}`, `${path}/${victim.id}/history`, `${path}/${victim.id}/timeline`, `${path}/${victim.id}/access`] : [])]) {
              await refused(await client.get(reading), `view ${reading}`)
            }
          }
          if (!rights.add) {
            await refused(await client.post(path, { [object.title]: 'x' }), 'add')
            await refused(await client.post(path, [{ [object.title]: 'x' }]), 'add many')
          }
          if (!rights.export) await refused(await client.get(`/api/exports/${object.name}`), 'export')
          if (!rights.import) {
            const file = await client.upload('x.csv', 'a\n1\n')
            await refused(await client.post('/api/imports', { object: object.name, file: file.id }), 'import')
          }
          if (victim) {
            const body = { [object.title]: 'y' }
            if (!rights.change) {
              await refused(await client.patch(`${path}/${victim.id}`, body, { 'if-match': String(victim.version) }), 'change')
              const all = await client.post(`${path}/change_all`, { ids: [victim.id], values: body })
              assert.ok([403, 404].includes(all.status) || (all.status === 200 && all.body.updated === 0), `${what} change_all: ${all.status} ${all.text.slice(0, 150)}`)
            }
            if (!rights.delete) {
              await refused(await client.delete(`${path}/${victim.id}`, { 'if-match': String(victim.version) }), 'delete')
              const all = await client.post(`${path}/delete_all`, { ids: [victim.id] })
              assert.ok([403, 404].includes(all.status) || (all.status === 200 && all.body.updated === 0), `${what} delete_all: ${all.status} ${all.text.slice(0, 150)}`)
            }
            if (object.owned && !rights.assign) await refused(await client.post(`${path}/${victim.id}/assign`, { owner: client.user.employee.id }), 'assign')
            assert.deepEqual(await boss.read(object.name, victim.id), await boss.read(object.name, victim.id))
            assert.equal((await boss.read(object.name, victim.id)).version, victim.version, what)
          }
          // What the platform keeps grows by the refusals themselves.
          if (!object.kept_by_platform) assert.equal(await boss.count(object.name), before, what)
        }
      }
    })

    test('accounts, roles and secrets are not for everybody', async () => {
      for (const object of ['user', 'role']) {
        assert.ok([403, 404].includes((await zhou.get(`/api/records/${object}`)).status), object)
        assert.equal((await zhou.expect(200, 'GET', '/api/meta')).objects[object], undefined)
      }
      const accounts = await boss.all('user')
      assert.doesNotMatch(JSON.stringify(accounts), /argon2|password/i)
      const role = (await boss.all('role')).find(({ code }) => code === 'administrator')
      const own = accounts.find(({ login }) => login === 'zhou')
      const risen = await zhou.patch(`/api/records/user/${own.id}`, { roles: [role.id] }, { 'if-match': String(own.version) })
      assert.ok([403, 404].includes(risen.status))
    })

    test('sensitive fields are neither told, filtered, sorted, grouped nor exported without the right (covers: NFR-29, NFR-30)', async () => {
      const customer = await zhou.create('customer', { name: '敏感公司' })
      const contact = await boss.create('contact', { name: '郑立', customer: customer.id, owner: zhou.user.employee.id, ethnicity: '汉', health: '良好' })
      const { objects } = await zhou.expect(200, 'GET', '/api/meta')
      assert.equal(objects.contact.fields.some(({ name }) => name === 'health'), false)
      const read = await zhou.read('contact', contact.id)
      assert.equal('health' in read, false)
      for (const query of [{ filter: ['health', 'is', '良好'] }, { sort: 'health' }, { fields: 'health' }]) {
        const answer = await zhou.get('/api/records/contact', query)
        assert.ok(answer.status >= 400 && answer.status < 500, JSON.stringify(query))
      }
      assert.equal((await zhou.get('/api/records/contact/groups', { by: 'health' })).status, 400)
      assert.equal((await zhou.get('/api/exports/contact', { fields: 'health' })).status, 400)
      assert.equal((await zhou.get(`/api/records/contact/${contact.id}/history`)).text.includes('良好'), false)
      const written = await zhou.patch(`/api/records/contact/${contact.id}`, { health: 'x' }, { 'if-match': '1' })
      assert.ok([403, 422].includes(written.status), String(written.status))
    })

    test('every answer carries the headers that keep a browser safe', async () => {
      for (const [client, path] of [[stranger, '/'], [stranger, '/api/public'], [stranger, '/api/meta'], [boss, '/api/meta'], [boss, '/api/records/customer'], [boss, '/api/nothing']]) {
        const { headers } = await client.get(path)
        assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
        assert.match(headers.get('content-security-policy') ?? '', /default-src/, path)
        assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors/, path)
        assert.ok(headers.get('referrer-policy'), path)
        if (path.startsWith('/api')) assert.match(headers.get('cache-control') ?? '', /no-store|no-cache|private/, path)
        assert.equal(headers.get('access-control-allow-origin'), null, path)
      }
    })

    test('health and metrics answer without sign-in and tell nothing of records', async () => {
      assert.deepEqual((await stranger.get('/healthz')).body, { state: 'ok' })
      const metrics = await stranger.get('/metrics')
      assert.match(metrics.text, /^# (HELP|TYPE) /m)
      assert.doesNotMatch(metrics.text, /敏感公司/)
      const open = await stranger.expect(200, 'GET', '/api/public')
      assert.deepEqual(Object.keys(open).sort(), ['company', 'languages', 'version'])
    })
  })
}
