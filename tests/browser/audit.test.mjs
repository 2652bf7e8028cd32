// An administrator finds out what happened: the security report, the entries behind its figures, the operation log with
// old and new values, and whether all of it is as it was written.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser, keep_pictures } from '../support/browser.mjs'
import { Installation, until } from '../support/server.mjs'

describe('the audit in the browser', () => {
  let installation, server, browser, page, boss, zhou, customer
  before(async () => {
    installation = new Installation('sqlite')
    installation.days_ago(400)
    installation.add_user('early', 'salesperson')
    installation.days_ago(0)
    const accounts = { boss: installation.add_user('boss', 'administrator', { name: '总管' }), zhou: installation.add_user('zhou', 'salesperson', { name: '周凯' }) }
    server = await installation.serve()
    boss = await server.sign_in(accounts.boss)
    zhou = await server.sign_in(accounts.zhou)
    customer = await boss.create('customer', { name: '远澜新材料' })
    await boss.change('customer', customer, { name: '远澜材料', postcode: '215000' })
    for (let i = 0; i < 3; ++i) assert.equal((await zhou.get(`/api/records/customer/${customer.id}`)).status, 404)
    const gone = await boss.create('customer', { name: '错录公司' })
    await boss.expect(200, 'POST', `/api/records/customer/${gone.id}/delete`, { body: {} })
    await boss.get('/api/exports/customer', {})
    const role = (await boss.all('role')).find(({ code }) => code === 'marketing')
    const account = (await boss.all('user')).find(({ login }) => login === 'zhou')
    await boss.change('user', account, { roles: [...account.roles.map(({ id }) => id), role.id] })
    await until('all of it is told', async () => (await boss.count('audit_entry', { filter: ['kind', 'in', ['delete', 'rights', 'export', 'refused']] })) >= 8)
    browser = await Browser.open(server.origin)
    page = await browser.sign_in(accounts.boss)
  })
  afterEach((test) => keep_pictures(test, [page]))
  after(async () => {
    await browser?.close()
    assert.deepEqual(server.defects(), [])
    await server?.stop()
  })

  // covers: PLAT-128
  test('the security report counts by kind, person and day, and leads to the entries', async () => {
    await page.go('/settings')
    await page.getByTestId('settings-security').click()
    await page.getByTestId('security-by-people').waitFor()
    const figure = (key) => page.getByTestId(`security-${key}`).locator('.v')
    await page.waitForFunction(() => document.querySelector('[data-testid="security-refused"] .v')?.textContent === '3')
    assert.equal(await figure('deletes').textContent(), '1')
    assert.equal(await figure('exports').textContent(), '1')
    const line = page.getByTestId('security-by-people').locator('tr', { hasText: 'zhou' })
    assert.equal(await line.locator('td').first().textContent(), '3')
    assert.equal(await page.getByTestId('security-by-days').locator('tbody tr').count(), 1)

    await page.getByRole('button', { name: '自选' }).click()
    await page.waitForURL(/from=\d{4}-\d\d-\d\d&until=/)
    await page.getByRole('button', { name: '今天' }).click()
    await page.waitForURL(/period=today/)
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId('security-export').click()])
    assert.match(file.suggestedFilename(), /^审计日志 .*\.csv$/)

    await page.getByTestId('security-refused').click()
    await page.waitForURL(/\/o\/audit_entry/)
    await page.getByTestId('cell-subject').first().waitFor()
    assert.equal(await page.getByTestId('cell-subject').count(), 3)
    assert.ok(await page.getByRole('button', { name: '新建' }).last().isDisabled(), 'nobody adds to the log')
  })

  // covers: PLAT-127
  test('an entry tells in words what changed, and has no way to be changed', async () => {
    const [entry] = (await boss.list('audit_entry', { filter: ['kind', 'is', 'rights'], sort: 'seq:desc', limit: 1 })).records
    await page.go(`/o/audit_entry/${entry.id}`)
    const detail = page.getByTestId('audit-detail')
    await detail.getByTestId('differences').waitFor()
    const [row] = await detail.locator('tbody tr').allTextContents()
    assert.match(row, /角色/)
    assert.match(row, /市场人员/)
    await page.getByTestId('record-menu').click()
    await page.getByRole('menuitem').first().waitFor()
    assert.deepEqual((await page.getByRole('menuitem').allTextContents()).map((text) => text.trim()), ['权限说明', '复制链接'], 'no edit, no history')
    await page.keyboard.press('Escape')
    await detail.getByTestId('audit-open').click()
    await page.waitForURL(/\/o\/user\//)
  })

  test('what a share or a refusal was is told in words, with a way to whom it was shared with', async () => {
    const shared = await boss.create('customer', { name: '共享样例公司' })
    await boss.expect(200, 'POST', `/api/records/customer/${shared.id}/shares`, { body: { kind: 'employee', grantee: zhou.user.employee.id, level: 'write', until: '2036-12-24T10:00:00Z' } })
    const entry = await until('the share is told', async () => (await boss.list('audit_entry', { filter: { and: [['kind', 'is', 'rights'], ['record', 'is', shared.id]] }, limit: 1 })).records[0])
    await page.go(`/o/audit_entry/${entry.id}`)
    const detail = page.getByTestId('audit-detail')
    for (const words of ['人员', '可修改', '2036-12-24 18:00:00', '共享']) await detail.locator('dd', { hasText: words }).first().waitFor()
    await detail.locator('dd a').click()
    await page.waitForURL((url) => url.pathname === `/o/employee/${zhou.user.employee.id}`)

    const [refusal] = (await boss.list('audit_entry', { filter: ['kind', 'is', 'refused'], limit: 1 })).records
    await page.go(`/o/audit_entry/${refusal.id}`)
    assert.doesNotMatch(await detail.innerText(), /forbidden|not_found/)
    await detail.locator('dd', { hasText: /^(没有权限|看不到)$/ }).waitFor()
  })

  // covers: PLAT-123
  test('the operation log shows who did what, and each value before and after', async () => {
    await page.go('/o/batch')
    await page.getByTestId('cell-operation').first().waitFor()
    const [change] = (await boss.list('batch', { filter: { and: [['object', 'is', 'customer'], ['operation', 'is', 'change']] }, limit: 1 })).records
    await page.go(`/o/batch/${change.id}`)
    const rows = page.getByTestId('operation-change')
    await rows.first().waitFor()
    const text = await rows.first().textContent()
    for (const part of ['远澜新材料', '远澜材料', '215000', '邮政编码']) assert.ok(text.includes(part), `${part} in ${text}`)
    await rows.first().getByRole('link', { name: '远澜材料' }).click()
    await page.waitForURL(new RegExp(`/o/customer/${customer.id}`))
  })

  // covers: NFR-28
  test('the check says that all is as it was written, and what is not', async () => {
    await page.go('/settings/security')
    await page.getByTestId('security-check').click()
    const verdict = page.getByTestId('security-verdict')
    await verdict.waitFor()
    assert.match(await verdict.textContent(), /与写入时一致/)
    installation.sql("update audit_entry set address = '10.0.0.1' where seq = 2")
    await page.getByTestId('security-check').click()
    await verdict.getByText('审计日志第 2 条被改动').waitFor()
    installation.sql("update audit_entry set address = null where seq = 2")
  })

  // covers: NFR-28
  test('old entries are archived into a signed file, which is checked and downloaded', async () => {
    await page.visit('/settings/security')
    await page.getByTestId('archives-none').waitFor()
    await page.getByTestId('archive-make').click()
    const dialog = page.getByTestId('archive-dialog')
    const day = async (text) => {
      await dialog.locator('.el-input input').fill(text)
      await dialog.locator('.el-input input').press('Enter')
    }
    await day('2099-01-01')
    await page.getByTestId('archive-apply').click()
    await dialog.getByRole('alert').getByText('今天或更早').waitFor()
    const before = new Date(Date.now() - 90 * 86_400_000).toISOString().slice(0, 10)
    await day(before)
    await page.getByTestId('archive-apply').click()
    await dialog.waitFor({ state: 'detached' })
    const line = page.getByTestId('archive')
    assert.match(await line.innerText(), new RegExp(`${before} 之前\\s*\\d+ 条`))
    await page.getByTestId('archive-check').click()
    await page.getByTestId('archive-verdict').getByText('完整，签名有效').waitFor()
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId('archive-download').click()])
    assert.equal(file.suggestedFilename(), `audit-before-${before}.jsonl`)
    await page.getByTestId('security-check').click()
    await page.getByTestId('security-verdict').getByText('与写入时一致').waitFor()
  })
})
