// Who may do what with customers, as people meet it: potential and trading ones apart, natural persons by a setting, a name
// that stays, and customers that are assigned.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser, answer_to, keep_pictures } from '../support/browser.mjs'
import { employee_of, open_office } from '../support/office.mjs'
import { until } from '../support/server.mjs'

const today = () => new Intl.DateTimeFormat('sv', { timeZone: 'Asia/Shanghai' }).format(new Date())

describe('rights on customers in the browser', () => {
  let office, browser, boss, zhou, lin, admin, seller, manager, pages
  before(async () => {
    office = await open_office('sqlite', { roles: { wang: 'account_manager', head: 'department_head', chief: 'decision_maker', dong: 'salesperson' } })
    ;({ boss, zhou, lin } = office)
    // A department that all of them are in: the manager's rights reach as far as it does.
    const department = await boss.create('department', { name: '销售部' })
    for (const client of [zhou, lin, office.wang]) await boss.change('employee', await boss.read('employee', employee_of(client)), { department: department.id })
    browser = await Browser.open(office.server.origin)
    ;[admin, seller, manager] = pages = await Promise.all([office.accounts.boss, office.accounts.zhou, office.accounts.wang].map((account) => browser.sign_in(account)))
  })
  afterEach((test) => keep_pictures(test, pages))
  after(async () => {
    await browser?.close()
    for (const page of pages ?? []) assert.deepEqual(page.errors, [])
    assert.deepEqual(office.server.defects(), [])
    await office?.server.stop()
  })

  const names = (page) => page.locator('[data-testid=cell-name] a.name > .ell').allInnerTexts()
  const shows = (page, wanted) => until(`the list shows ${wanted}`, async () => (await names(page)).sort().join() === [...wanted].sort().join(), 8_000)
  async function open_record(page, id) {
    await page.go(`/o/customer/${id}`)
    await page.getByTestId('record-title').waitFor()
  }
  async function answered(page, method, end, act) {
    const [answer] = await Promise.all([page.waitForResponse(answer_to(method, end)), act()])
    return answer.status()
  }

  test('potential and trading customers stand in lists of their own, and a role can be given one kind only (covers: CUST-06)', async () => {
    const [potential, trading] = [await zhou.create('customer', { name: '潜在样例公司' }), await zhou.create('customer', { name: '交易样例公司', trading: true })]
    await seller.go('/o/customer/v/potential')
    await shows(seller, [potential.name])
    await seller.getByTestId('views').getByRole('link', { name: '交易客户' }).click()
    await shows(seller, [trading.name])

    // The administrator writes the condition where rights are set, with what the page offers.
    const role = await boss.create('role', { code: 'potential_only', name: '潜客专员', grants: JSON.stringify({ objects: { '*': { view: 'all' }, customer: { view: 'all', change: 'all' } } }) })
    await admin.go(`/settings/roles/${role.id}`)
    for (const verb of ['view', 'change']) {
      await admin.getByTestId(`right-customer-${verb}`).click()
      await admin.getByTestId('scope-menu').getByTestId('matrix-condition').click()
      const field = admin.getByTestId('condition-field').getByRole('combobox')
      await field.click()
      await field.fill('交易客户')
      await admin.getByRole('listbox').getByRole('option', { name: '交易客户 trading', exact: true }).click()
      await admin.getByTestId('condition-piece').filter({ hasText: '否' }).click()
      assert.equal(await admin.getByTestId('condition').inputValue(), 'not trading')
    }
    assert.equal(await answered(admin, 'PATCH', role.id, () => admin.keyboard.press('Control+s')), 200)
    await boss.change('user', await boss.read('user', lin.user.id), { roles: [role.id] })

    const other = await browser.sign_in(office.accounts.lin)
    pages.push(other)
    await other.go('/o/customer')
    await shows(other, [potential.name])
    await other.go('/o/customer/v/trading')
    await other.locator('.empty').first().waitFor()
    assert.equal((await lin.get(`/api/records/customer/${trading.id}`)).status, 404)
    await boss.change('user', await boss.read('user', lin.user.id), { roles: [(await boss.all('role')).find(({ code }) => code === 'salesperson').id] })
  })

  test('a potential customer becomes a trading one, keeps its history, and says when and by whom (covers: CUST-07)', async () => {
    const customer = await zhou.create('customer', { name: '转换样例公司', level: 'b' })
    await zhou.change('customer', customer, { level: 'a' })
    await zhou.create('activity', { subject: '第一次拜访', customer: customer.id, kind: 'visit' })
    await open_record(seller, customer.id)
    await seller.getByTestId('action-convert').click()
    await seller.getByTestId('action-submit').click()
    await seller.getByTestId('value-trading').getByText('是', { exact: true }).waitFor()
    assert.equal((await seller.getByTestId('value-trading_since').innerText()).trim(), today())
    assert.match(await seller.getByTestId('value-trading_by').innerText(), /周凯/)
    await seller.getByTestId('timeline').getByText('第一次拜访').waitFor()
    const { history } = await zhou.expect(200, 'GET', `/api/records/customer/${customer.id}/history`)
    assert.ok(history.some(({ changes }) => changes.some(({ field }) => field === 'level')), 'what was before is still told')
    assert.equal(await seller.getByTestId('action-convert').count(), 0, 'once')
    assert.deepEqual((await zhou.all('customer', { view: 'trading', filter: ['id', 'is', customer.id] })).map(({ id }) => id), [customer.id])
  })

  test('natural persons are customers only when the company has said so (covers: CUST-12)', async () => {
    const offered = async () => {
      await seller.keyboard.press('Escape') // an open list keeps the choices that it was opened with
      const box = seller.getByTestId('field-nature').getByRole('combobox')
      await box.click()
      const options = seller.getByRole('listbox').getByRole('option')
      await options.first().waitFor()
      return (await options.allInnerTexts()).map((text) => text.trim())
    }
    await seller.go('/o/customer/new')
    assert.deepEqual(await offered(), ['单位'])
    assert.equal((await zhou.post('/api/records/customer', { name: '李明', nature: 'person' })).status, 422)

    const item = (await boss.all('dictionary_item', { fields: 'code,dictionary' })).find(({ code, dictionary }) => code === 'person' && dictionary.title === '客户性质')
    await admin.go(`/o/dictionary_item/${item.id}`)
    await admin.getByTestId('record-title').waitFor()
    await admin.keyboard.press('e')
    const form = admin.getByTestId('form-dialog')
    await form.getByTestId('field-active').locator('.sw').click()
    assert.equal(await answered(admin, 'PATCH', item.id, () => form.getByTestId('form-save').click()), 200)

    await until('a person can be chosen', async () => (await offered()).join() === '单位,个人')
    await seller.getByRole('listbox').getByRole('option', { name: '个人' }).click()
    await seller.getByTestId('field-name').locator('input').fill('李明')
    assert.equal(await answered(seller, 'POST', '/api/records/customer', () => seller.getByTestId('form-save').click()), 201)
  })

  test('the company name stays as it is but for a special right, and the correction is on the log (covers: CUST-18)', async () => {
    const customer = await zhou.create('customer', { name: '原名轴承公司', phone: '0512-55550001' })
    await open_record(seller, customer.id)
    await seller.keyboard.press('e')
    const form = seller.getByTestId('form-dialog')
    await form.getByTestId('form-save').waitFor()
    assert.equal(await form.getByTestId('field-name').locator('input:enabled').count(), 0, 'the name is not offered')
    await form.getByTestId('field-phone').locator('input').fill('0512-55550002')
    assert.equal(await answered(seller, 'PATCH', customer.id, () => form.getByTestId('form-save').click()), 200)
    assert.equal((await zhou.patch(`/api/records/customer/${customer.id}`, { name: '新名' }, { 'if-match': String((await zhou.read('customer', customer.id)).version) })).status, 422)

    await open_record(manager, customer.id)
    await manager.keyboard.press('e')
    const corrected = manager.getByTestId('form-dialog')
    await corrected.getByTestId('field-name').locator('input').fill('更名轴承公司')
    assert.equal(await answered(manager, 'PATCH', customer.id, () => corrected.getByTestId('form-save').click()), 200)
    await manager.getByTestId('record-title').getByText('更名轴承公司').waitFor()
    await seller.getByTestId('record-title').getByText('更名轴承公司').waitFor()
    const { history } = await zhou.expect(200, 'GET', `/api/records/customer/${customer.id}/history`)
    const change = history.flatMap(({ who, changes }) => changes.map((one) => ({ who: who?.title, ...one }))).find(({ field }) => field === 'name')
    assert.deepEqual([change.who, change.old, change.new], ['wang', '原名轴承公司', '更名轴承公司'])
  })

  test('a manager assigns several customers from the list; from then on the new owner edits them and the old one does not (covers: CUST-16, CUST-17, CUST-58)', async () => {
    const [first] = [await zhou.create('customer', { name: '指派样例一' }), await zhou.create('customer', { name: '指派样例二' })]
    async function edit(page, phone) {
      await open_record(page, first.id)
      await page.keyboard.press('e')
      const form = page.getByTestId('form-dialog')
      await form.getByTestId('form-save').waitFor()
      await form.getByTestId('field-phone').locator('input').fill(phone)
      return answered(page, 'PATCH', first.id, () => form.getByTestId('form-save').click())
    }
    assert.equal(await edit(seller, '0512-55550011'), 200, 'its creator edits it until it is assigned')
    await manager.go('/o/customer?q=指派样例')
    await until('two rows', async () => (await manager.getByTestId('grid-row').count()) === 2)
    for (const row of [0, 1]) await manager.getByTestId('grid-row').nth(row).locator('.check label').click()
    await manager.keyboard.press('t')
    const box = manager.getByTestId('assign-owner').getByRole('combobox')
    await box.click()
    await box.fill('林悦')
    await manager.getByRole('listbox').getByRole('option').filter({ hasText: '林悦' }).first().click()
    await manager.getByTestId('bulk-apply').click()
    await until('they are the new owner\'s', async () => (await lin.all('customer', { search: '指派样例' })).length === 2)
    assert.deepEqual((await lin.all('customer', { search: '指派样例' })).map(({ owner }) => owner.title), ['林悦', '林悦'])
    assert.equal((await zhou.all('customer', { search: '指派样例' })).length, 0)
    const told = await browser.sign_in(office.accounts.lin)
    pages.push(told)
    await told.go('/notices')
    await told.getByTestId('notice').filter({ hasText: '2' }).filter({ hasText: 'wang' }).first().waitFor()
    assert.equal(await edit(told, '0512-55550012'), 200)
    assert.equal(await edit(manager, '0512-55550013'), 200)
    await seller.go(`/o/customer/${first.id}`)
    await seller.locator('.empty').first().waitFor()
    assert.equal((await zhou.get(`/api/records/customer/${first.id}`)).status, 404)
    const own = await zhou.create('customer', { name: '自留样例' })
    await seller.go('/o/customer?q=自留样例')
    await seller.getByTestId('grid-row').first().locator('.check label').click()
    await seller.getByTestId('bulk-change').waitFor()
    assert.equal(await seller.getByTestId('bulk-assign').count(), 0, 'a salesperson assigns nobody')
    assert.equal((await zhou.post('/api/records/customer/assign', { ids: [own.id], owner: employee_of(lin) })).status, 403)
  })

  test('the same list shows each what the department and the post allow: own, the department, those below, all (covers: PLAT-49, PLAT-63)', async () => {
    const above = await boss.create('department', { name: '华东大区' })
    const below = await boss.create('department', { name: '华东一部', parent: above.id })
    const position = await boss.create('position', { name: '运营总监', code: 'operations_director' })
    const sits = async (client, fields) => boss.change('employee', await boss.read('employee', employee_of(client)), fields)
    await sits(office.head, { department: above.id })
    await sits(office.dong, { department: below.id })
    const elsewhere = await zhou.create('customer', { name: '同一查询甲' }) // in the department of the others
    const mine = await office.dong.create('customer', { name: '同一查询乙' })
    const theirs = await office.wang.create('customer', { name: '同一查询丙' })
    const seen = async (login, wanted) => {
      const page = await browser.sign_in(office.accounts[login])
      pages.push(page)
      await page.go('/o/customer?q=同一查询')
      await shows(page, wanted.map(({ name }) => name))
      return page
    }
    await seen('zhou', [elsewhere])
    const other = await seen('dong', [mine])
    await seen('wang', [elsewhere, theirs])
    await seen('head', [mine])
    await seen('chief', [elsewhere, mine, theirs])
    // A post brings its role along, to whoever holds it, while the page is open.
    const everything = (await boss.all('role')).find(({ code }) => code === 'decision_maker')
    await boss.create('role_assignment', { role: everything.id, position: position.id })
    await sits(office.dong, { position: position.id })
    await shows(other, [elsewhere, mine, theirs].map(({ name }) => name))
  })
})
