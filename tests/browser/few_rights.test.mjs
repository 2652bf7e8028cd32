// What people with few rights meet: nothing, looking only, and pages of administrators opened by their address. Every page
// says in words what is missing and who can help; none offers what would be refused. And pages of many columns on a phone.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser } from '../support/browser.mjs'
import { employee_of, open_office } from '../support/office.mjs'

const phone = { viewport: { width: 390, height: 844 } }

describe('few rights in the browser', () => {
  let office, browser, boss, zhou, customer
  before(async () => {
    office = await open_office('sqlite')
    ;({ boss, zhou } = office)
    customer = await zhou.create('customer', { name: '远山样例公司' })
    for (const [login, grants] of [['nobody', {}], ['viewer', { objects: { '*': { view: 'all' } } }], ['narrow', { objects: { customer: { view: 'all' } }, fields: { 'customer.phone': 'hidden' } }]]) {
      office.accounts[login] = office.installation.add_user(login, 'salesperson', { name: login })
      office[login] = await office.server.sign_in(office.accounts[login])
      const role = await boss.create('role', { code: login, name: login, grants: JSON.stringify(grants) })
      await boss.change('user', await boss.read('user', office[login].user.id), { roles: [role.id] })
    }
    browser = await Browser.open(office.server.origin)
  })
  afterEach((test) => browser.end_pages(test))
  after(async () => {
    await browser?.close()
    assert.deepEqual(office.server.defects(), [])
    await office?.server.stop()
  })

  const as = (login, options) => browser.sign_in(office.accounts[login], options)
  // A name of a right or an object as programs write it: nobody should have to read one.
  const code = /[a-z]+_[a-z]+|[a-z]+\.[a-z]+/
  const words = async (page) => (await page.locator('main, .main').first().innerText()).trim()

  test('somebody without any right is told so at home, and by every address', async () => {
    const page = await as('nobody')
    await page.getByTestId('home-no-rights').getByText('你的角色还没有任何权限').waitFor()
    await page.getByTestId('home-no-rights').getByText('联系管理员').waitFor()
    for (const path of ['/o/customer', `/o/customer/${customer.id}`, `/o/customer/${customer.id}/edit`, '/o/customer/new', '/o/customer/import', '/o/department/tree', `/o/employee/${employee_of(zhou)}/hand-over`, '/settings/policy', '/settings/security', '/nowhere']) {
      await page.visit(path)
      await page.getByTestId('no-page').getByText('没有这个页面').waitFor()
      assert.doesNotMatch(await words(page), code, path)
    }
    await page.getByRole('link', { name: '去工作台' }).click()
    await page.getByTestId('home-no-rights').waitFor()
  })

  test('pages of administrators name the missing right, and offer no second try', async () => {
    const page = await as('viewer')
    for (const [path, right] of [['accounts', '发放一次性链接，关闭他人的动态码'], ['online', '查看在线用户，结束他人的登录'], ['sso', '查看'], ['directories', '检查目录、设置其密码并同步'], ['roles', '查看'], ['roles/all', '查看'], ['roles/compare', '查看'], ['rights/assign', '查看他人权限及其来源'], [`rights/users/${zhou.user.id}`, '查看他人权限及其来源'], ['rights/departments', '查看他人权限及其来源']]) {
      await page.visit(`/settings/${path}`)
      await page.getByText(`需要权限「${right}`).waitFor()
      await page.getByText('可联系管理员开通').waitFor()
      assert.equal(await page.getByRole('button', { name: '再试一次' }).count(), 0, path)
      assert.doesNotMatch((await words(page)).replace(/请求编号.*/, ''), code, path)
    }
  })

  test('a list offers no view that its reader could not ask for, and no hidden column; what a reference hides is said', async () => {
    const [industry] = await boss.all('industry')
    await boss.change('customer', await boss.read('customer', customer.id), { industry: industry.id, phone: '0512-68001234' })
    const page = await as('narrow')
    await page.go('/o/customer')
    await page.getByTestId('cell-name').first().waitFor()
    const views = page.getByTestId('views')
    assert.equal(await views.getByText('我负责的').count(), 1)
    assert.equal(await views.getByText('我下属的').count(), 0, 'it asks for the manager of the owner')
    assert.equal(await page.getByRole('columnheader', { name: '电话' }).count(), 0)
    await page.getByRole('row', { name: '远山样例公司' }).getByText('不可见').waitFor()

    // A link that somebody else sent: its question is refused, and no rows of another one stand below it.
    await page.go(`/o/customer?f=${encodeURIComponent(JSON.stringify(['owner.manager', 'is', 'me']))}`)
    await page.getByTestId('list-failure').waitFor()
    await page.go('/o/customer')
    await page.getByTestId('cell-name').first().waitFor()
    await page.evaluate((address) => history.pushState(history.state, '', address), `/o/customer?f=${encodeURIComponent(JSON.stringify(['owner.manager', 'is', 'me']))}`)
    await page.goBack()
    await page.goForward()
    await page.getByTestId('list-failure').waitFor()
    assert.equal(await page.getByTestId('cell-name').count(), 0)
  })

  test('nobody fills in a form that cannot be saved', async () => {
    const page = await as('viewer')
    await page.go('/o/customer/new')
    await page.getByTestId('no-right').getByText('你没有新增客户的权限').waitFor()
    assert.equal(await page.getByTestId('form-save').count(), 0)
    await page.getByRole('button', { name: '回到列表' }).click()
    await page.getByTestId('cell-name').first().waitFor()
    await page.go(`/o/customer/${customer.id}/edit`)
    await page.getByTestId('no-right').getByText('你没有修改这个客户的权限').waitFor()
    assert.equal(await page.locator('main input, .main input').count(), 0)
    await page.getByTestId('no-right').getByRole('button', { name: '返回' }).click()
    await page.getByTestId('record-title').waitFor()
    await page.go('/o/customer/import')
    await page.getByTestId('no-right').getByText('你没有导入客户的权限').waitFor()
  })

  test('on a phone what may not be done is not there, and the bar below fills the width', async () => {
    const page = await as('viewer', phone)
    await page.go(`/o/customer/${customer.id}`)
    await page.getByTestId('record-title').waitFor()
    await page.getByTestId('timeline').waitFor()
    assert.equal(await page.getByTestId('phone-edit').count(), 0)

    const empty = await as('nobody', phone)
    const bar = empty.getByRole('navigation').last()
    const places = await bar.locator('> *').evaluateAll((all) => all.map((one) => { const { x, width } = one.getBoundingClientRect(); return x + width / 2 }))
    assert.deepEqual(places.map((x) => Math.round(x / 65)), [1, 3, 5], 'home, new, me: each in the middle of its third')
  })

  test('the posts of a department are told by the people who hold them', async () => {
    const department = await boss.create('department', { name: '华东样例部' })
    await boss.change('employee', await boss.read('employee', employee_of(zhou)), { department: department.id })
    const page = await as('boss')
    await page.go(`/o/department/${department.id}`)
    const posts = page.getByTestId('related-posts')
    await posts.getByText('周凯').waitFor()
    assert.equal(await posts.getByText('华东样例部').count(), 0)
    await page.go(`/o/employee/${employee_of(zhou)}`)
    await page.getByTestId('related-posts').getByText('华东样例部').waitFor()
  })

  test('on a phone the table of all roles keeps columns that can be read, and scrolls', async () => {
    const page = await as('boss', phone)
    await page.go('/settings/roles/all')
    const matrix = page.getByTestId('all-matrix')
    await matrix.locator('td').first().waitFor()
    const cut = await matrix.locator('td .mark').evaluateAll((marks) => marks.filter((mark) => mark.scrollWidth > mark.clientWidth).length)
    assert.equal(cut, 0)
    assert.ok(await matrix.evaluate((holder) => holder.scrollWidth > holder.clientWidth))
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390)
    assert.equal(await page.getByRole('heading', { level: 1 }).evaluate((title) => title.scrollWidth > title.clientWidth), false, 'the title is whole')
    await page.getByRole('link', { name: '角色与权限' }).click()
    await page.getByTestId('role-salesperson').waitFor()
  })

  test('whoever looks as somebody else reads on a phone, too, that it is for reading only, and is offered no change of the profile', async () => {
    const page = await as('boss', phone)
    await page.go('/settings/accounts')
    await page.getByTestId('account-row').filter({ hasText: 'zhou' }).getByTestId('account-menu').click()
    await page.getByRole('menuitem', { name: '以此人身份查看' }).click()
    await page.getByTestId('look-as-begin').click()
    const bar = page.getByTestId('view-bar')
    await bar.getByText('只读').waitFor()
    assert.equal(await bar.locator('span').evaluate((text) => text.scrollWidth > text.clientWidth), false)
    await page.go('/me')
    await page.getByTestId('profile-card').waitFor()
    assert.equal(await page.getByTestId('profile-edit').count(), 0)
    await page.getByTestId('view-end').click()
    await bar.waitFor({ state: 'detached' })
  })

  test('on a phone nothing of those who are online lies outside of the screen, and what is said of a hand-over keeps its line', async () => {
    const page = await as('boss', phone)
    await page.go('/settings/online')
    await page.getByTestId('session-row').first().waitFor()
    const beyond = await page.getByTestId('session-row').locator('span, time, button').evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().right > innerWidth || one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0).map((one) => one.textContent))
    assert.deepEqual(beyond, [])
    await page.go(`/o/employee/${employee_of(zhou)}/hand-over`)
    const note = page.getByText('整批移交可以一步撤销')
    await note.waitFor()
    assert.ok((await note.boundingBox()).height < 30)
  })
})
