// A salesperson's day in a real Chromium on the demo company: what the foundation promises, driven from outside.
import { after, afterEach, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Browser, api } from '../support/browser.mjs'
import { Installation } from '../support/server.mjs'

const secret = 'a-long-test-password'
let installation, server, browser

before(async () => {
  installation = Installation.demo()
  for (const login of ['linxiaolan', 'wuhao']) installation.done(['user', 'password', login, '--password-stdin'], { input: `${secret}\n` })
  server = await installation.serve()
  browser = await Browser.open(server.origin)
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

afterEach((test) => browser.end_pages(test))
const signed_in = (login, options) => browser.sign_in({ login, password: secret }, options)

const creating = (object) => (answer) => new URL(answer.url()).pathname === `/api/records/${object}` && answer.request().method() === 'POST'

// covers: PLAT-02
test('a wrong password opens no session and says so', async () => {
  const page = await browser.page()
  await page.go(`/`)
  await page.locator('input').first().fill('linxiaolan')
  await page.locator('input[type=password]').fill('not this one')
  const [answer] = await Promise.all([page.waitForResponse('**/api/session'), page.keyboard.press('Enter')])
  assert.equal(answer.status(), 401)
  await page.getByRole('alert').first().waitFor()
  assert.match(page.url(), /sign-in/)
  assert.equal((await page.context().cookies()).filter(({ name }) => name === 'gx_session').length, 0)
})

// covers: PLAT-14
test('the bars tell who works here, in which role, and where', async () => {
  const page = await signed_in('linxiaolan')
  await page.go('/o/customer')
  await page.getByTestId('cell-name').first().waitFor()
  const text = await page.locator('body').innerText()
  for (const word of ['林晓岚', '华东一部', '销售', '客户']) assert.ok(text.includes(word), word)
  assert.match(text, /20\d\d年\d{1,2}月\d{1,2}日 星期. \d\d:\d\d:\d\d/)
})

// covers: CUST-16 CUST-20
test('a new customer is typed into the form and saved, and its page shows a number, a mnemonic code and its creator as owner', async () => {
  const page = await signed_in('linxiaolan')
  await page.go('/o/customer')
  await page.getByTestId('cell-name').first().waitFor()
  await page.getByRole('button', { name: '新建客户' }).click()
  const dialog = page.getByTestId('form-dialog')
  await dialog.getByTestId('field-name').locator('input:focus').waitFor()
  await page.keyboard.type('云峰精密机械')
  const [saved] = await Promise.all([page.waitForResponse(creating('customer')), dialog.getByTestId('form-save').click()])
  assert.equal(saved.status(), 201)
  const record = await saved.json()
  assert.match(record.number, /^KH\d{10}$/)
  assert.equal(record.mnemonic, 'YFJMJX')
  assert.equal(record.owner.title, '林晓岚')
  await page.waitForURL(`${server.origin}/o/customer/${record.id}`)
  await page.getByTestId('record-title').getByText('云峰精密机械').waitFor()
  await page.getByText(record.number).first().waitFor()
  assert.equal(await dialog.count(), 0, 'the form is gone')
})

test('the form asks for what is missing, and is filled in and saved from the keyboard alone', async () => {
  const page = await signed_in('linxiaolan')
  await page.go('/o/customer')
  await page.getByTestId('cell-name').first().waitFor()
  await page.keyboard.press('c')
  const dialog = page.getByTestId('form-dialog')
  await dialog.getByTestId('field-name').locator('input:focus').waitFor()
  await page.keyboard.press('Control+Enter')
  await dialog.getByTestId('field-name').getByRole('alert').waitFor()
  await page.keyboard.type('北辰轴承')
  // Also with the focus on a button of the form, where Enter alone would press that button.
  await dialog.getByTestId('more-fields').focus()
  const [saved] = await Promise.all([page.waitForResponse(creating('customer')), page.keyboard.press('Control+Enter')])
  assert.equal(saved.status(), 201)
  await page.getByTestId('record-title').getByText('北辰轴承').waitFor()
})

// covers: CUST-21
test('a customer that is likely there already is shown before it is saved, and can be saved anyway', async () => {
  const page = await signed_in('linxiaolan')
  const first = await api(page, 'POST', '/api/records/customer', { name: '撞单测试机械有限公司', phone: '0510-8555 9876' })
  assert.equal(first.status, 201)
  await page.go('/o/customer')
  await page.getByTestId('cell-name').first().waitFor()
  await page.keyboard.press('c')
  const dialog = page.getByTestId('form-dialog')
  await dialog.getByTestId('field-name').locator('input:focus').waitFor()
  // As for whoever is faster than the hint while typing.
  await page.route('**/duplicates', (route) => route.abort())
  await page.keyboard.type('撞单测试机械（集团）')
  const [refused] = await Promise.all([page.waitForResponse(creating('customer')), page.keyboard.press('Control+Enter')])
  assert.equal(refused.status(), 409)
  await dialog.getByTestId('duplicate-hint').getByText('撞单测试机械有限公司').waitFor()
  assert.equal(await dialog.getByTestId('form-save').innerText(), '仍然保存')
  const [saved] = await Promise.all([page.waitForResponse(creating('customer')), dialog.getByTestId('form-save').click()])
  assert.equal(saved.status(), 201)
  await page.getByTestId('record-title').getByText('撞单测试机械（集团）').waitFor()
})

// covers: CUST-19
test('what was deleted is opened from the bin, says who deleted it, changes nothing, and comes back', async () => {
  const page = await signed_in('wuhao')
  const made = await api(page, 'POST', '/api/records/task', { title: '回收站里的任务' })
  assert.equal(made.status, 201)
  const id = made.body.id
  assert.equal((await api(page, 'DELETE', `/api/records/task/${id}`)).status, 200)
  await page.go('/bin?object=task')
  await page.getByTestId('bin-open').getByText('回收站里的任务').click()
  await page.waitForURL(`${server.origin}/o/task/${id}`)
  const banner = page.getByTestId('deleted-banner')
  await banner.getByText('吴昊').waitFor()
  await page.getByTestId('record-title').getByText('回收站里的任务').waitFor()
  assert.equal(await page.locator('[data-testid^="action-"]').count(), 0)
  await page.getByTestId('restore-record').click()
  await banner.waitFor({ state: 'detached' })
  assert.equal((await api(page, 'GET', `/api/records/task/${id}`)).status, 200)
})

// covers: PLAT-97 PLAT-99
test('the palette finds the customer by two characters and by pinyin initials, and Enter opens it', async () => {
  const page = await signed_in('linxiaolan')
  const palette = page.getByRole('dialog').filter({ has: page.getByRole('combobox') })
  for (const typed of ['云峰', 'yfjm', 'yunfeng']) {
    await page.keyboard.press('Control+k')
    await page.keyboard.type(typed)
    await palette.getByRole('option', { name: '云峰精密机械' }).waitFor()
    await page.keyboard.press('Escape')
    await palette.waitFor({ state: 'detached' })
  }
  // Whoever types and presses Enter before the answer is there means what is found.
  await page.keyboard.press('Control+k')
  await page.keyboard.type('云峰精密')
  await page.keyboard.press('Enter')
  await page.getByTestId('record-title').waitFor()
  assert.match(await page.getByTestId('record-title').innerText(), /云峰精密机械/)
})

// covers: CUST-39 CUST-44
test('the 360° page shows contacts, opportunities and the timeline, and takes a follow-up', async () => {
  const page = await signed_in('linxiaolan')
  const { body } = await api(page, 'GET', '/api/records/customer?limit=1&sort=last_follow_at:desc&fields=name')
  await page.go(`/o/customer/${body.records[0].id}`)
  await page.getByTestId('record-title').waitFor()
  await page.getByTestId('related-contacts').waitFor()
  await page.getByTestId('related-opportunities').waitFor()
  await page.getByTestId('compose-follow').click()
  await page.getByTestId('composer-text').fill('确认了验收时间，下周安排培训。')
  const [saved] = await Promise.all([page.waitForResponse((r) => r.url().endsWith('/api/records/activity') && r.request().method() === 'POST'), page.getByTestId('composer-send').click()])
  assert.equal(saved.status(), 201)
  await page.getByTestId('timeline').getByText('确认了验收时间，下周安排培训。').first().waitFor()
})

// covers: OPP-14
test('an opportunity moves on the board by keyboard and its stage is stored', async () => {
  const page = await signed_in('linxiaolan')
  await page.go('/o/opportunity/v/board')
  const card = page.getByTestId('board-card').first()
  await card.waitFor()
  await card.focus()
  await page.keyboard.press('m')
  await page.keyboard.press('ArrowRight')
  const [answer] = await Promise.all([page.waitForResponse((r) => r.url().includes('/api/records/opportunity/') && r.request().method() !== 'GET'), page.keyboard.press('Enter')])
  assert.equal(answer.status(), 200)
})

// covers: PLAT-102
test('a file in GBK is imported in the wizard, its bad row is told, and the import can be undone', async () => {
  const page = await signed_in('wuhao')
  const file = join(installation.folder, 'customers.csv')
  // 客户名称,员工人数 / 远澜新材料,120 / 星河智造,many  in GBK
  writeFileSync(file, Buffer.from('bfcdbba7c3fbb3c62cd4b1b9a4c8cbcafd0ad4b6c0bdd0c2b2c4c1cf2c3132300ad0c7bad3d6c7d4ec2c6d616e790a', 'hex'))
  await page.go('/o/customer/import')
  await page.locator('input[type=file]').setInputFiles(file)
  await page.getByTestId('import-column').first().waitFor()
  await page.getByTestId('import-next').click()
  await page.getByTestId('import-check').click()
  await page.getByTestId('reject-row').first().waitFor()
  await page.getByTestId('import-run').click()
  await page.getByTestId('import-result').waitFor()
  const made = await api(page, 'GET', `/api/records/customer?count=exact&fields=name,employees&filter=${encodeURIComponent(JSON.stringify(['name', 'is', '远澜新材料']))}`)
  assert.equal(made.body.count.value, 1)
  assert.equal(made.body.records[0].employees, 120)
  await page.getByTestId('import-undo').click()
  await page.getByTestId('import-result').getByText('导入已撤销').waitFor()
  const left = await api(page, 'GET', `/api/records/customer?count=exact&fields=name&filter=${encodeURIComponent(JSON.stringify(['name', 'is', '远澜新材料']))}`)
  assert.equal(left.body.count.value, 0)
  // The server knows it too: nothing is offered twice after a reload.
  await page.reload()
  await page.getByTestId('import-result').getByText('导入已撤销').waitFor()
  assert.equal(await page.getByTestId('import-undo').count(), 0)
})

test('a phone shows the list as cards and the record in parts', async () => {
  const page = await signed_in('linxiaolan', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true })
  await page.go('/o/customer')
  await page.getByTestId('phone-card').first().click()
  await page.getByTestId('record-tabs').waitFor()
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the screen')
})

test('going back with the browser leaves a new form that is empty, and asks about one that is not', async () => {
  const page = await signed_in('linxiaolan')
  await page.go('/o/customer')
  await page.getByTestId('cell-name').first().waitFor()
  const form = page.getByTestId('form-dialog')
  await page.keyboard.press('c')
  await form.getByTestId('field-name').locator('input:focus').waitFor()
  await page.keyboard.type('半途而废公司')
  await page.goBack()
  await page.getByTestId('unsaved-question').waitFor()
  assert.equal(new URL(page.url()).pathname, '/o/customer')
  await page.getByTestId('discard').click()
  await page.waitForURL('**/home')
  await form.waitFor({ state: 'detached' })

  await page.go('/o/customer')
  await page.getByTestId('cell-name').first().waitFor()
  await page.keyboard.press('c')
  await form.getByTestId('field-name').locator('input:focus').waitFor()
  await page.goBack()
  await page.waitForURL('**/home')
  await form.waitFor({ state: 'detached' })
})
