// An administrator sets up who may do what, and people see what follows from it: roles, comparison, details, explanations,
// shares, masked fields and hidden menus, with mouse and keyboard in a real Chromium.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { at_work } from '../support/at_work.mjs'
import { employee_of } from '../support/office.mjs'
import { until } from '../support/server.mjs'

const phone = { viewport: { width: 390, height: 844 } }

async function pick(box, title) {
  await box.click()
  await box.fill(title)
  await box.page().getByRole('option').filter({ has: box.page().getByText(title, { exact: true }) }).first().click()
}
async function set_moment(holder, text) {
  await holder.locator('input').fill(text)
  await holder.locator('input').press('Enter')
}
async function saved(page, save) {
  const [answer] = await Promise.all([page.waitForResponse((one) => one.request().method() === 'PATCH' && one.url().includes('/api/records/role/')), save()])
  return answer.status()
}
const record_menu = async (page, name) => {
  await page.getByTestId('record-menu').click()
  await page.getByRole('menuitem', { name }).click()
}

describe('rights in the browser', () => {
  let office, browser, boss, zhou, lin, admin, seller, pages
  let roles = 0
  at_work((all) => ({ office, browser, boss, zhou, lin, admin, seller, pages } = all))

  const new_role = (grants, more = {}) => boss.create('role', { code: `r${++roles}`, name: `角色 ${roles}`, grants: JSON.stringify(grants), ...more })
  const role_of = async (id) => boss.read('role', id)
  const grants_of = async (id) => JSON.parse((await role_of(id)).grants)
  const give = async (client, ...ids) => boss.change('user', await boss.read('user', client.user.id), { roles: ids })
  // Somebody with just these rights, at a page of his own.
  async function person(login, grants, options) {
    const account = office.installation.add_user(login, 'salesperson', { name: login })
    const client = await office.server.sign_in(account)
    const role = await new_role(grants)
    await give(client, role.id)
    const page = await browser.sign_in(account, options)
    pages.push(page)
    return { client, role, page }
  }
  async function open_role(page, id, tab = '') {
    await page.visit(`/settings/roles/${id}${tab && `?tab=${tab}`}`)
    await page.getByTestId(tab ? `tab-${tab}` : 'matrix').waitFor()
  }
  const cell = (page, object, verb) => page.getByTestId(`right-${object}-${verb}`)
  const word = async (page, object, verb) => (await cell(page, object, verb).locator('.mark').innerText()).trim()

  test('a role is edited in the matrix with the keyboard alone, its condition is checked in place, and one undo takes it back (covers: PLAT-51, PLAT-53, PLAT-60, PLAT-61)', async () => {
    const role = await new_role({ objects: { '*': { view: 'all' }, customer: { view: 'own', change: 'own' } } })
    await admin.visit('/settings')
    await admin.getByTestId('page-roles').click()
    await admin.getByTestId(`role-${role.code}`).click()
    await admin.getByTestId('matrix').waitFor()
    assert.deepEqual([await word(admin, 'customer', 'view'), await word(admin, 'contact', 'view'), await word(admin, 'role', 'view')], ['本人', '全部', '—'], 'named, as all others, restricted')

    await admin.getByTestId('matrix-find').fill('客户')
    await admin.keyboard.press('ArrowDown') // into the matrix: the line of the area, then customers
    await admin.keyboard.press('ArrowDown')
    await admin.keyboard.press('ArrowRight')
    await admin.keyboard.press('d')
    await until('the department', async () => (await word(admin, 'customer', 'view')) === '部门')
    await admin.keyboard.press('ArrowRight')
    await admin.keyboard.press('ArrowRight')
    await admin.keyboard.press('Enter')
    await admin.getByTestId('scope-menu').locator('button:focus').waitFor()
    for (let i = 0; i < 4; ++i) await admin.keyboard.press('ArrowDown')
    await admin.keyboard.press('Enter')
    assert.equal(await word(admin, 'customer', 'change'), '全部')

    await admin.keyboard.press('w')
    await admin.getByTestId('inspector').locator('textarea:focus').waitFor()
    await admin.keyboard.type("levl = 'a'")
    const hint = admin.getByTestId('condition-hint')
    await until('the server finds the mistake', async () => /levl/.test(await hint.innerText()))
    assert.equal(await saved(admin, () => admin.keyboard.press('Control+s')), 422)
    await admin.getByTestId('role-refused').waitFor()
    assert.match(await hint.innerText(), /levl/)
    assert.deepEqual((await grants_of(role.id)).objects.customer, { view: 'own', change: 'own' }, 'nothing was saved')
    await admin.getByTestId('condition').fill("level = 'a'")
    await until('it is well again', async () => (await hint.getAttribute('role')) !== 'alert')
    await admin.getByTestId('role-unsaved').click()
    assert.match(await admin.getByTestId('role-changes').innerText(), /客户 · 修改：本人 → 全部，且 level = 'a'/)
    assert.equal(await saved(admin, () => admin.keyboard.press('Control+s')), 200)
    const { view, change } = (await grants_of(role.id)).objects.customer
    assert.deepEqual([view, change], ['department', { scope: 'all', where: "level = 'a'" }])

    await admin.getByTestId('role-menu').click()
    await admin.getByRole('menuitem', { name: '变更记录' }).click()
    const entry = admin.getByTestId('history-entry').first()
    await entry.getByText('客户 · 查看').waitFor()
    assert.match(await entry.innerText(), /本人\s*→\s*部门/)
    await entry.getByTestId('history-undo').click()
    await entry.getByTestId('history-undo-sure').click()
    await until('the role is as before', async () => (await grants_of(role.id)).objects.customer.view === 'own')
    await admin.keyboard.press('Escape')
    await until('the matrix follows', async () => (await word(admin, 'customer', 'view')) === '本人')
  })

  test('an area is set at once, an object by mouse, and a line goes back to what holds for all others (covers: PLAT-53, PLAT-61)', async () => {
    const role = await new_role({ objects: { '*': { view: 'own' }, task: { view: 'none' } } })
    await open_role(admin, role.id)
    await cell(admin, 'sales', 'view').click()
    await admin.getByTestId('scope-department_and_below').click()
    assert.deepEqual([await word(admin, 'customer', 'view'), await word(admin, 'task', 'view'), await word(admin, 'product', 'view')], ['部门＋', '部门＋', '本人'], 'what has no owner keeps what it had')
    await cell(admin, 'customer', 'export').click()
    await admin.getByTestId('scope-all').click()
    await admin.getByTestId('matrix-object-task').locator('th').click()
    await admin.getByTestId('matrix-as-others').click()
    assert.equal(await word(admin, 'task', 'view'), '本人')
    assert.equal(await saved(admin, () => admin.getByRole('button', { name: '保存', exact: true }).click()), 200)
    const { objects } = await grants_of(role.id)
    assert.deepEqual([objects.customer.view, objects.customer.export, objects.task], ['department_and_below', 'all', undefined])
  })

  test('saving over what somebody else saved says so, keeps the edits, and puts them on top when wanted (covers: PLAT-51)', async () => {
    const role = await new_role({ objects: { customer: { view: 'own', print: 'own' } } })
    await open_role(admin, role.id)
    await cell(admin, 'customer', 'view').click()
    await admin.getByTestId('scope-team').click()
    await cell(admin, 'customer', 'print').click()
    await admin.getByTestId('scope-all').click()
    await boss.change('role', role, { grants: JSON.stringify({ objects: { customer: { view: 'all', print: 'own' } }, special: ['customer.rename'] }) })
    const stale = admin.getByTestId('role-stale')
    await stale.waitFor()
    assert.match(await stale.innerText(), /总管.*修改了这个角色/)
    assert.match(await stale.innerText(), /客户 · 查看：本人 → 全部/)
    assert.match(await stale.innerText(), /两边都改了：客户 · 查看/)
    assert.deepEqual([await word(admin, 'customer', 'view'), await word(admin, 'customer', 'print')], ['团队', '全部'], 'the edits are still there')
    await admin.getByTestId('stale-keep').click()
    assert.equal(await saved(admin, () => admin.keyboard.press('Control+s')), 200)
    const grants = await grants_of(role.id)
    assert.deepEqual([grants.objects.customer.view, grants.objects.customer.print, grants.special], ['team', 'all', ['customer.rename']])
  })

  test('a version that is older than the stored one is refused, and the page says so without losing anything (covers: PLAT-51)', async () => {
    const role = await new_role({ objects: { customer: { view: 'own' } } })
    await open_role(admin, role.id)
    // Deaf to events, as behind a broken line: only the answer to the save tells.
    await admin.route('**/api/records/role/*', (route) => (route.request().method() === 'GET' ? route.abort() : route.continue()))
    await boss.change('role', role, { grants: JSON.stringify({ objects: { customer: { view: 'own', add: 'all' } } }) })
    await cell(admin, 'customer', 'view').click()
    await admin.getByTestId('scope-all').click()
    assert.equal(await saved(admin, () => admin.keyboard.press('Control+s')), 412)
    await admin.getByTestId('role-stale').waitFor()
    assert.equal(await word(admin, 'customer', 'view'), '全部')
    await admin.unroute('**/api/records/role/*')
    await admin.getByTestId('stale-discard').click()
    assert.deepEqual([await word(admin, 'customer', 'view'), await word(admin, 'customer', 'add')], ['本人', '全部'])
  })

  test('leaving with unsaved edits asks first (covers: PLAT-51)', async () => {
    const role = await new_role({ objects: { customer: { view: 'own' } } })
    await open_role(admin, role.id)
    await cell(admin, 'customer', 'view').click()
    await admin.getByTestId('scope-all').click()
    await admin.getByTestId('role-salesperson').click()
    await admin.getByTestId('leave-save').waitFor()
    await admin.getByTestId('leave-discard').click()
    await admin.getByTestId('role-title').getByText('salesperson').waitFor()
    assert.equal((await grants_of(role.id)).objects.customer.view, 'own')
  })

  test('the nine roles ship, one is copied with all its rights, given to a team until a day, and deleted (covers: PLAT-51, PLAT-52, PLAT-57)', async () => {
    await admin.visit('/settings/roles')
    for (const title of ['系统管理员', '决策者', '部门主管', '区域销售经理', '客户经理', '销售', '市场人员', '客服', '技术支持']) await admin.getByRole('navigation', { name: '角色与权限' }).getByText(title, { exact: true }).waitFor()
    await admin.getByTestId('role-account_manager').click()
    await admin.getByTestId('role-title').getByText('account_manager').waitFor()
    await admin.getByTestId('role-menu').click()
    await admin.getByRole('menuitem', { name: '复制角色' }).click()
    await admin.locator('#copy-name:focus').waitFor()
    await admin.locator('#copy-name').fill('大客户经理')
    await admin.locator('#copy-code').fill('Key Account')
    await admin.getByTestId('copy-make').click()
    await admin.getByTestId('copy-role').getByRole('alert').waitFor()
    await admin.locator('#copy-code').fill('key_account')
    await admin.getByTestId('copy-make').click()
    await admin.getByTestId('role-title').getByText('key_account').waitFor()
    const all = await boss.all('role', { fields: 'code,grants' })
    const of = (code) => JSON.parse(all.find((role) => role.code === code).grants)
    assert.deepEqual(of('key_account').objects, of('account_manager').objects)

    const team = await boss.create('team', { name: '大客户组', members: [employee_of(lin)] })
    await admin.getByTestId('tab-members').click()
    await admin.getByTestId('member-add').click()
    const form = admin.getByTestId('give-role')
    await form.getByTestId('give-kind').getByRole('button', { name: '团队' }).click()
    await pick(form.getByTestId('give-to').getByRole('combobox'), '大客户组')
    await admin.keyboard.press('Tab')
    await set_moment(form.getByTestId('give-until'), '2099-01-01 00:00')
    await form.getByTestId('give-apply').click()
    await form.waitFor({ state: 'detached' })
    const member = admin.getByTestId('member')
    await member.getByText('大客户组').waitFor()
    assert.match(await member.innerText(), /有效至 2099-01-01/)
    assert.ok((await boss.expect(200, 'GET', `/api/rights/users/${lin.user.id}`)).roles.some((role) => role.role === 'key_account' && role.through.title === team.name))
    await admin.getByTestId('member-remove').click()
    await until('nobody has it any more', async () => (await boss.count('role_assignment')) === 0)
    await admin.getByRole('button', { name: '删除', exact: true }).click()
    await until('the role is gone', async () => !(await boss.all('role')).some((role) => role.code === 'key_account'))
  })

  test('field, menu and special rights of a role are set on their own tabs (covers: PLAT-54, PLAT-55, PLAT-64, PLAT-65)', async () => {
    const role = await new_role({ objects: { contact: { view: 'all' } } })
    await open_role(admin, role.id, 'fields')
    await admin.getByTestId('fields-object').selectOption('contact')
    const mobile = admin.getByTestId('field-right-mobile')
    await mobile.getByRole('radio', { name: '可改' }).focus()
    await admin.keyboard.press('ArrowLeft')
    await mobile.getByRole('radio', { name: '只读' }).and(admin.locator(':focus')).waitFor()
    await admin.keyboard.press('ArrowLeft')
    await mobile.getByRole('radio', { name: '脱敏' }).and(admin.locator(':focus')).waitFor()
    assert.equal(await mobile.getByRole('radio', { name: '脱敏' }).getAttribute('aria-checked'), 'true')
    const health = admin.getByTestId('field-right-health')
    assert.equal(await health.getByRole('radio', { name: '不可见' }).getAttribute('aria-checked'), 'true', 'sensitive fields are off unless named')
    await health.getByRole('radio', { name: '只读' }).click()
    assert.equal(await admin.getByTestId('field-right-name').getByRole('radio', { name: '不可见' }).isDisabled(), true)
    await admin.getByTestId('tab-menus').click()
    await admin.getByTestId('menu-product').click()
    await admin.getByTestId('tab-special').click()
    await admin.getByTestId('special-customer.rename').click()
    assert.equal(await saved(admin, () => admin.keyboard.press('Control+s')), 200)
    const { fields, menus, special } = await grants_of(role.id)
    assert.deepEqual([fields, menus, special], [{ 'contact.health': 'read', 'contact.mobile': 'masked' }, { product: false }, ['customer.rename']])
  })

  test('the administrator flag opens everything and is said in words', async () => {
    const role = await new_role({})
    await open_role(admin, role.id)
    await admin.getByTestId('administrator').click()
    await admin.getByText('系统管理员可以做一切').waitFor()
    assert.equal(await saved(admin, () => admin.keyboard.press('Control+s')), 200)
    assert.equal((await grants_of(role.id)).administrator, true)
  })

  test('on a phone the matrix is one object at a time (covers: PLAT-53)', async () => {
    const role = await new_role({ objects: { customer: { view: 'own' } } })
    const page = await browser.sign_in(office.accounts.boss, phone)
    pages.push(page)
    await page.visit('/settings/roles')
    await page.getByTestId(`role-${role.code}`).click()
    await page.getByTestId('phone-object').selectOption('customer')
    await page.getByTestId('phone-right-view').selectOption('all')
    await page.getByTestId('phone-condition-view').click()
    await page.getByTestId('condition').fill("level = 'a'")
    await page.getByTestId('phone-right-print').selectOption('team')
    assert.equal(await saved(page, () => page.getByTestId('phone-save').click()), 200)
    const { view, print } = (await grants_of(role.id)).objects.customer
    assert.deepEqual([view, print], [{ scope: 'all', where: "level = 'a'" }, 'team'])
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing stands out at the side')
  })

  test('roles stand side by side with their differences marked, and leave as CSV (covers: PLAT-61)', async () => {
    await admin.visit('/settings/roles/compare?roles=salesperson')
    const box = admin.getByTestId('compare-roles').getByRole('combobox')
    await pick(box, '部门主管')
    await admin.keyboard.press('Escape')
    const row = admin.getByTestId('compare-objects.customer.view')
    await row.waitFor()
    assert.deepEqual(await row.locator('td').allInnerTexts(), ['本人', '部门及下级'])
    assert.equal(await row.locator('td').nth(1).evaluate((td) => td.classList.contains('is-warn')), true)
    assert.match(await row.locator('th').innerText(), /不同/)
    assert.equal(await admin.getByTestId('compare-objects.product.view').count(), 0, 'the same in both')
    await admin.getByTestId('compare-only').click()
    await admin.getByTestId('compare-objects.product.view').waitFor()
    const [download] = await Promise.all([admin.waitForEvent('download'), admin.getByTestId('compare-csv').click()])
    const csv = readFileSync(await download.path(), 'utf8')
    assert.match(csv, /^\ufeff对象,权限,销售,部门主管,不同\r\n/)
    assert.match(csv, /\r\n客户,查看,本人,部门及下级,是\r\n/)
  })

  test('from an account to its rights in detail: every right with its source, searched (covers: PLAT-58)', async () => {
    const department = await boss.create('department', { name: '东方部' })
    await boss.change('employee', await boss.read('employee', employee_of(lin)), { department: department.id })
    const role = await new_role({ objects: { product: { change: 'all', view: 'all' } }, fields: { 'contact.mobile': 'masked' } })
    await boss.create('role_assignment', { role: role.id, department: department.id })
    await admin.visit(`/o/user/${lin.user.id}`)
    await admin.getByTestId('record-title').waitFor()
    await record_menu(admin, '权限明细')
    await admin.getByTestId('details-name').getByText('林悦').waitFor()
    assert.deepEqual((await admin.getByTestId('details-role').allInnerTexts()).map((text) => text.trim()), ['销售（直接给账号）', `${role.name}（通过部门「东方部」）`])
    const line = async (key) => (await admin.getByTestId(`detail-${key}`).locator('th, td').allInnerTexts()).map((text) => text.trim())
    assert.deepEqual(await line('customer.view'), ['查看', '本人', '销售（直接给账号）'])
    assert.deepEqual(await line('product.change'), ['修改', '全部', `${role.name}（通过部门「东方部」）`])
    assert.equal(await admin.getByTestId('detail-customer.delete').count(), 0)
    await admin.getByTestId('details-refused').click()
    assert.deepEqual(await line('customer.delete'), ['删除', '无权限', '—'])
    await admin.getByTestId('details-find').fill('东方部 修改')
    await until('only what came with the department', async () => (await admin.locator('[data-testid^="detail-"]').count()) === 1)
    await pick(admin.getByTestId('details-user').getByRole('combobox'), '周凯')
    await admin.getByTestId('details-name').getByText('周凯').waitFor()
  })

  test('a department lists who there may do what with an object (covers: PLAT-59)', async () => {
    const department = await boss.create('department', { name: '西方部' })
    await boss.change('employee', await boss.read('employee', employee_of(zhou)), { department: department.id })
    await admin.visit(`/o/department/${department.id}`)
    await admin.getByTestId('record-title').waitFor()
    await record_menu(admin, '部门权限列表')
    await admin.getByTestId('departments-object').selectOption('customer')
    assert.deepEqual([await admin.getByTestId('may-zhou-view').innerText(), await admin.getByTestId('may-zhou-delete').innerText()], ['本人', '—'])
    await admin.getByTestId('departments-object').selectOption('product')
    await until('products', async () => (await admin.getByTestId('may-zhou-view').innerText()) === '全部')
    await boss.create('role_assignment', { role: (await new_role({ objects: { customer: { delete: { scope: 'all', where: "level = 'a'" } } } })).id, department: department.id })
    await admin.reload()
    await admin.getByTestId('departments-object').selectOption('customer')
    await until('the assignment counts', async () => (await admin.getByTestId('may-zhou-delete').innerText()) === '全部')
    assert.match(await admin.getByTestId('may-zhou-delete').getAttribute('title'), /level = 'a'/)
  })

  test('a record says why somebody can or cannot see or change it or one of its fields; for oneself everybody may ask (covers: PLAT-58)', async () => {
    const customer = await zhou.create('customer', { name: '说明轴承有限公司' })
    await admin.visit(`/o/customer/${customer.id}`)
    await admin.getByTestId('record-title').waitFor()
    await record_menu(admin, /权限说明/)
    const verdict = admin.getByTestId('why-verdict')
    await verdict.getByText('你可以查看这条记录').waitFor()
    await pick(admin.getByTestId('why-user').getByRole('combobox'), '林悦')
    await verdict.getByText('林悦不能查看这条记录').waitFor()
    assert.match(await admin.getByTestId('why-step-function').innerText(), /角色「销售」（直接给账号）：允许，范围为本人/)
    assert.match(await admin.getByTestId('why-step-record').innerText(), /角色「销售」.*范围为本人，不包含这条记录/s)
    await zhou.expect(200, 'POST', `/api/records/customer/${customer.id}/shares`, { body: { kind: 'employee', grantee: employee_of(lin), level: 'read' } })
    await admin.getByTestId('why-verb').selectOption('change')
    await verdict.getByText('林悦不能修改这条记录').waitFor()
    assert.match(await admin.getByTestId('why-step-record').innerText(), /共享给人员「林悦」，只读/)
    await admin.getByTestId('why-verb').selectOption('view')
    await verdict.getByText('林悦可以查看这条记录').waitFor()
    // While the next answer is on its way, nothing is claimed of what was not asked yet.
    let arrive
    await admin.route('**/access?*', async (route) => { await new Promise((done) => (arrive = done)); await route.continue() })
    await admin.getByTestId('why-verb').selectOption('delete')
    await until('it is asked', () => arrive)
    assert.equal(await verdict.innerText(), '林悦可以查看这条记录')
    arrive()
    await verdict.getByText('林悦不能删除这条记录').waitFor()
    await admin.unroute('**/access?*')

    await seller.visit(`/o/customer/${customer.id}`)
    await seller.getByTestId('record-title').waitFor()
    await seller.getByTestId('value-status').hover()
    await seller.getByTestId('value-status').getByRole('button', { name: /状态/ }).last().click()
    await seller.getByRole('menuitem', { name: '为什么能看、能改' }).click()
    await seller.getByTestId('why-verdict').getByText('你可以修改这条记录的「状态」').waitFor()
    assert.match(await seller.getByTestId('why-step-field').innerText(), /字段可改/)
    assert.equal(await seller.getByTestId('why-user').count(), 0, 'others are asked about by whoever may explain rights')
  })

  test('what one owns is shared from its page with people, departments and teams, until an end, and closed again (covers: PLAT-62, CUST-59, OPP-06, ACT-10, ACT-31)', async () => {
    await give(zhou, (await boss.all('role')).find((role) => role.code === 'salesperson').id)
    const customer = await zhou.create('customer', { name: '共享齿轮有限公司' })
    const owned = [
      ['customer', customer],
      ['opportunity', await zhou.create('opportunity', { name: '共享商机', customer: customer.id, stage: office.open_stages[0].id })],
      ['activity', await zhou.create('activity', { subject: '共享活动', customer: customer.id, kind: 'call' })],
      ['task', await zhou.create('task', { title: '共享任务', owner: employee_of(zhou) })],
    ]
    const path = (object, record) => `/api/records/${object}/${record.id}`
    for (const [object, record] of owned) {
      const before = (await lin.get(path(object, record))).status
      await seller.visit(`/o/${object}/${record.id}`)
      await seller.getByTestId('record-title').waitFor()
      await record_menu(seller, /共享/)
      await seller.getByText('还没有共享给任何人').waitFor()
      await pick(seller.getByTestId('share-grantee').getByRole('combobox'), '林悦')
      await seller.getByTestId('share-level').getByRole('button', { name: '可修改' }).click()
      await seller.getByTestId('share-apply').click()
      const share = seller.getByTestId('share')
      await share.getByText('林悦').waitFor()
      assert.match(await share.innerText(), /可修改.*一直有效/s)
      assert.equal((await lin.read(object, record.id)).rights.change, true, `${object} may be changed by whom it is shared with`)
      await seller.getByTestId('share-remove').click()
      await seller.getByText('还没有共享给任何人').waitFor()
      assert.equal((await lin.get(path(object, record))).status, before, `${object} is closed again`)
    }

    const [, opportunity] = owned[1]
    const team = await boss.create('team', { name: '齿轮组', members: [employee_of(lin)] })
    await seller.visit(`/o/opportunity/${opportunity.id}`)
    await seller.getByTestId('record-title').waitFor()
    await record_menu(seller, /共享/)
    await seller.getByTestId('share-kind').getByRole('button', { name: '团队' }).click()
    await pick(seller.getByTestId('share-grantee').getByRole('combobox'), team.name)
    const end = seller.getByTestId('share-until').locator('input')
    await end.fill('2001-01-01 00:00')
    await end.press('Enter')
    await seller.getByTestId('share-apply').click()
    await seller.getByTestId('share-form').getByRole('alert').waitFor()
    assert.equal((await lin.get(path('opportunity', opportunity))).status, 404, 'refused: nothing was shared')
    await end.fill('2099-12-31 18:00')
    await end.press('Enter')
    await seller.getByTestId('share-apply').click()
    await seller.getByTestId('share').getByText('有效至 2099-12-31 18:00').waitFor()
    assert.equal((await lin.get(path('opportunity', opportunity))).status, 200)
    await zhou.expect(200, 'POST', `${path('opportunity', opportunity)}/shares`, { body: { kind: 'team', grantee: team.id, level: 'read', until: new Date(Date.now() + 1500).toISOString() } })
    await seller.getByTestId('share').getByText('已到期').waitFor()
    assert.equal((await lin.get(path('opportunity', opportunity))).status, 404)
  })

  test('many chosen records are shared at once (covers: PLAT-62, CUST-59)', async () => {
    for (const name of ['成批一', '成批二', '成批三']) await zhou.create('customer', { name })
    await seller.visit('/o/customer?q=成批')
    await until('three rows', async () => (await seller.getByTestId('grid-row').count()) === 3)
    for (const row of [0, 2]) await seller.getByTestId('grid-row').nth(row).locator('.check label').click()
    await seller.getByTestId('bulk-share').click()
    await pick(seller.getByTestId('share-grantee').getByRole('combobox'), '林悦')
    await seller.getByTestId('share-apply').click()
    await seller.getByText('2 条记录已共享给「林悦」').waitFor()
    assert.equal((await lin.all('customer', { search: '成批' })).length, 2)
  })

  test('a masked field stands behind a lock and serves no filter, sort, grouping or bulk edit (covers: PLAT-64)', async () => {
    const customer = await boss.create('customer', { name: '脱敏公司' })
    const contact = await boss.create('contact', { name: '方静', customer: customer.id, mobile: '13951234567', birthday: '1980-05-06' })
    const { page } = await person('masked', { objects: { '*': { view: 'all' }, contact: { view: 'all', change: 'all' } }, fields: { 'contact.mobile': 'masked', 'contact.birthday': 'masked', 'contact.status': 'masked' } })
    await page.visit(`/o/contact/${contact.id}`)
    const mobile = page.getByTestId('value-mobile').getByTestId('masked')
    await mobile.waitFor()
    assert.match(await mobile.innerText(), /139\*\*\*\*4567/)
    assert.match(await mobile.getAttribute('title'), /脱敏/)
    assert.equal(await mobile.locator('svg').count(), 1)
    assert.match(await page.getByTestId('value-birthday').innerText(), /\*\*\*/)
    assert.doesNotMatch(await page.content(), /13951234567|1980-05-06/)
    assert.equal(await page.locator('a[href^="tel:139"]').count(), 0)
    await page.getByTestId('value-mobile').click()
    assert.equal(await page.getByTestId('edit-mobile').count(), 0)

    await page.visit('/o/contact?c=name,mobile,title&f=%5B%22name%22,%22is%22,%22方静%22%5D')
    await page.getByTestId('cell-mobile').getByTestId('masked').waitFor()
    assert.equal(await page.getByTestId('column-mobile').getByRole('button').count(), 0, 'no order by it')
    const offered = async (box) => {
      await box.click()
      const options = page.getByRole('listbox').getByRole('option') // not those of the selects around it
      await options.first().waitFor()
      return (await options.allInnerTexts()).map((text) => text.split('\n')[0].trim())
    }
    await page.getByTestId('filter').click()
    await page.getByTestId('filter-add').click()
    const fields = await offered(page.getByTestId('filter-builder').getByRole('combobox', { name: '字段', exact: true }).last())
    assert.ok(fields.includes('姓名') && !fields.includes('移动电话') && !fields.includes('生日'), fields.join())
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await page.getByTestId('group').click()
    const groups = await page.getByRole('menuitemradio').allInnerTexts()
    assert.ok(groups.some((text) => text.includes('客户')) && !groups.some((text) => /状态|生日/.test(text)), groups.join())
    await page.keyboard.press('Escape')
    await page.getByTestId('grid-row').first().locator('.check label').click()
    await page.getByTestId('bulk-change').click()
    const editable = await offered(page.getByTestId('bulk-field').getByRole('combobox'))
    assert.ok(editable.includes('职务') && !editable.includes('移动电话') && !editable.includes('生日'), editable.join())
  })

  test('a menu that a role hides is gone within a second, and its address says so (covers: PLAT-55)', async () => {
    const { page, role } = await person('narrow', { objects: { '*': { view: 'all' } } })
    const entry = page.getByRole('navigation', { name: '主导航' }).getByText('产品', { exact: true })
    await entry.waitFor()
    await boss.change('role', await role_of(role.id), { grants: JSON.stringify({ objects: { '*': { view: 'all' } }, menus: { product: false } }) })
    await entry.waitFor({ state: 'detached', timeout: 2_000 })
    await page.visit('/o/product')
    await page.getByTestId('list-refused').getByText('产品不在你的菜单里').waitFor()
    assert.equal(await page.getByRole('button', { name: '新建产品' }).count(), 0)
  })

  test('whoever may not explain rights is refused on every page about them, and finds no way there', async () => {
    await seller.visit('/settings')
    await seller.locator('.tile').first().waitFor()
    assert.equal(await seller.locator('[data-testid^="page-"]').count(), 0)
    for (const path of ['/settings/roles', '/settings/roles/compare', `/settings/rights/users/${lin.user.id}`, '/settings/rights/departments']) {
      await seller.visit(path)
      await seller.getByText('需要权限「').waitFor()
    }
  })

  test('the help page names the kinds of rights (covers: PLAT-56)', async () => {
    await admin.visit('/settings/roles')
    await admin.getByRole('button', { name: '帮助' }).first().click()
    const help = admin.getByRole('dialog')
    for (const kind of ['功能权限', '数据权限', '字段权限', '菜单权限', '特殊权限']) await help.getByRole('cell', { name: kind, exact: true }).waitFor()
  })
})
