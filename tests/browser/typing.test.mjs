// Writing with an input method into the cells of a list, and filters that hold more than the builder draws.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser, answer_to, keep_pictures } from '../support/browser.mjs'
import { Installation } from '../support/server.mjs'

describe('writing in the grid', () => {
  let server, browser, page, admin, method, customer
  before(async () => {
    const installation = new Installation('sqlite')
    const account = installation.add_user('wang', 'administrator', { name: '王芳' })
    server = await installation.serve()
    admin = await server.sign_in(account)
    customer = await admin.create('customer', { name: '远澜新材料', short_name: '旧', level: 'c' })
    await admin.create('customer', { name: '星河智造', level: 'key' }).catch(() => undefined)
    browser = await Browser.open(server.origin)
    page = await browser.sign_in(account)
    method = await page.context().newCDPSession(page)
  })
  afterEach((test) => keep_pictures(test, [page]))
  after(async () => {
    await browser?.close()
    assert.deepEqual(server.defects(), [])
    await server?.stop()
  })

  // As an input method does it: the letters are composed in place, then the chosen words replace them.
  async function compose(letters, words) {
    for (let end = 1; end <= letters.length; ++end) {
      await method.send('Input.imeSetComposition', { text: letters.slice(0, end), selectionStart: end, selectionEnd: end })
    }
    await method.send('Input.insertText', { text: words })
  }
  async function select(field) {
    await page.go(`/o/customer?c=name,short_name,level&f=${encodeURIComponent(JSON.stringify(['name', 'is', '远澜新材料']))}`)
    await page.getByTestId(`cell-${field}`).first().click()
  }
  const saved = () => page.waitForResponse(answer_to('PATCH', `/api/records/customer/${customer.id}`))

  test('the first key of an input method in a chosen cell is not lost', async () => {
    await select('short_name')
    await compose('yuanlan', '远澜')
    const editor = page.getByTestId('cell-editor').locator('input')
    await editor.waitFor()
    await page.waitForFunction(() => document.activeElement?.closest('[data-testid=cell-editor]'))
    assert.equal(await editor.inputValue(), '远澜')
    // What follows goes into the same editor, by input method or not.
    await compose('ke', '科')
    await page.keyboard.type('2')
    const done = saved()
    await page.keyboard.press('Enter')
    assert.equal((await done).status(), 200)
    assert.equal((await admin.read('customer', customer.id)).short_name, '远澜科2')
  })

  test('what is being composed is seen in the cell, and Escape of the input method leaves the cell as it was', async () => {
    await select('short_name')
    await method.send('Input.imeSetComposition', { text: 'xin', selectionStart: 3, selectionEnd: 3 })
    const box = page.locator('[data-catch]')
    assert.equal(await box.inputValue(), 'xin')
    await page.waitForFunction(() => getComputedStyle(document.querySelector('[data-catch]')).opacity === '1')
    await method.send('Input.imeSetComposition', { text: '', selectionStart: 0, selectionEnd: 0 })
    assert.equal(await page.getByTestId('cell-editor').count(), 0)
    await page.keyboard.press('ArrowRight')
    assert.equal(await page.evaluate(() => document.activeElement.closest('[data-cell]').dataset.testid), 'cell-level')
  })

  test('letters without an input method still open the editor with themselves', async () => {
    await select('short_name')
    await page.keyboard.type('New 1')
    const done = saved()
    await page.keyboard.press('Enter')
    assert.equal((await done).status(), 200)
    assert.equal((await admin.read('customer', customer.id)).short_name, 'New 1')
  })

  test('an input method searches the options of a choice', async () => {
    await select('level')
    await compose('zhongdian', '重点')
    await page.getByTestId('cell-editor').getByRole('combobox').waitFor()
    await page.getByRole('option').filter({ hasText: '重点' }).waitFor()
    const done = saved()
    await page.keyboard.press('Enter')
    assert.equal((await done).status(), 200)
    assert.equal((await admin.read('customer', customer.id)).level.title, '重点')
  })

  test('the keys of the page work on a chosen cell, and cells are copied and pasted', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await select('short_name')
    await page.keyboard.press('f')
    await page.getByTestId('filter-builder').waitFor()
    await page.keyboard.press('Escape')
    await page.getByTestId('filter-builder').waitFor({ state: 'detached' })
    await page.getByTestId('cell-name').first().click({ position: { x: 4, y: 4 } })
    await page.keyboard.press('Control+c')
    await page.keyboard.press('ArrowRight')
    const done = saved()
    await page.keyboard.press('Control+v')
    assert.equal((await done).status(), 200)
    assert.equal((await admin.read('customer', customer.id)).short_name, '远澜新材料')
    assert.deepEqual(page.errors, [])
  })

  test('a filter keeps the conditions that the builder cannot draw, also when the view is saved', async () => {
    const odd = { and: [{ not: ['level', 'in', ['c']] }, ['name', 'contains', '星']] }
    const view = await admin.create('saved_view', { object: 'customer', name: '不是 C 级', kind: 'table', columns: JSON.stringify(['name', 'level']), filter: JSON.stringify(odd), sort: '[]' })
    await page.go(`/o/customer/v/${view.id}`)
    const chips = page.getByTestId('filter-chip')
    await chips.first().waitFor()
    assert.match(await chips.first().innerText(), /不满足.*级别.*C/s)
    await chips.first().getByRole('button').first().click()
    const builder = page.getByTestId('filter-builder')
    await builder.getByTestId('filter-fixed').waitFor()
    // Another condition joins; the one that cannot be drawn stays as it is.
    await builder.getByTestId('filter-add').click()
    await builder.locator('select.op').last().selectOption('not_empty')
    await page.keyboard.press('Escape')
    const stored = page.waitForResponse(answer_to('PATCH', `/api/records/saved_view/${view.id}`))
    await page.getByTestId('view-save').click()
    const choice = page.getByTestId('view-save-over')
    if (await choice.count()) await choice.click()
    assert.equal((await stored).status(), 200)
    const { filter } = await admin.read('saved_view', view.id)
    const kept = typeof filter === 'string' ? JSON.parse(filter) : filter
    assert.deepEqual(kept.and[0], odd.and[0])
    assert.equal(kept.and.length, 3)
    // It can be taken away knowingly.
    await chips.first().getByRole('button').last().click()
    await page.waitForFunction(() => !decodeURIComponent(location.search).includes('"not"'))
    assert.deepEqual(page.errors, [])
  })
})
