// Single sign-on as people meet it: setting a provider up, its button, linking, signing out there; in Chinese and English.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser } from '../support/browser.mjs'
import { open_provider } from '../support/oidc.mjs'
import { open_office } from '../support/office.mjs'
import { databases } from '../support/server.mjs'

describe('single sign-on in the browser', () => {
  let office, boss, server, browser, peer
  before(async () => {
    office = await open_office(databases[0])
    ;({ boss, server } = office)
    peer = await open_provider({
      redirects: [`${server.origin}/api/sso/corp/callback`],
      signed_out: `${server.origin}/signed-out`,
      people: { 'p-zhou': { name: '周凯', email: 'zhou@example.com', email_verified: true }, 'p-nobody': { name: '路人' } },
    })
    peer.ask = true
    peer.person = 'p-zhou'
    browser = await Browser.open(server.origin)
  })
  after(async () => {
    await browser?.close()
    assert.deepEqual(server.defects(), [])
    await server.stop()
    peer.close()
  })
  afterEach((context) => browser.end_pages(context))
  const enter = (account, options) => browser.sign_in(account, options)
  const open = async (path, options) => {
    const page = await browser.page(options)
    await page.go(path)
    return page
  }
  const at = (page, pathname) => page.waitForURL((url) => url.origin === server.origin && url.pathname === pathname)
  const at_the_provider = (page) => page.waitForURL((url) => url.origin === peer.issuer)
  // Every text is inside the window, at the width of a desk and of a telephone.
  async function fits(page) {
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 })
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      assert.ok(over <= 0, `${over} px too wide at ${width}`)
    }
    await page.setViewportSize({ width: 1440, height: 900 })
  }

  test('an administrator sets a provider up without a manual: address of the system, provider, secret, check (covers: PLAT-10)', async () => {
    const page = await enter(office.accounts.boss)
    await page.go('/settings')
    await page.getByTestId('settings-sso').click()
    await at(page, '/settings/sso')
    await page.getByTestId('no-site').getByRole('link').click()
    await at(page, '/settings/policy')
    const [policy] = await boss.all('security_policy')
    await boss.change('security_policy', policy, { site_address: server.origin })
    await page.go('/settings/sso')
    await page.getByTestId('new-provider').click()
    await at(page, '/o/sign_in_provider/new')
    await page.locator('input:focus').waitFor()
    for (const [field, text] of [['name', '公司登录'], ['name_en', 'Company'], ['code', 'corp'], ['issuer', peer.issuer], ['client_id', peer.client_id]])
      await page.getByTestId(`field-${field}`).locator('input').fill(text)
    // Without leave for the own network nothing is asked there.
    await page.getByRole('button', { name: '保存登录服务' }).click()
    await page.getByText('勾选「位于公司内网」后可用 http://').first().waitFor()
    await page.getByTestId('field-inside').locator('.sw').click()
    await page.getByRole('button', { name: '保存登录服务' }).click()
    await page.waitForURL((url) => /^\/o\/sign_in_provider\/\d+$/.test(url.pathname))
    await page.go('/settings/sso')
    assert.equal(await page.getByTestId('redirect-address').textContent(), `${server.origin}/api/sso/corp/callback`)
    assert.match(await page.getByTestId('secret-mark').textContent(), /无密钥/)
    await page.getByTestId('set-secret').click()
    await page.locator('#provider-secret').fill(peer.secret)
    await page.getByTestId('keep-secret').click()
    await page.getByTestId('secret-mark').filter({ hasText: '有密钥' }).waitFor()
    await page.getByTestId('check-provider').click()
    await page.getByText('公司登录有回应').waitFor()
    assert.equal((await page.content()).includes(peer.secret), false)
    await fits(page)
  })

  test('who is not known is told so; after linking the button signs in, and the wish where to go is kept (covers: PLAT-10)', async () => {
    const stranger = await open('/o/customer')
    await at(stranger, '/sign-in')
    await fits(stranger)
    await stranger.getByTestId('provider').click()
    await at_the_provider(stranger)
    await stranger.locator('#let-in').click()
    await at(stranger, '/sign-in')
    assert.match(await stranger.getByTestId('provider-problem').textContent(), /没有对应的账号/)

    const page = await enter(office.accounts.zhou)
    await page.go('/me')
    await page.getByTestId('link').click()
    await page.getByTestId('links-password').fill('wrong')
    await page.getByTestId('links-go').click()
    await page.getByTestId('links-problem').waitFor()
    await page.getByTestId('links-password').fill(office.accounts.zhou.password)
    await page.getByTestId('links-go').click()
    await at_the_provider(page)
    await page.locator('#let-in').click()
    await at(page, '/me')
    await page.getByTestId('unlink').waitFor()
    assert.match(await page.getByTestId('provider-link').textContent(), /zhou@example\.com/)
    await fits(page)

    const back = await open('/o/customer')
    await at(back, '/sign-in')
    await back.getByTestId('provider').click()
    await at_the_provider(back)
    await back.locator('#let-in').click()
    await at(back, '/o/customer')
    await back.getByRole('button', { name: '我的' }).click()
    await back.getByRole('menuitem', { name: '关闭系统' }).click()
    await at(back, '/signed-out')
    await back.getByTestId('sign-out-there').click()
    await at_the_provider(back)
  })

  test('in English, by keyboard, in the dark', async () => {
    const page = await open('/sign-in', { locale: 'en-GB', colorScheme: 'dark' })
    await page.getByTestId('provider').waitFor()
    const button = page.getByRole('link', { name: /Company|公司登录/ })
    await button.focus()
    await page.keyboard.press('Enter')
    await at_the_provider(page)
    await page.locator('#let-in').click()
    await at(page, '/home')
  })
})
