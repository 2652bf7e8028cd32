// Looking as somebody else, API keys, and shares that end, as people see them; in Chinese and English.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser } from '../support/browser.mjs'
import { open_office } from '../support/office.mjs'
import { databases, until } from '../support/server.mjs'

describe('looking as somebody else and API keys in the browser', () => {
  const kind = databases[0]
  let office, boss, zhou, server, browser, zhou_id
  before(async () => {
    office = await open_office(kind)
    ;({ boss, zhou, server } = office)
    zhou_id = (await boss.all('user', { filter: ['login', 'is', 'zhou'] }))[0].id
    await zhou.create('customer', { name: '周凯的客户' })
    await office.lin.create('customer', { name: '林悦的客户' })
    browser = await Browser.open(server.origin)
  })
  after(async () => {
    await browser?.close()
    assert.deepEqual(server.defects(), [])
    await server.stop()
  })
  afterEach((context) => browser.end_pages(context))
  const enter = (account, options) => browser.sign_in(account, options)
  const bar = (page) => page.getByTestId('view-bar')

  test('an administrator looks as somebody from the page of the account, sees what that person sees, and ends it', async () => {
    const page = await enter(office.accounts.boss)
    await page.visit(`/o/user/${zhou_id}`)
    await page.getByTestId('record-menu').click()
    await page.getByRole('menuitem', { name: '以此人身份查看' }).click()
    await page.getByTestId('look-as-begin').click()
    await bar(page).waitFor()
    assert.match(await bar(page).textContent(), /周凯.*zhou.*只读.*总管/)
    assert.equal(new URL(page.url()).pathname, '/home')
    await page.visit('/o/customer')
    await page.getByText('周凯的客户').first().waitFor()
    assert.equal(await page.getByText('林悦的客户').count(), 0)
    await page.visit('/settings')
    await page.getByTestId('view-bar').waitFor()
    assert.equal(await page.getByTestId('settings-accounts').count(), 0)
    await page.getByTestId('view-end').click()
    await bar(page).waitFor({ state: 'detached' })
    await page.visit('/o/customer')
    await page.getByText('林悦的客户').first().waitFor()
  })

  test('what is written while looking is refused with the reason, and stays unwritten', async () => {
    const page = await enter(office.accounts.boss)
    await page.evaluate(async (user) => {
      const { csrf } = await (await fetch('/api/session')).json()
      await fetch('/api/session/view', { method: 'POST', headers: { 'content-type': 'application/json', 'x-csrf-token': csrf }, body: JSON.stringify({ user }) })
    }, zhou_id)
    // The page itself notices that it is seen as somebody else now, and loads anew.
    await bar(page).waitFor()
    await page.visit('/o/customer/new')
    await page.getByTestId('field-name').locator('input').first().fill('不该有的客户')
    await page.getByTestId('form-save').click()
    await page.keyboard.press('Control+Enter')
    await page.getByText('以他人身份查看时只能看').first().waitFor()
    assert.equal(await boss.count('customer'), 2)
  })

  test('from the palette, in English, on a telephone too; another page of the browser follows', async () => {
    const page = await enter(office.accounts.boss, { locale: 'en-GB' })
    await page.evaluate(async () => {
      const { csrf } = await (await fetch('/api/session')).json()
      await fetch('/api/session', { method: 'PATCH', headers: { 'content-type': 'application/json', 'x-csrf-token': csrf }, body: '{"language":"en"}' })
    })
    await page.visit('/home')
    const other = await page.context().newPage()
    await other.goto(server.origin + '/home')
    await other.locator('main').waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: /Search/ }).fill('> look')
    await page.keyboard.press('Enter')
    await page.getByTestId('look-as').getByRole('combobox').fill('林')
    await page.getByRole('option', { name: '林悦' }).click()
    await page.getByTestId('look-as-begin').click()
    await bar(page).waitFor()
    assert.match(await bar(page).textContent(), /looking as 林悦 \(lin\), reading only/)
    await other.getByTestId('view-bar').waitFor()
    await page.setViewportSize({ width: 390, height: 844 })
    await bar(page).waitFor()
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true)
    await page.getByTestId('view-end').click()
    await bar(page).waitFor({ state: 'detached' })
    await other.getByTestId('view-bar').waitFor({ state: 'detached' })
    await page.evaluate(async () => {
      const { csrf } = await (await fetch('/api/session')).json()
      await fetch('/api/session', { method: 'PATCH', headers: { 'content-type': 'application/json', 'x-csrf-token': csrf }, body: '{"language":"zh"}' })
    })
  })

  test('who has no such right finds it nowhere', async () => {
    const page = await enter(office.accounts.zhou)
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: /搜索/ }).fill('> 以他人')
    await page.getByText(/没有找到|没有匹配|未找到/).first().waitFor()
  })

  test('an API key is made, shown once, used, and ended', async () => {
    const page = await enter(office.accounts.boss)
    await page.visit('/settings')
    await page.getByTestId('settings-keys').click()
    await page.getByTestId('key-new').click()
    await page.locator('#key-name').fill('仓库报表')
    await page.locator('#key-password').fill('not it')
    await page.getByTestId('key-make').click()
    await page.getByTestId('key-dialog').getByRole('alert').waitFor()
    await page.locator('#key-password').fill(office.accounts.boss.password)
    await page.getByTestId('key-make').click()
    const key = (await page.getByTestId('key-text').textContent()).trim()
    assert.match(key, /^gx_/)
    const program = server.stranger({ authorization: `Bearer ${key}` })
    assert.equal((await program.get('/api/records/customer')).status, 200)
    assert.equal((await program.post('/api/records/customer', { name: 'x' })).body.code, 'key_only_reads')
    await page.getByTestId('key-done').click()
    const row = page.getByTestId('key-row').filter({ hasText: '仓库报表' })
    await row.waitFor()
    assert.equal((await page.content()).includes(key), false)
    await row.getByTestId('key-end').click()
    await page.getByTestId('key-end-sure').click()
    await page.getByTestId('key-row').filter({ hasText: '本人已停用' }).waitFor()
    assert.equal((await program.get('/api/records/customer')).status, 401)
    await page.getByTestId('keys-whose').getByRole('button', { name: '所有人的' }).click()
    await page.getByTestId('key-row').filter({ hasText: '总管' }).first().waitFor()
  })

  test('the end of a share takes the record from an open page', async () => {
    const lin = await server.sign_in(office.accounts.lin)
    const customer = await lin.create('customer', { name: '借给周凯的' })
    const { shares } = await lin.expect(200, 'POST', `/api/records/customer/${customer.id}/shares`, { body: { kind: 'employee', grantee: zhou.user.employee.id, level: 'read' } })
    const page = await enter(office.accounts.zhou)
    await page.visit(`/o/customer/${customer.id}`)
    await page.getByTestId('record-title').getByText('借给周凯的').waitFor()
    const list = await page.context().newPage()
    await list.goto(server.origin + '/o/customer')
    await list.getByText('借给周凯的').first().waitFor()
    await lin.expect(204, 'DELETE', `/api/records/customer/${customer.id}/shares/${shares[0].id}`)
    const since = Date.now()
    await page.getByTestId('record-gone').waitFor()
    assert.ok(Date.now() - since < 2500, `${Date.now() - since} ms`)
    await until('the row leaves the list', async () => (await list.getByText('借给周凯的').count()) === 0, 5000)
  })
})
