// The whole interface without a mouse: Tab reaches everything that can be used, one sees where one is, nothing holds one
// fast, Escape closes what is open, and on each screen one piece of real work is done.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser, answer_to, keep_pictures } from '../support/browser.mjs'
import { Installation } from '../support/server.mjs'

const password = 'a-long-test-password'
const [seller, keeper] = ['linxiaolan', 'wuhao'].map((login) => ({ login, password }))
const presses_max = 400

describe('the keyboard alone', () => {
  let server, browser, page, client, boss, customer
  before(async () => {
    const installation = Installation.demo()
    for (const { login } of [seller, keeper]) installation.done(['user', 'password', login, '--password-stdin'], { input: `${password}\n` })
    server = await installation.serve()
    client = await server.sign_in(seller)
    boss = await server.sign_in(keeper)
    ;[customer] = (await client.list('customer', { limit: 1, sort: 'last_follow_at:desc', fields: 'name' })).records
    browser = await Browser.open(server.origin)
    page = await browser.sign_in(seller)
  })
  afterEach((test) => keep_pictures(test, [page]))
  after(async () => {
    await browser?.close()
    assert.deepEqual(server.defects(), [])
    await server?.stop()
  })

  const focused = (locator) => locator.evaluate((element) => element === document.activeElement || element.contains(document.activeElement))
  async function tab_to(target, key = 'Tab') {
    await target.first().waitFor()
    for (let presses = 0; presses < presses_max; ++presses) {
      if (await focused(target.first())) return
      await page.keyboard.press(key)
    }
    assert.fail(`${key} never reaches ${target}`)
  }

  // Remembers how everything looks that can be used, then presses Tab until it has been everywhere. Says what Tab did not
  // reach, what does not show that it has the focus, and whether the way ended.
  async function walk(root = 'body') {
    await page.evaluate((root) => {
      const look = (element) => {
        if (!element) return ''
        return [null, '::before', '::after'].map((part) => {
          const { outlineStyle, outlineWidth, outlineColor, boxShadow, backgroundColor, borderColor, opacity } = getComputedStyle(element, part)
          return [outlineStyle === 'none' ? '' : outlineWidth + outlineColor, boxShadow, backgroundColor, borderColor, opacity].join()
        }).join(' ')
      }
      // The ring may be drawn by a frame around a field, or beside a box that is only there for the keyboard.
      const looks = (element) => [element, element.nextElementSibling, element.parentElement, element.parentElement?.parentElement].map(look).join('\n')
      const usable = (element) => {
        if (element.matches(':disabled, [tabindex="-1"], [type=hidden]') || element.closest('[inert], [hidden]')) return false
        if (element.matches('[type=radio]:not(:checked)')) return false // the arrows choose among radio buttons
        const { visibility } = getComputedStyle(element)
        return element.getClientRects().length > 0 && visibility !== 'hidden'
      }
      document.activeElement?.blur()
      const still = new CSSStyleSheet()
      still.replaceSync('*, ::before, ::after { transition: none !important; animation: none !important }')
      document.adoptedStyleSheets = [still]
      const all = [...document.querySelector(root).querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')].filter(usable)
      globalThis.walk = { before: new Map(all.map((element) => [element, looks(element)])), looks, usable, seen: new Set(), unseen: [] }
    }, root)
    let ended = false
    for (let presses = 0; presses < presses_max && !ended; ++presses) {
      await page.keyboard.press('Tab')
      ended = await page.evaluate(() => {
        const { before, looks, seen, unseen } = globalThis.walk
        const here = document.activeElement
        if (!here || here === document.body) return false // from the last thing of the page it goes on to the first
        if (seen.has(here)) return true
        seen.add(here)
        if (before.has(here) && before.get(here) === looks(here)) unseen.push(here.outerHTML.slice(0, 160))
        return false
      })
    }
    const missed = await page.evaluate(() => {
      const { before, seen, usable } = globalThis.walk
      return [...before.keys()].filter((element) => element.isConnected && usable(element) && !seen.has(element)).map((element) => element.outerHTML.slice(0, 160))
    })
    return { ended, missed, unseen: await page.evaluate(() => globalThis.walk.unseen) }
  }
  const whole = { ended: true, missed: [], unseen: [] }

  test('signing in', async () => {
    await page.context().close()
    page = await browser.page()
    await page.visit('/sign-in')
    await page.locator('#login').waitFor()
    assert.deepEqual(await walk(), whole)
    await tab_to(page.locator('#login'))
    await page.keyboard.type(seller.login)
    await page.keyboard.press('Tab')
    await page.keyboard.type(seller.password)
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.pathname === '/home')
  })

  const screens = [
    ['home', '/home', 'h1'],
    ['list', '/o/customer', '[data-testid=cell-name]'],
    ['board', '/o/opportunity/v/board', '[data-testid=board-card]'],
    ['record', () => `/o/customer/${customer.id}`, '[data-testid=related-contacts]'],
    ['form', '/o/customer/new', '[data-testid=field-name] input'],
    ['import', '/o/customer/import', '[data-testid=import-drop]'],
    ['bin', '/bin', 'h1'],
    ['settings', '/settings', '.tile'],
    ['profile', '/me', '#old'],
  ]
  for (const [name, path, ready] of screens) {
    test(`everything on the screen "${name}" is reached, shown and left again`, async () => {
      await page.go(typeof path === 'function' ? path() : path)
      await page.locator(ready).first().waitFor()
      await page.locator('.sk').first().waitFor({ state: 'detached' })
        assert.deepEqual(await walk(), whole)
    })
  }

  const own = async (fields) => client.create('customer', { name: `键盘 ${Math.random().toString(36).slice(2)}`, ...fields })
  const list_of = (name, columns) => `/o/customer?c=${columns}&f=${encodeURIComponent(JSON.stringify(['name', 'is', name]))}`
  const is_focused = (id) => page.waitForFunction((id) => document.activeElement?.closest(`[data-testid="${id}"]`), id)

  test('home: a task is done', async () => {
    await page.go('/home')
    const box = page.getByRole('checkbox').first()
    await tab_to(box)
    const done = page.waitForResponse(answer_to('POST', '/complete'))
    await page.keyboard.press('Space')
    assert.equal((await done).status(), 200)
  })

  test('list: cells are reached with the arrows, written, chosen, looked into and opened', async () => {
    const { id, name } = await own()
    await page.go(list_of(name, 'name,short_name,level'))
    await tab_to(page.getByTestId('cell-name'))
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('F2')
    await page.getByTestId('cell-editor').locator('input:focus').waitFor()
    await page.keyboard.type('简称')
    let done = page.waitForResponse(answer_to('PATCH', id))
    await page.keyboard.press('Enter')
    assert.equal((await done).status(), 200)
    // Writing is given up with Escape, and the cell is as it was.
    await page.keyboard.press('F2')
    await page.getByTestId('cell-editor').locator('input:focus').waitFor()
    await page.keyboard.type('anders')
    await page.keyboard.press('Escape')
    await is_focused('cell-short_name')
    assert.equal(await page.getByTestId('cell-short_name').innerText(), '简称')
    await page.keyboard.press('Space')
    await page.getByTestId('selection-count').waitFor()
    await page.keyboard.press('Escape')
    await page.getByTestId('selection-count').waitFor({ state: 'detached' })
    await page.keyboard.press('p')
    await page.getByTestId('record-details').waitFor()
    await page.keyboard.press('Escape')
    await page.getByTestId('record-details').waitFor({ state: 'detached' })
    await is_focused('cell-short_name')
    await page.keyboard.press('Control+Enter')
    await page.waitForURL(`**/o/customer/${id}`)
  })

  test('record: a value is changed in place and a follow-up is written', async () => {
    const { id } = await own({ postcode: '100000' })
    await page.go(`/o/customer/${id}`)
    await tab_to(page.getByTestId('value-postcode').locator('.begin'))
    await page.keyboard.press('Enter')
    await page.getByTestId('edit-postcode').locator('input:focus').waitFor()
    await page.keyboard.type('215000')
    const done = page.waitForResponse(answer_to('PATCH', id))
    await page.keyboard.press('Enter')
    assert.equal((await done).status(), 200)
    await is_focused('value-postcode')
    await page.keyboard.press('Enter')
    await page.getByTestId('edit-postcode').locator('input:focus').waitFor()
    await page.keyboard.press('Escape')
    await is_focused('value-postcode')
    await tab_to(page.getByTestId('compose-follow'))
    await page.keyboard.press('Enter')
    await page.getByTestId('composer-text').and(page.locator(':focus')).waitFor()
    await page.keyboard.type('电话确认了交期')
    const sent = page.waitForResponse(answer_to('POST', '/api/records/activity'))
    await page.keyboard.press('Control+Enter')
    assert.equal((await sent).status(), 201)
  })

  test('form: filled in with pickers and dates, and given up only after a question', async () => {
    await page.go('/o/customer')
    await page.getByTestId('cell-name').first().waitFor()
    await page.keyboard.press('c')
    const form = page.getByTestId('form-dialog')
    await form.getByTestId('field-name').locator('input:focus').waitFor()
    assert.deepEqual(await walk('[data-testid=form-dialog]'), whole)
    await tab_to(form.getByTestId('field-name').locator('input'))
    await page.keyboard.type('键盘轴承')
    await tab_to(form.getByTestId('field-level').getByRole('combobox'))
    await page.keyboard.press('ArrowDown')
    await page.getByRole('option', { name: 'A', exact: true }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await tab_to(form.getByTestId('field-next_follow_on').locator('input'))
    await page.keyboard.type('2027-03-15')
    await page.keyboard.press('Enter')
    await tab_to(form.getByTestId('more-fields'))
    await page.keyboard.press('Enter')
    await tab_to(form.getByTestId('field-postcode').locator('input'))
    await page.keyboard.type('215000')
    await page.keyboard.press('Escape')
    await page.getByTestId('unsaved-question').waitFor()
    await page.waitForFunction(() => document.activeElement?.dataset.testid === 'unsaved-stay')
    await page.keyboard.press('Enter')
    await page.getByTestId('unsaved-question').waitFor({ state: 'detached' })
    await page.waitForFunction(() => document.activeElement?.closest('[data-testid=field-postcode]'))
    const done = page.waitForResponse(answer_to('POST', '/api/records/customer'))
    await page.keyboard.press('Control+Enter')
    const made = await (await done).json()
    assert.deepEqual([made.level.code, made.next_follow_on, made.postcode], ['a', '2027-03-15', '215000'])
    await page.getByTestId('record-title').waitFor()
  })

  test('board: a card moves', async () => {
    await page.go('/o/opportunity/v/board')
    await tab_to(page.getByTestId('board-card'))
    const done = page.waitForResponse((answer) => answer.request().method() !== 'GET' && answer.url().includes('/api/records/opportunity/'))
    for (const key of ['m', 'ArrowRight', 'Enter']) await page.keyboard.press(key)
    assert.equal((await done).status(), 200)
  })

  test('filter builder: a condition is made, and Escape gives the focus back', async () => {
    await page.go('/o/customer')
    await page.getByTestId('cell-name').first().waitFor()
    await tab_to(page.getByTestId('filter'))
    await page.keyboard.press('Enter')
    const builder = page.getByTestId('filter-builder')
    await tab_to(builder.getByTestId('filter-add'))
    await page.keyboard.press('Enter')
    await tab_to(builder.getByRole('combobox', { name: '字段' }), 'Shift+Tab')
    await page.keyboard.type('邮政编码')
    await page.getByRole('option').filter({ hasText: '邮政编码' }).waitFor()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.waitForFunction(() => document.activeElement?.tagName === 'SELECT')
    await page.keyboard.press('ArrowDown')
    await page.waitForFunction(() => document.activeElement?.value === 'starts_with')
    await builder.getByLabel('值', { exact: true }).waitFor() // the field's own widget is fetched when it is first needed
    await page.keyboard.press('Tab')
    await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT')
    const asked = page.waitForResponse((answer) => decodeURIComponent(answer.url()).includes('["postcode","starts_with","2150"]'))
    await page.keyboard.type('2150')
    assert.equal((await asked).status(), 200)
    assert.deepEqual(await walk('[data-testid=filter-builder]'), whole)
    await page.keyboard.press('Escape')
    await builder.waitFor({ state: 'detached' })
    await is_focused('filter')
  })

  test('profile: the height of rows is chosen', async () => {
    await page.go('/me')
    await tab_to(page.getByRole('button', { name: '紧凑' }).or(page.getByRole('radio', { name: '紧凑' })))
    await page.keyboard.press('Space')
    await page.waitForFunction(() => document.documentElement.dataset.density === 'compact')
  })

  test('what opens by a key closes with Escape, holds the focus meanwhile and gives it back', async () => {
    await page.go('/o/customer')
    await tab_to(page.getByTestId('cell-name'))
    for (const [key, what] of [['Control+k', '[role=dialog]:has([role=combobox])'], ['?', '[role=dialog]'], ['F1', '[role=dialog], aside']]) {
      await page.keyboard.press(key)
      const open = page.locator(what).last()
      await open.waitFor()
      await page.waitForFunction((what) => [...document.querySelectorAll(what)].at(-1).contains(document.activeElement), what)
      for (let presses = 0; presses < 30; ++presses) {
        await page.keyboard.press('Tab')
        assert.ok(await focused(open), `${key}: Tab leaves`)
      }
      await page.keyboard.press('Escape')
      await open.waitFor({ state: 'detached' })
      await is_focused('cell-name')
    }
  })

  test('import: a file is chosen, a cell put right, the rows brought in and taken back', async () => {
    await page.context().close()
    page = await browser.sign_in(keeper)
    const asked = page.waitForEvent('filechooser', { timeout: 20_000 })
    await page.go('/o/customer/import')
    await tab_to(page.getByTestId('import-choose'))
    await page.keyboard.press('Enter')
    await (await asked).setFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('客户名称,员工人数\n键盘甲公司,many\n') })
    for (const step of ['import-next', 'import-check']) {
      await tab_to(page.getByTestId(step))
      await page.keyboard.press('Enter')
    }
    await tab_to(page.getByTestId('reject-row').getByRole('button', { name: 'many' }))
    await page.keyboard.press('Enter')
    await page.keyboard.type('12')
    await page.keyboard.press('Enter')
    await page.getByText('没有需要修正的行').waitFor()
    for (const [step, after] of [['import-run', '导入完成'], ['import-undo', '导入已撤销']]) {
      await tab_to(page.getByTestId(step))
      await page.keyboard.press('Enter')
      await page.getByTestId('import-result').getByText(after).waitFor()
    }
  })

  test('bin: a record comes back', async () => {
    const { id } = await own()
    await boss.expect(200, 'DELETE', `/api/records/customer/${id}`)
    await page.go('/bin?object=customer')
    await tab_to(page.getByTestId('restore-one'))
    const done = page.waitForResponse(answer_to('POST', '/restore'))
    await page.keyboard.press('Enter')
    assert.equal((await done).status(), 200)
    assert.equal((await boss.read('customer', id)).id, id)
  })

  test('settings: a list is opened', async () => {
    await page.go('/settings')
    await tab_to(page.getByRole('button', { name: /^部门/ }))
    await page.keyboard.press('Enter')
    await page.waitForURL('**/o/department/tree')
    assert.deepEqual(page.errors, [])
  })

  // What an administrator has besides.
  const on_rights = [
    ['roles to begin with', '/settings/roles', 'roles-overview'],
    ['role', ({ role }) => `/settings/roles/${role.id}`, 'inspector'],
    ['fields of a role', ({ role }) => `/settings/roles/${role.id}?tab=fields`, 'field-right-name'],
    ['menus of a role', ({ role }) => `/settings/roles/${role.id}?tab=menus`, 'menu-product'],
    ['members of a role', ({ role }) => `/settings/roles/${role.id}?tab=members`, 'member-account'],
    ['all roles', '/settings/roles/all', 'all-matrix'],
    ['roles compared', '/settings/roles/compare?roles=salesperson,department_head', 'compare-objects.customer.view'],
    ['assignments', '/settings/rights/assign', 'assign-line'],
    ['rights of a user', ({ user }) => `/settings/rights/users/${user.id}`, 'detail-customer.view'],
    ['rights in a department', ({ user }) => `/settings/rights/departments/${user.department.id}`, 'department-person'],
  ]
  test('the pages on rights: everything is reached, shown and left again', async () => {
    assert.deepEqual(page.errors, [])
    await page.context().close()
    page = await browser.sign_in(keeper)
    const role = (await boss.all('role')).find(({ code }) => code === 'salesperson')
    for (const [name, path, ready] of on_rights) {
      await page.go(typeof path === 'function' ? path({ role, user: client.user }) : path)
      await page.getByTestId(ready).first().waitFor()
      assert.deepEqual(await walk(), whole, name)
    }
  })
  test('assignments: a role is given and taken back', async () => {
    await page.go('/settings/rights/assign?kind=team')
    const team = await boss.create('team', { name: '键盘组' })
    await page.getByTestId('assign-line').filter({ hasText: '键盘组' }).waitFor()
    await tab_to(page.getByTestId('assign-line').filter({ hasText: '键盘组' }).getByTestId('line-give'))
    await page.keyboard.press('Enter')
    const form = page.getByTestId('give-role')
    await tab_to(form.getByTestId('give-roles').getByRole('combobox'))
    await page.keyboard.press('ArrowDown')
    await page.keyboard.type('客服')
    await page.getByRole('listbox').getByRole('option', { name: '客服', exact: true }).waitFor()
    await page.keyboard.press('Enter')
    await tab_to(form.getByTestId('give-apply'))
    await page.keyboard.press('Enter')
    const held = page.getByTestId('assign-line').filter({ hasText: '键盘组' }).getByTestId('held-take')
    await held.waitFor()
    await tab_to(held)
    await page.keyboard.press('Enter')
    await held.waitFor({ state: 'detached' })
    assert.equal(await boss.count('role_assignment', { filter: ['team', 'is', team.id] }), 0)
    assert.deepEqual(page.errors, [])
  })
})
