// axe looks at every screen and at what opens over it: in both languages, in light and dark, on a desk and on a phone.
// What does not depend on the theme is looked at once; colours are looked at in both.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser, api } from '../support/browser.mjs'
import { Installation, root } from '../support/server.mjs'

const axe = readFileSync(createRequire(join(root, 'web/package.json')).resolve('axe-core/axe.min.js'), 'utf8')
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const colour_rules = ['color-contrast', 'link-in-text-block']
const password = 'a-long-test-password'
const [seller, keeper] = ['linxiaolan', 'wuhao'].map((login) => ({ login, password })) // a salesperson and the administrator of the demo
const desk = { width: 1440, height: 900 }
const phone = { width: 390, height: 844 }

describe('axe', () => {
  let installation, server, browser, customer, opportunity, role, user, employee

  before(async () => {
    installation = Installation.demo()
    for (const { login } of [seller, keeper]) installation.done(['user', 'password', login, '--password-stdin'], { input: `${password}\n` })
    server = await installation.serve()
    const client = await server.sign_in(seller)
    ;[customer] = (await client.list('customer', { limit: 1, sort: 'last_follow_at:desc' })).records
    ;[opportunity] = (await client.list('opportunity', { limit: 1, filter: ['state', 'is', 'open'] })).records
    ;[employee] = (await client.list('employee', { limit: 1, filter: ['name', 'is', client.user.name] })).records
    const manager = await server.sign_in(keeper)
    role = (await manager.all('role')).find(({ code }) => code === 'salesperson')
    await manager.create('directory', { name: '公司目录', address: 'ldap://dc1.example.com', base: 'dc=example,dc=com', bind_name: 'cn=guanxi,dc=example,dc=com' })
    user = client.user
    browser = await Browser.open(server.origin, ['--js-flags=--no-opt']) // axe itself runs long enough to be made quicker
  })
  afterEach((test) => browser.end_pages(test))
  after(async () => {
    await browser?.close()
    await server?.stop()
  })

  // The page keeps its content policy for itself; axe comes in beside it. Nothing moves while it looks.
  const open_page = (language, account = seller) => browser.sign_in(account, { viewport: desk, bypassCSP: true, reducedMotion: 'reduce', colorScheme: 'light' }).then(async (page) => {
    assert.equal((await api(page, 'PATCH', '/api/session', { language, theme: 'system' })).status, 204)
    await page.visit('/home')
    await page.locator('h1').waitFor()
    return page
  })
  // What axe says of a page in a theme; it waits until the page has taken the theme on.
  const said = (page, name, theme, runOnly) => page.evaluate(
    async ([name, theme, runOnly]) => {
      while (document.documentElement.dataset.theme !== theme) await new Promise((drawn) => requestAnimationFrame(drawn))
      const { violations } = await globalThis.axe.run(document, { runOnly, resultTypes: ['violations'], selectors: false })
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, impact, nodes }) => `${name}, ${theme}: ${id} (${impact}): ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`)
    },
    [name, theme, runOnly],
  )
  // The next screen begins in the theme that this one ends in.
  async function findings(page, name) {
    if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe)
    const [first, second] = page.dark ? ['dark', 'light'] : ['light', 'dark']
    const found = await said(page, name, first, { type: 'tag', values: rules })
    await page.emulateMedia({ colorScheme: second })
    page.dark = !page.dark
    return [...found, ...(await said(page, name, second, { type: 'rule', values: colour_rules }))]
  }
  // What was open is closed, and the screen is made anew.
  async function begin(page, path) {
    for (let i = 0; i < 4 && (await page.locator('[role=dialog], [role=menu], [role=listbox]').count()) > 0; ++i) await page.keyboard.press('Escape')
    await page.go('/nowhere')
    if (page.url().endsWith('/nowhere')) await page.go(path)
    else await page.visit(path) // something unsaved held the screen
  }
  const see = (id) => (page) => page.getByTestId(id).first().waitFor()

  const screens = (viewport) => {
    const small = viewport === phone
    return [
      ['home', '/home', (page) => page.locator('.fn').first().waitFor()],
      ['list', '/o/customer', see(small ? 'phone-card' : 'cell-name')],
      ['board', '/o/opportunity/v/board', see('board-card')],
      ['customer', `/o/customer/${customer.id}`, see(small ? 'record-tabs' : 'related-contacts')],
      ['opportunity', `/o/opportunity/${opportunity.id}`, see(small ? 'record-tabs' : 'record-path')],
      ['form', '/o/customer/new', see('field-name')],
      ['import', '/o/customer/import', see('import-drop'), keeper],
      ['bin', '/bin', (page) => page.locator('h1').waitFor()],
      ['settings', '/settings', (page) => page.locator('.tile').nth(4).waitFor(), keeper],
      ['tree', `/o/department/tree?at=${employee.department.id}`, see('tree-member'), keeper],
      ['handover', `/o/employee/${employee.id}/hand-over`, see('handover-start'), keeper],
      ['notices', '/notices', (page) => page.getByTestId('notices-screen').waitFor()],
      ['role', `/settings/roles/${role.id}`, see(small ? 'phone-rights' : 'inspector'), keeper],
      ['fields of a role', `/settings/roles/${role.id}?tab=fields`, see('field-right-name'), keeper],
      ['menus of a role', `/settings/roles/${role.id}?tab=menus`, see('menu-product'), keeper],
      ['special rights of a role', `/settings/roles/${role.id}?tab=special`, see('special-customer.rename'), keeper],
      ['members of a role', `/settings/roles/${role.id}?tab=members`, see('member-account'), keeper],
      ['roles compared', '/settings/roles/compare?roles=salesperson,department_head', see('compare-objects.customer.view'), keeper],
      ['roles to begin with', '/settings/roles', see(small ? 'role-salesperson' : 'roles-overview'), keeper],
      ['all roles', '/settings/roles/all?base=salesperson', see('all-objects.customer.view'), keeper],
      ['all roles on one object', '/settings/roles/all?object=contact', see('all-fields.contact.health'), keeper],
      ['assignments', '/settings/rights/assign', see('assign-line'), keeper],
      ['rights of a user', `/settings/rights/users/${user.id}`, see('detail-customer.view'), keeper],
      ['rights in a department', `/settings/rights/departments/${user.department.id}`, see('department-person'), keeper],
      ['me', '/me', (page) => page.locator('#old').waitFor()],
      ['keys', '/settings/keys', see('keys-screen')],
      ['accounts', '/settings/accounts', see('account-row'), keeper],
      ['online', '/settings/online', see('session-row'), keeper],
      ['policy', '/settings/policy', (page) => page.locator('.scroll.page input').first().waitFor(), keeper],
      ['directories', '/settings/directories', see('directory'), keeper],
      ['nowhere', '/nowhere', (page) => page.getByRole('link', { name: /工作台|Home/ }).last().waitFor()],
    ]
  }

  // What opens over a screen or changes it, from the keyboard where there is a key for it.
  const states = [
    ['palette with hits', '/o/customer', 'cell-name', async (page) => {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('有限')
      await page.getByRole('option').nth(3).waitFor()
    }],
    ['keys', '/home', null, async (page) => { await page.keyboard.press('?'); await page.getByRole('dialog').waitFor() }],
    ['help', '/o/customer', 'cell-name', async (page) => { await page.keyboard.press('F1'); await page.getByRole('dialog').waitFor() }],
    ['bell', '/home', null, async (page) => { await page.getByTestId('bell').click(); await page.getByRole('dialog').waitFor() }],
    ['quick panel', '/home', null, (page) => page.keyboard.press(']')],
    ['filter builder', '/o/customer', 'cell-name', async (page) => { await page.keyboard.press('f'); await page.getByTestId('filter-add').click(); await page.getByTestId('filter-builder').locator('select').first().waitFor() }],
    ['cell editor and chosen rows', '/o/customer', 'cell-name', async (page) => {
      await page.getByTestId('cell-name').first().click({ position: { x: 4, y: 4 } })
      await page.keyboard.press('Space')
      await page.getByTestId('cell-level').first().click()
      await page.keyboard.press('F2')
      await page.getByTestId('cell-editor').getByRole('combobox').waitFor()
    }],
    ['groups', `/o/customer?g=status`, null, (page) => page.getByTestId('grid').waitFor()],
    ['peek', `/o/customer?peek=CUSTOMER`, 'cell-name', (page) => page.getByTestId('record-details').waitFor()],
    ['form with problems', '/o/customer', 'cell-name', async (page) => {
      await page.keyboard.press('c')
      await page.getByTestId('form-dialog').waitFor()
      await page.keyboard.press('Control+Enter')
      await page.getByTestId('field-name').getByRole('alert').waitFor()
    }],
    ['editor of a value', '/o/customer/CUSTOMER', 'record-title', async (page) => { await page.getByTestId('value-status').click(); await page.getByTestId('edit-status').getByRole('combobox').waitFor() }],
    ['history', '/o/customer/CUSTOMER?tab=history', 'record-title', (page) => page.waitForLoadState('load')],
    ['extents of a right, and a condition that is wrong', '/settings/roles/ROLE', 'inspector', async (page) => {
      await page.getByTestId('condition').or(page.getByTestId('right-customer-view')).first().waitFor()
      await page.getByTestId('right-customer-view').click()
      await page.getByTestId('scope-menu').getByTestId('matrix-condition').click()
      await page.getByTestId('condition').fill('levl = 1')
      await page.getByTestId('condition-hint').and(page.getByRole('alert')).waitFor()
      await page.getByTestId('role-unsaved').click()
      await page.getByTestId('right-customer-view').click()
      await page.getByTestId('scope-menu').waitFor()
    }],
    ['a right of one of all roles', '/settings/roles/all', 'all-matrix', async (page) => {
      await page.getByTestId('all-objects.customer.view-salesperson').click()
      await page.getByTestId('scope-team').click()
      await page.getByTestId('all-unsaved').click()
      await page.getByTestId('all-objects.contact.view-salesperson').click()
      await page.getByTestId('scope-menu').waitFor()
    }],
    ['giving a role', '/settings/rights/assign?kind=department', 'assign-line', async (page) => {
      await page.getByTestId('assign-give').click()
      await page.getByTestId('give-role').getByRole('combobox').first().click()
      await page.getByRole('listbox').getByRole('option').first().waitFor()
    }],
    ['rights explained', '/o/customer/CUSTOMER', 'record-title', async (page) => { await page.getByTestId('record-menu').click(); await page.getByRole('menuitem', { name: /权限说明/ }).click(); await page.getByTestId('why-verdict').waitFor() }],
    ['sharing', '/o/customer/CUSTOMER', 'record-title', async (page) => { await page.getByTestId('record-menu').click(); await page.getByRole('menuitem', { name: /共享/ }).click(); await page.getByTestId('share-form').waitFor() }],
    ['import mapping and preview', '/o/customer/import', null, async (page) => {
      await page.getByTestId('import-file').setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('客户名称,员工人数,年营业额,级别,客户编号\n甲公司,many,12,Z,X1\n') })
      await page.getByTestId('import-column').first().waitFor()
      await page.getByTestId('import-column').nth(2).getByRole('button').last().click()
      await page.getByTestId('import-unit').waitFor()
    }],
    ['rejects and values', null, null, async (page) => {
      await page.getByTestId('import-next').click()
      await page.getByTestId('import-check').click()
      await page.getByTestId('reject-row').first().waitFor()
    }],
    ['meaning of values', null, null, async (page) => { await page.getByTestId('import-replace').click(); await page.getByTestId('wrong-text').first().waitFor() }],
    ['moving in a tree', '/o/department/tree', 'tree-line', async (page) => { await page.getByTestId('tree-line').nth(2).click(); await page.keyboard.press('m'); await page.getByTestId('move-dialog').waitFor() }],
    ['what blocks a deletion', '/o/customer/CUSTOMER', 'record-title', async (page) => { await page.getByRole('button', { name: '删除', exact: true }).click(); await page.getByTestId('blocker').first().waitFor() }],
  ]

  for (const language of ['zh', 'en']) {
    test(`finds nothing serious on any screen, ${language}, 1440 and 390 pixels wide, light and dark`, async () => {
      const page = await open_page(language)
      const keeping = await open_page(language, keeper)
      const found = []
      for (const viewport of [desk, phone]) {
        for (const one of [page, keeping]) await one.setViewportSize(viewport)
        for (const [name, path, ready, who] of screens(viewport)) {
          const shown = who === keeper ? keeping : page
          await shown.go(path)
          await ready(shown)
          found.push(...(await findings(shown, `${name}, ${viewport.width}`)))
        }
      }
      await page.context().clearCookies()
      await page.visit('/sign-in')
      await page.locator('#login').waitFor()
      for (const viewport of [phone, desk]) {
        await page.setViewportSize(viewport)
        found.push(...(await findings(page, `sign-in, ${viewport.width}`)))
      }
      assert.deepEqual(found, [])
    })
  }

  test('finds nothing serious in what opens over the screens, light and dark', async () => {
    const page = await open_page('zh', keeper)
    const found = []
    for (const [name, path, first, make] of states) {
      if (path) await begin(page, path.replace('CUSTOMER', customer.id).replace('ROLE', role.id))
      await (first ? page.getByTestId(first) : page.locator('h1')).first().waitFor()
      await make(page)
      found.push(...(await findings(page, name)))
    }
    assert.deepEqual(found, [])
  })

  test('would be heard if it found something', async () => {
    const page = await open_page('zh')
    await page.locator('h1').waitFor()
    await page.evaluate(() => document.querySelector('h1').insertAdjacentHTML('afterend', '<button style="color:#bbb;background:#fff"></button><p style="color:#bbb;background:#fff">faint</p>'))
    const found = await findings(page, 'home')
    assert.ok(found.some((line) => line.includes('button-name')) && found.some((line) => line.includes('color-contrast')), found.join())
  })
})
