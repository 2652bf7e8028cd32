// Two browsers that change one record: whoever is second is asked, on the screen, and nothing is written over unseen.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser, answer_to, keep_pictures } from '../support/browser.mjs'
import { Installation } from '../support/server.mjs'

describe('two people change one record', () => {
  let server, browser, first, second, admin
  const changing = (page) => page.waitForResponse((answer) => answer.request().method() === 'PATCH' && answer.url().includes('/api/records/customer/'))
  const stored = (id) => admin.read('customer', id)

  before(async () => {
    const installation = new Installation('sqlite')
    const wang = installation.add_user('wang', 'administrator', { name: '王芳' })
    const chen = installation.add_user('chen', 'administrator', { name: '陈立' })
    server = await installation.serve()
    admin = await server.sign_in(wang)
    browser = await Browser.open(server.origin)
    first = await browser.sign_in(wang)
    second = await browser.sign_in(chen)
  })
  afterEach((test) => keep_pictures(test, [first, second]))
  after(async () => {
    await browser?.close()
    assert.deepEqual(server.defects(), [])
    await server?.stop()
  })
  // A browser that no event reaches goes on showing what it read.
  const deaf = (page) => page.route('**/api/events', (route) => route.abort())
  const hearing = (page) => page.unroute('**/api/events')

  let number = 0
  const customer = (fields = {}) => admin.create('customer', { name: `远澜新材料 ${++number}`, postcode: '100000', employees: 10, ...fields })

  async function edit_cell(page, field, text) {
    await page.getByTestId(`cell-${field}`).first().click()
    const done = changing(page)
    await page.keyboard.press('F2')
    await page.getByTestId('cell-editor').locator('input').fill(text)
    await page.keyboard.press('Enter')
    return (await done).status()
  }
  async function open_lists() {
    for (const page of [first, second]) {
      await page.visit('/o/customer')
      await page.getByTestId('cell-name').first().waitFor()
    }
  }

  for (const [keep, button, revenue] of [['mine', 'take-mine', '7000.00'], ['theirs', 'take-theirs', '5000.00']]) {
    test(`in the grid the second one chooses, and ${keep} is what is stored`, async () => {
      const { id } = await customer()
      await deaf(second)
      await open_lists()
      assert.equal(await edit_cell(first, 'annual_revenue', '5000'), 200)
      assert.equal(await edit_cell(second, 'annual_revenue', '7000'), 412)
      const chooser = second.getByTestId('cell-conflict')
      await chooser.waitFor()
      assert.match(await chooser.innerText(), /5,000/)
      assert.match(await chooser.innerText(), /7,000/)
      assert.ok(await chooser.evaluate((box) => box.contains(document.activeElement)), 'the keyboard can answer')
      assert.equal((await stored(id)).annual_revenue.amount, '5000.00', 'nothing is written before the choice')
      await chooser.getByTestId(button).focus()
      const saved = keep === 'mine' && changing(second)
      await second.keyboard.press('Enter')
      if (saved) assert.equal((await saved).status(), 200)
      await chooser.waitFor({ state: 'detached' })
      assert.equal((await stored(id)).annual_revenue.amount, revenue)
      assert.ok(await second.getByTestId('cell-annual_revenue').first().evaluate((cell) => cell.contains(document.activeElement)), 'the cursor is back in the cell')
      await hearing(second)
    })
  }

  test('in the grid changes of different fields both stay, and nobody is asked', async () => {
    const { id } = await customer()
    await deaf(second)
    await open_lists()
    assert.equal(await edit_cell(first, 'annual_revenue', '5000'), 200)
    const again = second.waitForResponse((answer) => answer.request().method() === 'PATCH' && answer.status() === 200)
    assert.equal(await edit_cell(second, 'phone', '0512-66668888'), 412)
    await again
    const { annual_revenue, phone } = await stored(id)
    assert.deepEqual([annual_revenue.amount, phone], ['5000.00', '0512-66668888'])
    assert.equal(await second.getByTestId('cell-conflict').count(), 0)
    await hearing(second)
  })

  async function begin(page, id, field) {
    await page.visit(`/o/customer/${id}`)
    await page.getByTestId(`value-${field}`).click()
    await page.getByTestId(`edit-${field}`).locator('input').waitFor()
  }
  const chooser_of = (page) => page.getByTestId('conflict-chooser')
  async function answer(page, keep) {
    const chooser = chooser_of(page)
    await chooser.waitFor()
    await chooser.locator(`input[value=${keep}]`).check({ force: true })
    await chooser.locator('button.pri').click()
    await chooser.waitFor({ state: 'detached' })
  }

  for (const keep of ['mine', 'theirs']) {
    test(`on the page of the record a stale save is refused by the server, and ${keep} can be chosen`, async () => {
      const { id } = await customer()
      await deaf(second)
      await begin(second, id, 'postcode')
      await begin(first, id, 'postcode')
      await first.getByTestId('edit-postcode').locator('input').fill('215000')
      const one = changing(first)
      await first.keyboard.press('Enter')
      assert.equal((await one).status(), 200)
      await second.getByTestId('edit-postcode').locator('input').fill('310000')
      const two = changing(second)
      await second.keyboard.press('Enter')
      assert.equal((await two).status(), 412)
      assert.match(await chooser_of(second).innerText(), /王芳/)
      assert.match(await chooser_of(second).innerText(), /215000/)
      assert.match(await chooser_of(second).innerText(), /310000/)
      const saved = keep === 'mine' && changing(second)
      await answer(second, keep)
      if (saved) assert.equal((await saved).status(), 200)
      assert.equal((await stored(id)).postcode, keep === 'mine' ? '310000' : '215000')
      await hearing(second)
    })
  }

  test('a change that arrives while one writes is not written over unseen', async () => {
    const { id } = await customer()
    await begin(second, id, 'postcode')
    const reading = answer_to('GET', `/api/records/customer/${id}`)
    const heard = second.waitForResponse(async (answer) => reading(answer) && (await answer.json()).postcode === '215000')
    await begin(first, id, 'postcode')
    await first.getByTestId('edit-postcode').locator('input').fill('215000')
    await first.keyboard.press('Enter')
    // The page of the second one has read the record anew, under the open editor.
    await heard
    await second.getByTestId('edit-postcode').locator('input').fill('310000')
    await second.keyboard.press('Enter')
    await chooser_of(second).waitFor()
    assert.equal((await stored(id)).postcode, '215000')
    const saved = changing(second)
    await answer(second, 'mine')
    assert.equal((await saved).status(), 200)
    assert.equal((await stored(id)).postcode, '310000')
  })

  test('the form asks field by field, and is not saved past an open choice', async () => {
    const { id, version } = await customer()
    await second.visit(`/o/customer/${id}`)
    await second.getByTestId('record-title').waitFor()
    await second.keyboard.press('e')
    const form = second.getByTestId('form-dialog')
    await form.getByTestId('field-postcode').locator('input').fill('310000')
    await form.getByTestId('field-employees').locator('input').fill('33')
    await admin.change('customer', { id, version }, { postcode: '215000', employees: 22, phone: '0512-66668888' })
    const stale = changing(second)
    await second.keyboard.press('Control+Enter')
    assert.equal((await stale).status(), 412)
    await form.getByTestId('conflict-chooser').nth(1).waitFor()
    assert.equal(await form.getByTestId('conflict-chooser').count(), 2)
    await second.keyboard.press('Control+Enter')
    assert.equal(await form.getByTestId('conflict-chooser').count(), 2)
    assert.equal((await stored(id)).postcode, '215000')
    for (const keep of ['mine', 'theirs']) {
      const chooser = form.getByTestId('conflict-chooser').first()
      await chooser.locator(`input[value=${keep}]`).check({ force: true })
      await chooser.locator('button.pri').click()
    }
    const saved = changing(second)
    await form.getByTestId('form-save').click()
    assert.equal((await saved).status(), 200)
    const { postcode, employees, phone } = await stored(id)
    assert.deepEqual({ postcode, employees, phone }, { postcode: '310000', employees: 22, phone: '0512-66668888' })
    assert.deepEqual([...first.errors, ...second.errors], [])
  })
})
