// Passkeys in a real browser, with the authenticator that its developer tools offer; in Chinese and English.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser } from '../support/browser.mjs'
import { open_office } from '../support/office.mjs'
import { databases } from '../support/server.mjs'

describe('passkeys in the browser', () => {
  const kind = databases[0]
  let office, boss, server, browser, port
  before(async () => {
    office = await open_office(kind, { roles: { wu: 'marketing' } })
    ;({ boss, server } = office)
    port = new URL(server.origin).port
    // "localhost" counts as safe without TLS; the other name is what a company without TLS would have.
    browser = await Browser.open(`http://localhost:${port}`, ['--host-resolver-rules=MAP crm.huaxin.example 127.0.0.1'])
  })
  after(async () => {
    await browser?.close()
    assert.deepEqual(server.defects(), [])
    await server.stop()
  })
  afterEach((context) => browser.end_pages(context))
  const at = (page, pathname) => page.waitForURL((url) => url.pathname === pathname)
  const texts = (page, id) => page.getByTestId(id).first().textContent()

  // A telephone with a finger on it. `credentials`: what it holds already.
  async function with_authenticator(page, credentials = []) {
    page.plain = false
    const tools = await page.context().newCDPSession(page)
    await tools.send('WebAuthn.enable')
    const { authenticatorId } = await tools.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    })
    for (const credential of credentials) await tools.send('WebAuthn.addCredential', { authenticatorId, credential })
    return {
      held: async () => (await tools.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
      finger: (right) => tools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: right }),
    }
  }
  async function open(path, { held, ...options } = {}) {
    const page = await browser.page(options)
    page.phone = await with_authenticator(page, held)
    await page.visit(path)
    return page
  }
  async function type_sign_in(page, { login, password }) {
    await page.locator('#login').fill(login)
    await page.locator('#password').fill(password)
    await page.getByTestId('sign-in').click()
  }
  async function add_passkey(page, account, name) {
    await page.getByTestId('passkey-add').click()
    await page.locator('#passkey-name').fill(name)
    await page.locator('#passkey-password').fill(account.password)
    await page.getByTestId('passkey-go').click()
    await page.getByTestId('own-passkey').filter({ hasText: name }).waitFor()
  }

  test('a person makes a passkey in the profile and signs in with it, without typing anything (covers: PLAT-11)', async () => {
    const page = await open('/')
    await type_sign_in(page, office.accounts.zhou)
    await at(page, '/home')
    await page.visit('/me')
    await page.getByTestId('passkey-add').click()
    await page.locator('#passkey-password').fill('guess')
    await page.getByTestId('passkey-go').click()
    assert.match(await texts(page, 'passkey-problem'), /密码不对/)
    await page.getByRole('button', { name: '取消' }).click()
    await add_passkey(page, office.accounts.zhou, '我的手机')
    const held = await page.phone.held()
    assert.equal(held.length, 1)
    assert.equal(held[0].rpId, 'localhost')

    const fresh = await open('/sign-in', { held })
    await fresh.getByTestId('use-passkey').click()
    await at(fresh, '/home')
    await fresh.visit('/me')
    assert.match(await texts(fresh, 'own-passkey'), /最近使用/)
    await page.context().close()

    // A name, and away with it.
    await fresh.getByTestId('passkey-rename').click()
    await fresh.locator('#passkey-name').fill('旧手机')
    await fresh.keyboard.press('Enter')
    await fresh.getByTestId('own-passkey').filter({ hasText: '旧手机' }).waitFor()
    await fresh.getByTestId('passkey-remove').click()
    await fresh.locator('#passkey-password').fill(office.accounts.zhou.password)
    await fresh.getByTestId('passkey-go').click()
    await fresh.getByTestId('own-passkey').waitFor({ state: 'detached' })

    const late = await open('/sign-in', { held: await fresh.phone.held(), locale: 'en-GB' })
    await late.getByTestId('use-passkey').click()
    assert.match(await texts(late, 'passkey-problem'), /not accepted/)
  })

  test('who must use one makes it while signing in; from then on the password alone is not enough; a wrong finger is told', async () => {
    const [role] = await boss.all('role', { filter: ['code', 'is', 'marketing'] })
    await boss.change('role', await boss.read('role', role.id), { strength: 'passkey' })
    const page = await open('/', { viewport: { width: 390, height: 844 } })
    await type_sign_in(page, office.accounts.wu)
    await page.getByTestId('enrol-passkey-step').waitFor()
    await page.phone.finger(false)
    await page.getByTestId('make-passkey').click()
    await page.getByTestId('passkey-problem').waitFor()
    await page.phone.finger(true)
    await page.getByTestId('make-passkey').click()
    await at(page, '/home')
    const held = await page.phone.held()

    const second = await open('/', { held, locale: 'en-GB' })
    await type_sign_in(second, office.accounts.wu)
    await second.getByTestId('passkey-step').waitFor()
    await second.reload()
    await second.getByTestId('passkey-step').getByTestId('use-passkey').click()
    await at(second, '/home')

    const given_up = await open('/')
    await type_sign_in(given_up, office.accounts.wu)
    await given_up.getByTestId('passkey-step').waitFor()
    await given_up.getByTestId('cancel').click()
    await given_up.locator('#login').waitFor()
    assert.equal((await given_up.context().cookies()).length, 0)
    office.wu_page = second
  })

  test('an administrator removes a lost one, and its owner makes another', async () => {
    const page = await open('/')
    await type_sign_in(page, office.accounts.boss)
    await at(page, '/home')
    await page.visit('/settings/accounts?q=wu')
    await page.waitForFunction(() => document.querySelectorAll('[data-testid=account-row]').length === 1)
    assert.match(await texts(page, 'account-row'), /通行密钥 1 个/)
    await page.getByTestId('account-menu').click()
    await page.getByRole('menuitem', { name: '通行密钥' }).click()
    await page.getByTestId('passkey-remove-of').click()
    await page.getByTestId('passkey-sure').click()
    await page.getByTestId('passkey-of').waitFor({ state: 'detached' })
    const owner = await open('/')
    await type_sign_in(owner, office.accounts.wu)
    await owner.getByTestId('enrol-passkey-step').waitFor()
  })

  test('where the browser makes none, the page says why instead of failing', async () => {
    const zhou = await open('/')
    await type_sign_in(zhou, office.accounts.zhou)
    await at(zhou, '/home')
    await zhou.visit('/me')
    await add_passkey(zhou, office.accounts.zhou, '手机')
    const page = await open('/')
    await page.goto(`http://crm.huaxin.example:${port}/sign-in`)
    assert.match(await texts(page, 'passkey-obstacle'), /https/)
    assert.equal(await page.getByTestId('use-passkey').count(), 0)
    await type_sign_in(page, office.accounts.zhou)
    await at(page, '/home')
    await page.goto(`http://crm.huaxin.example:${port}/me`)
    assert.match(await texts(page, 'passkey-obstacle'), /https/)
    assert.equal(await page.getByTestId('passkey-add').count(), 0)
    // Who must use one and cannot here is told so, and not left before a dead button.
    await page.context().clearCookies()
    await page.goto(`http://crm.huaxin.example:${port}/sign-in`)
    await type_sign_in(page, office.accounts.wu)
    await page.getByTestId('enrol-passkey-step').getByTestId('passkey-obstacle').waitFor()
    assert.equal(await page.getByTestId('make-passkey').count(), 0)
  })
})
