// The organisation in the browser: the tree of departments, posts, what blocks a deletion, and handing over.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser, answer_to, api, keep_pictures } from '../support/browser.mjs'
import { employee_of, open_office } from '../support/office.mjs'

describe('the organisation in the browser', () => {
  let office, boss, browser, page, ids
  before(async () => {
    office = await open_office('sqlite')
    ;({ boss } = office)
    const make = async (name, parent, more = {}) => (await boss.create('department', { name, parent, ...more })).id
    const company = await make('蓝石集团', null, { kind: 'head_company' })
    const sales = await make('销售中心', company)
    const [north, south] = [await make('华北部', sales), await make('华南部', sales)]
    const office_it = await make('信息部', company)
    ids = { company, sales, north, south, it: office_it }
    for (let i = 0; i < 3; ++i) await boss.create('employee', { name: `华北员工${i}`, department: north })
    const manager = await boss.create('employee', { name: '钱经理', department: south })
    await boss.change('department', await boss.read('department', south), { head: manager.id })
    browser = await Browser.open(office.server.origin)
    page = await browser.sign_in(office.accounts.boss)
  })
  afterEach((test) => keep_pictures(test, [page]))
  after(async () => {
    await browser?.close()
    assert.deepEqual(office.server.defects(), [])
    await office.server.stop()
  })

  const line = (name) => page.locator('[role="treeitem"]').filter({ has: page.locator('.name', { hasText: new RegExp(`^${name}$`) }) })
  const parent_of = async (id) => (await boss.read('department', id)).parent?.id
  async function open_tree(query = '') {
    await page.visit(`/o/department/tree${query}`)
    await page.getByTestId('tree-line').first().waitFor()
  }

  // covers: PLAT-42, PLAT-43
  test('the settings open departments as a tree with kinds, heads and people', async () => {
    await page.visit('/settings')
    await page.locator('.tile').filter({ has: page.locator('b', { hasText: /^部门$/ }) }).click()
    await page.waitForURL((url) => url.pathname === '/o/department/tree')
    await line('华南部').waitFor()
    assert.equal(await line('华北部').getAttribute('aria-level'), '3')
    assert.equal(await line('销售中心').getAttribute('aria-expanded'), 'true')
    assert.match(await line('蓝石集团').innerText(), /总公司/)
    assert.match(await line('华南部').innerText(), /钱经理/)
    await page.waitForFunction(() => [...document.querySelectorAll('[role=treeitem]')].some((one) => /华北部/.test(one.innerText) && /\b3\b/.test(one.innerText)))
    await line('华北部').click()
    await page.getByTestId('tree-member').nth(2).waitFor()
    assert.equal(await page.getByTestId('members-employees').getByTestId('members-count').innerText(), '3')
    await line('销售中心').click()
    await page.getByTestId('tree-pane').getByRole('button', { name: '含下级' }).click()
    await page.getByTestId('tree-member').nth(3).waitFor()
  })

  test('finds by characters, pinyin and initials, and shows the way to what it found', async () => {
    await open_tree()
    for (const words of ['华南', 'huanan', 'hnb']) {
      await page.getByTestId('tree-search').fill(words)
      await page.waitForFunction(() => document.querySelectorAll('[role=treeitem]').length === 3)
      assert.deepEqual(await page.locator('[role=treeitem] .name').allInnerTexts(), ['蓝石集团', '销售中心', '华南部'])
    }
    await page.getByTestId('tree-search').fill('没有这个')
    await page.getByTestId('tree-empty').waitFor()
    await page.getByTestId('tree-search').fill('')
    await line('信息部').waitFor()
  })

  // covers: PLAT-43
  test('a department is moved by dragging, and back by undo', async () => {
    await open_tree()
    const moved = page.waitForResponse(answer_to('PATCH', ids.north))
    await line('华北部').dragTo(line('信息部'))
    await moved
    assert.equal(await parent_of(ids.north), ids.it)
    await page.locator('.toast', { hasText: '移到「信息部」之下' }).waitFor()
    assert.equal(await line('华北部').getAttribute('aria-level'), '3')
    const undone = page.waitForResponse(answer_to('POST', '/undo'))
    await page.locator('.toast').getByRole('button', { name: '撤销' }).first().click()
    await undone
    await page.waitForFunction((id) => document.querySelector(`[data-id="${id}"]`) !== null, ids.north)
    assert.equal(await parent_of(ids.north), ids.sales)
  })

  test('everything can be done by keys: going about, cutting and pasting, naming, adding', async () => {
    await open_tree()
    await line('蓝石集团').click()
    const here = () => page.evaluate(() => document.activeElement?.querySelector?.('.name')?.textContent ?? '')
    const press = async (key, expected) => {
      await page.keyboard.press(key)
      await page.waitForFunction((name) => document.activeElement?.querySelector?.('.name')?.textContent === name, expected)
    }
    await press('ArrowDown', '销售中心')
    await press('ArrowRight', '华北部')
    await press('ArrowLeft', '销售中心')
    await page.keyboard.press('ArrowLeft')
    await page.waitForFunction(() => document.querySelectorAll('[role=treeitem]').length === 3)
    await page.keyboard.press('ArrowRight')
    await press('ArrowDown', '华北部')
    await page.keyboard.press('Control+x')
    await press('Home', '蓝石集团')
    await press('End', '信息部')
    const moved = page.waitForResponse(answer_to('PATCH', ids.north))
    await page.keyboard.press('Control+v')
    await moved
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-level') === '3')
    assert.equal(await parent_of(ids.north), ids.it)
    assert.equal(await here(), '华北部')

    await page.keyboard.press('F2')
    await page.getByTestId('tree-rename').waitFor()
    await page.keyboard.type('北方部')
    const renamed = page.waitForResponse(answer_to('PATCH', ids.north))
    await page.keyboard.press('Enter')
    await renamed
    assert.equal((await boss.read('department', ids.north)).name, '北方部')

    await page.keyboard.press('n')
    await page.getByTestId('form-dialog').waitFor()
    await page.locator('[data-testid="field-name"] input:focus').waitFor()
    await page.keyboard.type('北方一组')
    const made = page.waitForResponse(answer_to('POST', '/api/records/department'))
    await page.keyboard.press('Control+Enter')
    const { id } = await (await made).json()
    assert.equal(await parent_of(id), ids.north)
    await line('北方一组').waitFor()
  })

  // covers: PLAT-43
  test('“move to…” moves by name, offers nothing below itself, and the history tells of it', async () => {
    await open_tree(`?at=${ids.sales}`)
    await line('销售中心').focus()
    await page.keyboard.press('m')
    await page.getByTestId('move-dialog').waitFor()
    await page.getByTestId('move-to').getByRole('combobox').click()
    await page.getByRole('option', { name: /^信息部/ }).waitFor()
    assert.equal(await page.getByRole('option', { name: /华南部/ }).count(), 0, 'it stands below')
    await page.getByRole('option', { name: /^信息部/ }).click()
    const moved = page.waitForResponse(answer_to('PATCH', ids.sales))
    await page.getByTestId('move-apply').click()
    await moved
    assert.equal(await parent_of(ids.sales), ids.it)
    await page.getByTestId('pane-history').click()
    await page.getByTestId('history-entry').first().waitFor()
    assert.match(await page.getByTestId('history-entry').first().innerText(), /蓝石集团[\s\S]*信息部/)
    await page.keyboard.press('Escape')
  })

  // covers: PLAT-44
  test('a refused deletion shows what stands in the way and offers to hand it over', async () => {
    const person = await boss.create('employee', { name: '孙离职', department: ids.it })
    for (let i = 0; i < 6; ++i) await boss.create('customer', { name: `孙的客户${i}`, owner: person.id })
    await page.visit(`/o/employee/${person.id}`)
    await page.getByTestId('record-title').waitFor()
    await page.getByRole('button', { name: '删除', exact: true }).click()
    await page.getByTestId('blockers-dialog').waitFor()
    const text = await page.getByTestId('blocker').first().innerText()
    assert.match(text, /客户[\s\S]*负责人[\s\S]*6[\s\S]*孙的客户5/)
    await page.getByTestId('blockers-handover').click()
    await page.waitForURL((url) => url.pathname === `/o/employee/${person.id}/hand-over`)
  })

  // covers: CUST-60, FLOW-14
  test('a leaving employee hands everything over in one step, which one undo takes back', async () => {
    const person = await boss.create('employee', { name: '周交接', department: ids.it })
    const customers = []
    for (let i = 0; i < 3; ++i) customers.push(await boss.create('customer', { name: `交接客户${i}`, owner: person.id }))
    const task = await boss.create('task', { title: '交接任务', owner: person.id })
    await page.visit(`/o/employee/${person.id}`)
    await page.getByTestId('record-menu').click()
    await page.getByRole('menuitem', { name: '离职交接' }).click()
    await page.getByTestId('handover-customer.owner').waitFor()
    assert.match(await page.getByTestId('handover-customer.owner').innerText(), /3 条/)
    assert.equal(await page.getByTestId('handover-start').isDisabled(), true, 'nobody takes over yet')
    const choose = async (box, name) => {
      await page.getByTestId(box).getByRole('combobox').click()
      await page.keyboard.type(name)
      await page.getByRole('option', { name: new RegExp(`^${name}`) }).first().click()
    }
    await choose('handover-to', '林悦')
    await choose('handover-to-task.owner', '周凯')
    assert.match(await page.getByTestId('handover-start').innerText(), /移交 4 条/)
    await page.getByTestId('handover-start').click()
    await page.getByTestId('handover-result').waitFor()
    assert.match(await page.getByTestId('handover-result').innerText(), /4 条记录已移交给「林悦」/)
    assert.equal((await boss.read('customer', customers[1].id)).owner.id, employee_of(office.lin))
    assert.equal((await boss.read('task', task.id)).owner.id, employee_of(office.zhou))
    assert.equal((await boss.read('employee', person.id)).status.code, 'left')
    await page.getByTestId('handover-undo').click()
    await page.getByTestId('handover-start').waitFor()
    await page.getByText('已撤销').first().waitFor()
    assert.equal(await page.getByRole('button', { name: '撤销', exact: true }).count(), 0, 'what is taken back is not offered to be taken back')
    assert.equal((await boss.read('customer', customers[1].id)).owner.id, person.id)
    assert.equal((await boss.read('employee', person.id)).status.code, 'active')
  })

  // covers: PLAT-45
  test('a second post is added on the page of the employee and can become the main one', async () => {
    const person = await boss.create('employee', { name: '吴双职', department: ids.it })
    await page.visit(`/o/employee/${person.id}`)
    await page.getByTestId('related-posts').waitFor()
    await page.getByTestId('add-posts').click()
    await page.getByTestId('form-dialog').waitFor()
    await page.getByTestId('field-department').getByRole('combobox').click()
    await page.keyboard.type('华南')
    await page.getByRole('option', { name: '华南部' }).click()
    const made = page.waitForResponse(answer_to('POST', '/api/records/employee_post'))
    await page.keyboard.press('Control+Enter')
    const post = await (await made).json()
    await page.getByTestId('related-posts').getByText('华南部').waitFor()
    assert.match(await page.getByTestId('related-posts').innerText(), /任职\s*2[\s\S]*主要任职/)
    assert.equal((await api(page, 'PATCH', `/api/records/employee_post/${post.id}`, { main: true }, { 'if-match': String(post.version) })).status, 200)
    assert.equal((await boss.read('employee', person.id)).department.id, ids.south)
    assert.deepEqual(page.errors, [])
  })

  // covers: PLAT-46
  test('a team is chosen where owners and participants are', async () => {
    const people = [employee_of(office.zhou), employee_of(office.lin)]
    await boss.create('team', { name: '攻坚小组', leader: people[1], members: people })
    await page.visit('/o/customer/new')
    await page.getByTestId('field-collaborators').getByRole('combobox').click()
    await page.keyboard.type('攻坚')
    await page.getByRole('option', { name: /攻坚小组.*全部 2 人/ }).click()
    await page.waitForFunction(() => document.querySelectorAll('[data-testid="field-collaborators"] .tag').length === 2)
    const customer = await boss.create('customer', { name: '团队跟进的客户' })
    await page.visit(`/o/customer/${customer.id}`)
    await page.getByTestId('action-assign').click()
    await page.getByTestId('param-owner').getByRole('combobox').click()
    await page.keyboard.type('gjxz')
    await page.getByRole('option', { name: /林悦.*攻坚小组/s }).waitFor()
    assert.match((await page.getByRole('option').allInnerTexts())[0], /林悦[\s\S]*攻坚小组/, 'the leader stands first')
    await page.getByRole('option', { name: /林悦/ }).click()
    const moved = page.waitForResponse(answer_to('POST', '/assign'))
    await page.getByTestId('action-submit').click()
    await moved
    assert.equal((await boss.read('customer', customer.id)).owner.id, people[1])
  })

  // covers: CUST-58
  test('assigning from the list tells the new owner at the bell, at once', async () => {
    const made = []
    for (let i = 0; i < 3; ++i) made.push(await boss.create('customer', { name: `铃声客户${i}` }))
    const theirs = await browser.sign_in(office.accounts.zhou)
    await theirs.getByTestId('bell').waitFor()
    const before = Number((await theirs.getByTestId('unread').count()) ? await theirs.getByTestId('unread').innerText() : 0)
    await page.visit(`/o/customer?f=${encodeURIComponent(JSON.stringify(['id', 'in', made.map(({ id }) => id)]))}`)
    await page.getByTestId('cell-name').nth(2).waitFor()
    await page.getByTestId('cell-name').first().click({ position: { x: 4, y: 4 } })
    await page.keyboard.press('Control+a')
    await page.getByTestId('selection-bar').waitFor()
    await page.getByTestId('bulk-assign').click()
    await page.getByTestId('assign-owner').getByRole('combobox').click()
    await page.keyboard.type('zhoukai')
    await page.getByRole('option', { name: /^周凯/ }).click()
    await page.getByTestId('bulk-apply').click()
    await theirs.waitForFunction((count) => Number(document.querySelector('[data-testid=unread]')?.textContent) === count, before + 1)
    await theirs.getByTestId('bell').click()
    await theirs.getByTestId('notice').first().waitFor()
    assert.match(await theirs.getByTestId('notice').first().innerText(), /总管 把 3 个客户转给了你/)
    await theirs.getByTestId('notice').first().click()
    await theirs.waitForURL((url) => url.pathname === '/o/customer' && url.searchParams.get('f') !== null)
    await theirs.waitForFunction((count) => Number(document.querySelector('[data-testid=unread]')?.textContent ?? 0) === count, before)
    assert.equal((await boss.read('customer', made[1].id)).owner.id, employee_of(office.zhou))
    assert.deepEqual(theirs.errors, [])
    await theirs.context().close()
  })

  test('a tree of another object is the same screen', async () => {
    const top = await boss.create('product_category', { name: '设备' })
    await boss.create('product_category', { name: '水泵', parent: top.id })
    await page.visit('/o/product_category')
    await page.getByTestId('kind').getByRole('button', { name: '树' }).click()
    await page.waitForURL((url) => url.pathname === '/o/product_category/tree')
    await line('水泵').waitFor()
    assert.equal(await line('水泵').getAttribute('aria-level'), '2')
  })

  test('300 departments and 2,000 people are drawn as few lines', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => ({ name: `大部门 ${String(i).padStart(3, '0')}`, parent: ids.company }))
    const { ids: made } = await boss.expect(201, 'POST', '/api/records/department', { body: rows })
    for (let piece = 0; piece < 2; ++piece) await boss.expect(201, 'POST', '/api/records/employee', { body: Array.from({ length: 1000 }, (_, i) => ({ name: `众人 ${piece * 1000 + i}`, department: made[i % 300] })) })
    const started = performance.now()
    await open_tree()
    await page.locator('[role=treeitem]').first().waitFor()
    // Over sixty lines only the upper levels are open at first.
    await line('蓝石集团').click()
    await page.keyboard.press('ArrowRight')
    await line('大部门 000').waitFor()
    const took = performance.now() - started
    assert.ok((await page.locator('[role=treeitem]').count()) < 60, 'what is out of sight is not drawn')
    await page.keyboard.press('End')
    await page.waitForFunction(() => /大部门 299|销售中心|信息部/.test(document.activeElement?.innerText ?? ''))
    assert.ok(took < 5000, `${took} ms`)
  })
})
