// The data set "CRM Sales Opportunities" through the import wizard, as somebody without mapping files does it: columns,
// units and values are mapped on the screen, and the figures are those that the command line reaches.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser, answer_to, keep_pictures } from '../support/browser.mjs'
import { read_csv, read_records } from '../support/csv.mjs'
import { Installation, data, root } from '../support/server.mjs'

const file = (name) => data(`crm-pipeline/${name}`)
const maps = join(root, 'docs/examples/crm-pipeline')
const map_of = (object) => JSON.parse(readFileSync(join(maps, `${object}.json`), 'utf8'))
const rows_of = (name) => read_records(readFileSync(file(name), 'utf8'))
const how_often = (values) => {
  const counts = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}
const counted = ['employee', 'department', 'product', 'customer', 'opportunity', 'opportunity_stage']
const cents = (money) => Math.round(Number(money?.amount ?? 0) * 100)

describe('the four files in the import wizard', () => {
  let installation, server, browser, page, admin, before_all
  const imports = {}
  const count_all = async () => Object.fromEntries(await Promise.all(counted.map(async (object) => [object, await admin.count(object)])))

  before(async () => {
    installation = new Installation('sqlite')
    const account = installation.add_user('boss', 'administrator', { name: '总管' })
    server = await installation.serve()
    admin = await server.sign_in(account)
    before_all = await count_all()
    browser = await Browser.open(server.origin)
    page = await browser.sign_in(account)
  })
  afterEach((test) => keep_pictures(test, [page]))
  after(async () => {
    await browser?.close()
    assert.deepEqual(server.defects(), [])
    await server?.stop()
  })

  const changed = () => page.waitForResponse((answer) => answer.request().method() === 'PATCH' && answer.url().includes('/api/imports/'))
  const column = (heading) => page.getByTestId('import-column').filter({ has: page.getByText(heading, { exact: true }) })
  async function open(object, name) {
    await page.go(`/o/${object}/import`)
    await page.getByTestId('import-file').setInputFiles(file(name))
    await page.getByTestId('import-column').first().waitFor()
  }
  async function choose(picker, title) {
    await picker.fill(title)
    await page.getByRole('option').filter({ has: page.getByText(title, { exact: true }) }).first().click()
  }
  async function put(heading, field) {
    const saved = changed()
    await choose(column(heading).getByRole('combobox').first(), field)
    assert.equal((await saved).status(), 200)
  }
  async function select(heading, what, value) {
    const more = column(heading).getByTestId('import-more')
    if (!(await more.count())) await column(heading).getByRole('button').last().click()
    const saved = changed()
    await more.getByTestId(what).selectOption(value)
    assert.equal((await saved).status(), 200)
  }
  // The four tiles: how many rows will be created, updated, skipped, and need a hand.
  async function check() {
    await page.getByTestId('import-next').click()
    const ended = page.waitForResponse(async (answer) => /\/api\/imports\/\d+$/.test(new URL(answer.url()).pathname) && (await answer.json()).state === 'checked', { timeout: 60_000 })
    await page.getByTestId('import-check').click()
    await ended
    return tiles()
  }
  async function tiles() {
    await page.getByTestId('import-counts').waitFor()
    return page.getByTestId('import-counts').locator('.v').allInnerTexts()
  }
  async function run(object) {
    await page.getByTestId('import-run').click()
    await page.getByTestId('import-result').waitFor({ timeout: 120_000 })
    await page.getByTestId('import-result').getByText('导入完成').waitFor()
    imports[object] = page.url()
    return page.getByTestId('import-result').locator('dd').allInnerTexts()
  }
  // Says what the wrong texts of some columns mean, and waits until every row is checked again.
  async function mean(values) {
    await page.getByTestId('import-replace').click()
    for (const [heading, meanings] of Object.entries(values)) {
      for (const [text, meaning] of Object.entries(meanings)) {
        const picker = page.getByTestId(`values-${heading}`).getByLabel(`「${text}」对应的值`)
        await choose(picker, meaning)
      }
    }
    const ended = page.waitForResponse(async (answer) => /\/api\/imports\/\d+$/.test(new URL(answer.url()).pathname) && answer.request().method() === 'GET' && (await answer.json()).state === 'checked', { timeout: 60_000 })
    await page.getByTestId('values-apply').click()
    await ended
  }
  // What the dialog lists for one column: each wrong text with the number of its rows.
  async function wrong(heading) {
    await page.getByTestId('import-replace').click()
    const lines = page.getByTestId(`values-${heading}`).getByTestId('wrong-text')
    await lines.first().waitFor()
    const found = {}
    for (const text of await lines.allInnerTexts()) {
      const [value, count] = text.split('\n')
      found[value] = Number(count.replace(/\D/g, ''))
    }
    await page.keyboard.press('Escape')
    return found
  }

  test('7 products, with prices in dollars', async () => {
    await open('product', 'products.csv')
    await select('sales_price', 'import-currency', 'USD')
    assert.deepEqual(await check(), ['7', '0', '0', '0'])
    assert.deepEqual(await run('product'), ['7', '0', '0', '0'])
    const prices = Object.fromEntries((await admin.all('product')).map(({ name, price }) => [name, `${price.amount} ${price.currency}`]))
    assert.equal(prices['GTX Pro'], '4821.00 USD')
  })

  test('35 agents, and 6 managers and 3 regional offices that are named only beside them', async () => {
    await open('employee', 'sales_teams.csv')
    await put('sales_agent', '姓名')
    await put('regional_office', '部门')
    assert.deepEqual(await check(), ['0', '0', '0', '35'], 'what is not there is a problem until somebody says otherwise')
    await page.getByRole('button', { name: '上一步' }).click()
    await page.getByRole('button', { name: '上一步' }).click()
    await select('manager', 'import-missing', 'create')
    await select('regional_office', 'import-missing', 'create')
    assert.deepEqual(await check(), ['35', '0', '0', '0'])
    assert.deepEqual(await run('employee'), ['35', '0', '0', '0'])
    const employees = (await admin.all('employee')).filter((employee) => employee.name !== '总管')
    assert.equal(employees.length, 41)
    const agents = employees.filter((employee) => employee.manager)
    assert.equal(agents.length, 35)
    assert.deepEqual([...new Set(agents.map((agent) => agent.manager.title))].sort(), [...new Set(rows_of('sales_teams.csv').map((row) => row.manager))].sort())
    assert.deepEqual((await admin.all('department')).map((office) => office.name).sort(), ['Central', 'East', 'West'])
  })

  test('85 customers: sectors and countries that fit nowhere are told with line and column, and mapped on the screen', async () => {
    await open('customer', 'accounts.csv')
    await put('account', '客户名称')
    await put('sector', '行业')
    await put('year_established', '成立年份')
    await put('office_location', '国家/地区')
    await put('subsidiary_of', '上级客户')
    await select('subsidiary_of', 'import-missing', 'create')
    await select('revenue', 'import-unit', '1000000')
    await select('revenue', 'import-currency', 'USD')
    const source = rows_of('accounts.csv')
    const strangers = { sector: ['technolgy'], office_location: ['Korea', 'Philipines'] }
    const of = (heading) => how_often(source.map((row) => row[heading]).filter((value) => strangers[heading].includes(value)))
    const bad = source.filter((row) => Object.entries(strangers).some(([heading, texts]) => texts.includes(row[heading]))).length
    assert.deepEqual(await check(), [String(85 - bad), '0', '0', String(bad)])
    // `technolgy` stands in line 2 of the file, and its cell is marked.
    const first = page.getByTestId('reject-row').first()
    assert.equal(await first.locator('td').first().innerText(), '2')
    assert.deepEqual(await first.locator('td.is-bad').allInnerTexts(), ['technolgy'])
    assert.deepEqual(await wrong('sector'), of('sector'))
    assert.deepEqual(await wrong('office_location'), of('office_location'))
    await mean({ sector: { technolgy: '信息技术' }, office_location: { Korea: '韩国', Philipines: '菲律宾' } })
    assert.deepEqual(await tiles(), ['85', '0', '0', '0'])
    assert.deepEqual(await run('customer'), ['85', '0', '0', '0'])

    const customers = new Map((await admin.all('customer')).map((customer) => [customer.name, customer]))
    assert.equal(customers.size, 85)
    for (const row of source) {
      const customer = customers.get(row.account)
      assert.equal(customer.industry.title, map_of('customer').sector.values[row.sector], row.account)
      assert.equal(customer.parent?.title ?? '', row.subsidiary_of, row.account)
      assert.equal(customer.annual_revenue.currency, 'USD')
      assert.equal(cents(customer.annual_revenue), Math.round(Number(row.revenue) * 100_000_000), row.account)
    }
  })

  test('8,800 opportunities: `GTXPro` is told with line and column, is mapped, and none is dropped', async () => {
    const source = rows_of('sales_pipeline.csv')
    await open('opportunity', 'sales_pipeline.csv')
    for (const [heading, field] of [['opportunity_id', '外部编号'], ['sales_agent', '负责人'], ['account', '客户'], ['engage_date', '开始接触'], ['close_date', '实际关闭'], ['close_value', '预计收入']]) await put(heading, field)
    await select('close_value', 'import-currency', 'USD')
    await check()
    assert.deepEqual(await wrong('deal_stage'), how_often(source.map((row) => row.deal_stage).filter((stage) => stage === 'Engaging')))
    await mean({ deal_stage: { Engaging: '需求分析' } })
    const bad = source.flatMap((row, i) => (row.product === 'GTXPro' ? [i + 2] : []))
    assert.deepEqual(await tiles(), [(8800 - bad.length).toLocaleString('en'), '0', '0', bad.length.toLocaleString('en')])
    assert.deepEqual(await wrong('product'), { GTXPro: bad.length })
    const first = page.getByTestId('reject-row').first()
    assert.equal(await first.locator('td').first().innerText(), String(bad[0]))
    assert.deepEqual(await first.locator('td.is-bad').allInnerTexts(), ['GTXPro'])
    await mean({ product: { GTXPro: 'GTX Pro' } })
    assert.deepEqual(await tiles(), ['8,800', '0', '0', '0'])
    assert.deepEqual(await run('opportunity'), ['8,800', '0', '0', '0'])

    const all = await admin.all('opportunity')
    const of_state = (state) => all.filter((opportunity) => opportunity.state.code === state)
    assert.deepEqual([all.length, of_state('won').length, of_state('lost').length], [8800, 4238, 2473])
    assert.equal(of_state('won').reduce((sum, { amount }) => sum + cents(amount), 0), 10_005_534_00)
    assert.equal(all.filter(({ customer }) => !customer).length, 1425)
    assert.equal(all.filter(({ product }) => product.title === 'GTX Pro').length, bad.length)
  })

  test('the undo buttons of the four results leave nothing', async () => {
    for (const object of ['opportunity', 'customer', 'employee', 'product']) {
      await page.goto(imports[object])
      await page.getByTestId('import-undo').click()
      await page.getByTestId('import-result').getByText('导入已撤销').waitFor({ timeout: 120_000 })
    }
    assert.deepEqual(await count_all(), before_all)
    assert.deepEqual(page.errors, [])
  })

  test('a mapping file of the command line does the same at once, and says what is wrong with itself', async () => {
    await open('customer', 'accounts.csv')
    const load = page.getByTestId('import-map-file')
    await load.setInputFiles({ name: 'map.json', mimeType: 'application/json', buffer: Buffer.from('{"acount": "name"}') })
    await page.getByRole('alert').getByText('acount').waitFor()
    await load.setInputFiles(join(maps, 'customer.json'))
    await column('revenue').getByText('百万、USD').waitFor()
    assert.deepEqual(await check(), ['85', '0', '0', '0'])
    await page.getByTestId('import-cancel').click()
    await page.waitForURL((url) => url.pathname === '/o/customer') // or the next test is led away from where it goes
    assert.equal(await admin.count('customer'), 0)
  })

  test('a column that goes into the number of the system says that its values are not written', async () => {
    await page.go('/o/customer/import')
    await page.getByTestId('import-file').setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('客户编号,客户名称\nX1,甲公司\n') })
    await column('客户编号').getByTestId('import-number-note').waitFor()
    assert.match(await column('客户编号').getByTestId('import-number-note').innerText(), /不写入/)
    // It can be kept in a text field instead, or left out knowingly: then there is nothing to say.
    await put('客户编号', '不导入')
    await column('客户编号').getByTestId('import-number-note').waitFor({ state: 'detached' })
  })

  test('cells put right in the preview leave the count of problems', async () => {
    await page.go('/o/customer/import')
    await page.getByTestId('import-file').setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('客户名称,员工人数\n甲公司,many\n') })
    await page.getByTestId('import-column').first().waitFor()
    assert.deepEqual(await check(), ['0', '0', '0', '1'])
    assert.ok(await page.getByTestId('import-run').isDisabled())
    await page.getByTestId('reject-row').getByRole('button', { name: 'many' }).click()
    const fixed = page.waitForResponse(answer_to('PATCH', '/rejects'))
    await page.keyboard.type('12')
    await page.keyboard.press('Enter')
    await fixed
    await page.getByText('没有需要修正的行').waitFor()
    assert.deepEqual(await tiles(), ['1', '0', '0', '0'])
    assert.deepEqual(await run('fixed'), ['1', '0', '0', '0'])
    await page.getByTestId('import-undo').click()
    await page.getByTestId('import-result').getByText('导入已撤销').waitFor()
    assert.deepEqual(await count_all(), before_all)
    assert.deepEqual(page.errors, [])
  })
})
