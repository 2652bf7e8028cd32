// Signing in and out, and what protects a session.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Installation, databases, until } from '../support/server.mjs'

const without_request = ({ request_id, ...rest }) => rest

for (const kind of databases) {
  describe(`sessions on ${kind}`, () => {
    let installation, server
    const people = {}
    before(async () => {
      installation = new Installation(kind)
      people.boss = installation.add_user('boss', 'administrator', { name: '总管' })
      people.zhou = installation.add_user('zhou', 'salesperson', { name: '周凯' })
      people.lin = installation.add_user('lin', 'salesperson', { name: '林悦' })
      server = await installation.serve()
    })
    after(async () => {
      assert.deepEqual(server.defects(), [])
      await server.stop()
    })

    test('a wrong user name and a wrong password get the same refusal and no session (covers: PLAT-02)', async () => {
      const stranger = server.stranger()
      const wrong_name = await stranger.post('/api/session', { login: 'nobody', password: people.zhou.password })
      const wrong_password = await stranger.post('/api/session', { login: 'zhou', password: 'not the password' })
      assert.equal(wrong_name.status, 401)
      assert.equal(wrong_password.status, 401)
      assert.deepEqual(without_request(wrong_name.body), without_request(wrong_password.body))
      assert.deepEqual(wrong_name.headers.getSetCookie(), [])
      assert.deepEqual(wrong_password.headers.getSetCookie(), [])
    })

    test('a session is a cookie that scripts cannot read, and tells who is signed in', async () => {
      const answer = await server.stranger().post('/api/session', people.zhou)
      assert.equal(answer.status, 200)
      const [cookie] = answer.headers.getSetCookie()
      assert.match(cookie, /^gx_session=[\w-]{20,};/)
      assert.match(cookie, /HttpOnly/)
      assert.match(cookie, /SameSite=Lax/)
      const zhou = server.stranger()
      zhou.take_session(answer)
      const again = await zhou.expect(200, 'GET', '/api/session')
      assert.equal(again.user.login, 'zhou')
      assert.equal(again.csrf, answer.body.csrf)
    })

    test('sign-out ends the session on the server, so a replayed cookie is refused (covers: PLAT-03)', async () => {
      const zhou = await server.sign_in(people.zhou)
      await zhou.expect(200, 'GET', '/api/session')
      await zhou.expect(204, 'DELETE', '/api/session')
      for (const path of ['/api/session', '/api/meta', '/api/records/customer']) await zhou.expect(401, 'GET', path)
      assert.equal((await zhou.post('/api/records/customer', { name: '无会话' })).status, 401)
    })

    test('a changed password needs the old one and ends the other sessions (covers: PLAT-06)', async () => {
      const here = await server.sign_in(people.lin)
      const there = await server.sign_in(people.lin)
      const fresh = 'an entirely new password'
      const refused = await here.post('/api/session/password', { old: 'not the old one', new: fresh })
      assert.equal(refused.status, 422)
      assert.equal((await here.post('/api/session/password', { old: people.lin.password, new: 'short' })).status, 422)
      await there.expect(200, 'GET', '/api/session')
      await here.expect(204, 'POST', '/api/session/password', { body: { old: people.lin.password, new: fresh } })
      await here.expect(200, 'GET', '/api/session')
      await there.expect(401, 'GET', '/api/session')
      const old = await server.stranger().post('/api/session', people.lin)
      assert.equal(old.status, 401)
      people.lin.password = fresh
      await server.sign_in(people.lin)
    })

    test('a disabled user is out at once', async () => {
      const out = installation.add_user('gone', 'salesperson', { name: '离职者' })
      const gone = await server.sign_in(out)
      installation.done(['user', 'disable', 'gone'])
      // The command is another process: the server may keep what it knows of a session for a moment only.
      await until('the session ends', async () => (await gone.get('/api/session')).status === 401, 10_000)
      assert.equal((await server.stranger().post('/api/session', out)).status, 401)
    })

    test('a write without the token of the session, or with that of another, is refused and does nothing', async () => {
      const zhou = await server.sign_in(people.zhou)
      const boss = await server.sign_in(people.boss)
      const before = await boss.count('customer')
      for (const token of [null, '', 'x', boss.csrf]) {
        const answer = await zhou.post('/api/records/customer', { name: '跨站请求公司' }, { 'x-csrf-token': token })
        assert.equal(answer.status, 403, `token ${token}`)
        assert.equal(answer.body.code, 'csrf')
      }
      assert.equal(await boss.count('customer'), before)
    })

    test('display settings are kept for each user (covers: PLAT-26)', async () => {
      const zhou = await server.sign_in(people.zhou)
      await zhou.expect(204, 'PATCH', '/api/session', { body: { language: 'en', theme: 'dark', density: 'compact', preferences: { columns: ['name'], wide: true } } })
      await zhou.expect(422, 'PATCH', '/api/session', { body: { theme: 'pink' } })
      await zhou.expect(422, 'PATCH', '/api/session', { body: { nonsense: 1 } })
      const again = await server.sign_in(people.zhou)
      const { user } = await again.expect(200, 'GET', '/api/session')
      assert.deepEqual([user.language, user.theme, user.density, user.preferences], ['en', 'dark', 'compact', { columns: ['name'], wide: true }])
      const boss = await server.sign_in(people.boss)
      assert.equal(boss.user.theme, 'system')
      await zhou.expect(204, 'PATCH', '/api/session', { body: { language: 'zh' } })
    })

    test('refusals speak the language of the user, and before sign-in that of the browser', async () => {
      const chinese = await server.stranger({ 'accept-language': 'zh-CN,zh;q=0.9' }).get('/api/meta')
      const english = await server.stranger({ 'accept-language': 'en-GB,en;q=0.8' }).get('/api/meta')
      assert.match(chinese.body.detail, /[\u4e00-\u9fff]/)
      assert.doesNotMatch(english.body.detail, /[\u4e00-\u9fff]/)
    })

    test('repeated failures are held back with Retry-After, also with the right password', async () => {
      const guessed = installation.add_user('guessed', 'salesperson', { name: '被猜者' })
      const stranger = server.stranger()
      let answer
      for (let i = 0; i < 60 && answer?.status !== 429; ++i) answer = await stranger.post('/api/session', { login: 'guessed', password: `guess ${i}` })
      assert.equal(answer.status, 429)
      assert.ok(Number(answer.headers.get('retry-after')) >= 1)
      assert.equal((await stranger.post('/api/session', guessed)).status, 429)
    })
  })
}
