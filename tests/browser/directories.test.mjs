// Directories in the browser: declared in a form, tried, synchronised; a real slapd behind.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser } from '../support/browser.mjs'
import { Directory, base, reader } from '../support/directory.mjs'
import { open_office } from '../support/office.mjs'
import { databases } from '../support/server.mjs'

describe('directories in the browser', () => {
  const kind = databases[0]
  let office, boss, server, browser, ldap, zhang
  before(async () => {
    ldap = await Directory.open()
    zhang = ldap.person('zhang', { name: '张伟', mail: 'zhang@huaxin.example' })
    ldap.people(Array.from({ length: 12 }, (_, i) => `clerk${i}`))
    office = await open_office(kind)
    ;({ boss, server } = office)
    browser = await Browser.open(server.origin)
  })
  after(async () => {
    await browser?.close()
    ldap?.close()
    assert.deepEqual(server.defects(), [])
    await server.stop()
  })
  afterEach((context) => browser.end_pages(context))
  const enter = (account, options) => browser.sign_in(account, options)
  const texts = (page, id) => page.getByTestId(id).first().textContent()

  test('an administrator declares a directory, tries it, and synchronises (covers: PLAT-10)', async () => {
    const page = await enter(office.accounts.boss)
    await page.go('/settings')
    await page.getByTestId('settings-directories').click()
    await page.getByText('没有目录服务').waitFor()
    await page.getByRole('button', { name: '新建' }).first().click()
    await page.waitForURL((url) => url.pathname === '/o/directory/new')
    await page.locator('input:focus').waitFor()
    for (const [field, text] of [['name', '公司目录'], ['address', ldap.url], ['bind_name', reader.name], ['base', base], ['people_filter', '(objectClass=inetOrgPerson)']])
      await page.getByTestId(`field-${field}`).locator('input').fill(text)
    await page.getByTestId('field-makes_accounts').locator('.sw').click()
    await page.getByRole('button', { name: '保存目录服务' }).click()
    await page.waitForURL((url) => /^\/o\/directory\/\d+$/.test(url.pathname))

    await page.go('/settings/directories')
    await page.getByTestId('directory').getByText('未设密码').waitFor()
    await page.getByTestId('directory-plain').waitFor()
    await page.getByTestId('directory-check').click()
    await page.getByTestId('directory-note').getByText(/还没有密码/).waitFor()
    await page.getByTestId('directory-password').click()
    await page.locator('#directory-secret').fill(reader.password)
    await page.keyboard.press('Enter')
    await page.getByTestId('directory-password-dialog').waitFor({ state: 'detached' })
    await page.getByTestId('directory').getByText('未设密码').waitFor({ state: 'detached' })
    assert.equal((await page.content()).includes(reader.password), false)
    await page.getByTestId('directory-check').click()
    await page.getByTestId('directory-people').getByText('张伟').waitFor()
    await page.getByTestId('directory-sync').click()
    await page.getByTestId('directory-result').waitFor()
    assert.match(await texts(page, 'directory-result'), /目录中 13 人：新建 13/)

    const person = await enter(zhang)
    await person.getByRole('button', { name: '我的' }).click()
    await person.getByText('张伟').first().waitFor()

    // Most are gone: nothing happens until somebody says that it is right.
    ldap.remove(...Array.from({ length: 10 }, (_, i) => `clerk${i}`))
    await page.getByTestId('directory-sync').click()
    await page.getByTestId('directory-many').waitFor()
    assert.equal(await boss.count('user', { filter: ['status', 'is', 'disabled'] }), 0)
    await page.getByTestId('directory-even-many').click()
    await page.getByTestId('directory-result').getByText(/停用 10/).waitFor()
    assert.equal(await boss.count('user', { filter: ['status', 'is', 'disabled'] }), 10)
  })

  test('what a group stands for is added beside its directory', async () => {
    const [{ id }] = await boss.all('directory')
    const page = await enter(office.accounts.boss)
    await page.go(`/o/directory/${id}`)
    await page.getByTestId('related-groups').waitFor()
  })

  for (const [language, size, viewport] of [['zh', 'a telephone', { width: 390, height: 844 }], ['en', 'a desk', { width: 1440, height: 900 }], ['en', 'a telephone', { width: 390, height: 844 }]]) {
    test(`the page in ${language} on ${size}`, async () => {
      await boss.expect(204, 'PATCH', '/api/session', { body: { language } })
      const page = await enter(office.accounts.boss, { viewport })
      await page.go('/settings/directories')
      await page.getByTestId('directory-sync').getByText(language === 'en' ? 'Synchronise' : '同步').waitFor()
      await page.getByTestId('directory-check').click()
      await page.getByTestId('directory-people').waitFor()
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true)
    })
  }

  test('who may not look after directories finds neither the tile nor anything on the page', async () => {
    const page = await enter(office.accounts.zhou)
    await page.go('/settings')
    await page.locator('h1').waitFor()
    assert.equal(await page.getByTestId('settings-directories').count(), 0)
    await page.go('/settings/directories')
    await page.getByTestId('directories-screen').waitFor()
    assert.equal(await page.getByTestId('directory').count(), 0)
    page.errors = page.errors.filter((text) => !/403/.test(text))
  })
})
