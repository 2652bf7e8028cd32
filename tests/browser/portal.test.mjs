// Another application of the company, as people meet it: registered in the settings, opened from the page of
// applications, signed in to with the account of this system.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import * as oidc from '../../web/node_modules/openid-client/build/index.js'
import { Browser } from '../support/browser.mjs'
import { listening } from '../support/oidc.mjs'
import { open_office } from '../support/office.mjs'
import { databases } from '../support/server.mjs'

// An application with two pages: the first leads to sign in, the second says who came back.
async function open_application(client_id) {
  const application = { secret: undefined, issuer: undefined, claims: undefined }
  let kept
  const config = () => oidc.discovery(new URL(application.issuer), client_id, application.secret, undefined, { execute: [oidc.allowInsecureRequests] })
  const pages = {
    async '/'() {
      kept = { pkceCodeVerifier: oidc.randomPKCECodeVerifier(), expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() }
      const asked = { redirect_uri: application.redirect, scope: 'openid profile email groups', state: kept.expectedState, nonce: kept.expectedNonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(kept.pkceCodeVerifier), code_challenge_method: 'S256' }
      return [302, oidc.buildAuthorizationUrl(await config(), asked).href]
    },
    async '/back'(url) {
      if (url.searchParams.get('error')) return [200, `<h1>refused: ${url.searchParams.get('error')}</h1>`]
      application.claims = (await oidc.authorizationCodeGrant(await config(), url, kept)).claims()
      return [200, `<h1>welcome ${application.claims.name}</h1>`]
    },
  }
  const server = await listening(async (request, response) => {
    const url = new URL(request.url, application.origin)
    const [status, text] = await (pages[url.pathname] ?? (() => [404, '']))(url).catch?.((failure) => [500, failure.message]) ?? [404, '']
    response.writeHead(status, status === 302 ? { location: text } : { 'content-type': 'text/html; charset=utf-8' }).end(status === 302 ? '' : text)
  })
  return Object.assign(application, { origin: server.origin, redirect: `${server.origin}/back`, close: () => server.close() })
}

describe('other applications in the browser', () => {
  let office, boss, server, browser, application
  before(async () => {
    office = await open_office(databases[0], { roles: { wu: 'marketing' } })
    ;({ boss, server } = office)
    const [policy] = await boss.all('security_policy')
    await boss.change('security_policy', policy, { site_address: server.origin })
    application = await open_application('expenses')
    application.issuer = server.origin
    browser = await Browser.open(server.origin)
  })
  after(async () => {
    await browser?.close()
    assert.deepEqual(server.defects(), [])
    await server.stop()
    application?.close()
  })
  afterEach((context) => browser.end_pages(context))
  const welcomed = (page, text) => page.getByRole('heading', { name: text }).waitFor()

  test('an administrator registers an application, and its secret is shown once (covers: PLAT-10)', async () => {
    const page = await browser.sign_in(office.accounts.boss)
    await page.go('/settings/sso')
    await page.getByTestId('new-application').click()
    await page.locator('input:focus').waitFor()
    for (const [field, text] of [['name', '报销'], ['name_en', 'Expenses'], ['client_id', 'expenses'], ['address', `${application.origin}/`]])
      await page.getByTestId(`field-${field}`).locator('input').first().fill(text)
    await page.getByTestId('field-redirects').locator('textarea').fill(application.redirect)
    await page.getByTestId('field-roles').getByRole('combobox').fill('销售')
    await page.getByRole('option', { name: '销售', exact: true }).click()
    await page.getByRole('button', { name: '保存接入应用' }).click()
    await page.waitForURL((url) => /^\/o\/sso_application\/\d+$/.test(url.pathname))
    await page.go('/settings/sso')
    await page.getByTestId('make-secret').click()
    await page.getByTestId('make-sure').click()
    application.secret = (await page.getByTestId('made-secret').textContent()).trim()
    assert.ok(application.secret.length >= 32)
    await page.getByTestId('secret-kept').click()
    await page.getByTestId('make-dialog').waitFor({ state: 'detached' })
    assert.equal((await page.content()).includes(application.secret), false)
  })

  test('who comes from the application signs in here and is back there (covers: PLAT-10)', async () => {
    const page = await browser.page()
    await page.goto(`${application.origin}/`)
    await page.waitForURL((url) => url.origin === server.origin && url.pathname === '/sign-in')
    await page.locator('#login').fill('zhou')
    await page.locator('#password').fill(office.accounts.zhou.password)
    await page.getByTestId('sign-in').click()
    await welcomed(page, 'welcome 周凯')
    assert.equal(application.claims.preferred_username, 'zhou')
  })

  test('the page of applications shows what one may open, and opens it without another sign-in (covers: PLAT-10)', async () => {
    const page = await browser.sign_in(office.accounts.lin, { viewport: { width: 390, height: 844 } })
    await page.go('/settings')
    await page.getByTestId('settings-portal').click()
    const [opened] = await Promise.all([page.context().waitForEvent('page'), page.getByTestId('portal-application').filter({ hasText: '报销' }).click()])
    await welcomed(opened, 'welcome 林悦')
    assert.equal(await opened.evaluate(() => window.opener), null)
    await opened.close()
  })

  test('who has no role for it finds it nowhere, and is refused when coming from there; in English', async () => {
    const page = await browser.sign_in(office.accounts.wu, { locale: 'en-US' })
    await page.go('/applications')
    await page.getByTestId('portal-screen').locator('.empty').waitFor()
    assert.equal(await page.getByTestId('portal-application').count(), 0)
    await page.goto(`${application.origin}/`)
    await welcomed(page, 'refused: access_denied')
  })
})
