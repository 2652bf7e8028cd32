// The data set "CRM Sales Opportunities": four files, four commands, and the figures that its publisher's data have.
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { read_csv } from '../support/csv.mjs'
import { Installation, data, databases, root, temporary_folder } from '../support/server.mjs'

const maps = join(root, 'docs/examples/crm-pipeline')
const steps = [
  ['employee', 'sales_teams.csv', 35],
  ['product', 'products.csv', 7],
  ['customer', 'accounts.csv', 85],
  ['opportunity', 'sales_pipeline.csv', 8800],
]
const counted = ['employee', 'department', 'product', 'customer', 'opportunity', 'opportunity_stage', 'contact', 'position']
const cents = (money) => Math.round(Number(money?.amount ?? 0) * 100)

for (const kind of databases) {
  describe(`the four files on ${kind}`, () => {
    let installation, server, admin, counts_before
    const batches = []
    const opportunities = {}

    before(async () => {
      installation = new Installation(kind)
      const account = installation.add_user('boss', 'administrator', { name: '总管' })
      server = await installation.serve()
      admin = await server.sign_in(account)
      counts_before = await count_all()
      // Commands work beside a running server.
      for (const [object, file] of steps) {
        batches.push([object, installation.import_file(object, data(`crm-pipeline/${file}`), join(maps, `${object}.json`))])
      }
      for (const record of await admin.all('opportunity')) opportunities[record.external_number] = record
    })
    after(async () => {
      assert.deepEqual(server.defects(), [])
      await server.stop()
    })

    const count_all = async () => Object.fromEntries(await Promise.all(counted.map(async (object) => [object, await admin.count(object)])))

    test('every row is read and created, and none is rejected', () => {
      for (const [[object, , rows], [, summary]] of steps.map((step, i) => [step, batches[i]])) {
        const { read, created, updated, skipped, rejected } = summary
        assert.deepEqual({ read, created, updated, skipped, rejected }, { read: rows, created: rows, updated: 0, skipped: 0, rejected: 0 }, object)
      }
    })

    test('35 agents and 6 managers, who are named only as managers, work in 3 regional offices', async () => {
      const employees = (await admin.all('employee')).filter((employee) => employee.name !== '总管')
      assert.equal(employees.length, 41)
      const agents = employees.filter((employee) => employee.manager)
      assert.equal(agents.length, 35)
      const managers = new Set(agents.map((agent) => agent.manager.title))
      assert.deepEqual([...managers].sort(), ['Cara Losch', 'Celia Rouche', 'Dustin Brinkmann', 'Melvin Marxen', 'Rocco Neubert', 'Summer Sewald'])
      for (const name of managers) assert.equal(employees.filter((employee) => employee.name === name && !employee.manager).length, 1, name)
      const offices = await admin.all('department')
      assert.deepEqual(offices.map((office) => office.name).sort(), ['Central', 'East', 'West'])
      assert.deepEqual([...new Set(agents.map((agent) => agent.department.title))].sort(), ['Central', 'East', 'West'])
    })

    test('85 customers have their industry, country, revenue in dollars and parent company', async () => {
      const customers = await admin.all('customer')
      assert.equal(customers.length, 85)
      for (const customer of customers) {
        assert.ok(customer.industry, customer.name)
        assert.ok(customer.country, customer.name)
        assert.equal(customer.annual_revenue.currency, 'USD', customer.name)
      }
      const [headings, ...rows] = read_csv(readFileSync(data('crm-pipeline/accounts.csv'), 'utf8'))
      const by_name = new Map(customers.map((customer) => [customer.name, customer]))
      for (const row of rows) {
        const [account, , year, revenue, employees, , parent] = headings.map((_, i) => row[i])
        const customer = by_name.get(account)
        assert.equal(customer.year_founded, Number(year), account)
        assert.equal(customer.employees, Number(employees), account)
        assert.equal(cents(customer.annual_revenue), Math.round(Number(revenue) * 100_000_000), account)
        assert.equal(customer.parent?.title ?? '', parent, account)
      }
    })

    test('numbers and mnemonic codes are given by rule, each number once (covers: CUST-20)', async () => {
      const customers = await admin.all('customer')
      for (const { number, mnemonic } of customers) {
        assert.match(number, /^KH\d{10}$/)
        assert.ok(mnemonic)
      }
      const numbers = customers.map(({ number }) => number).sort()
      assert.equal(new Set(numbers).size, 85)
      assert.equal(Number(numbers[84].slice(6)) - Number(numbers[0].slice(6)), 84, 'no gap')
    })

    test('won, lost and open opportunities, the won value and those without a customer are as published', () => {
      const all = Object.values(opportunities)
      assert.equal(all.length, 8800)
      const of_state = (state) => all.filter((opportunity) => opportunity.state.code === state)
      assert.equal(of_state('won').length, 4238)
      assert.equal(of_state('lost').length, 2473)
      assert.equal(of_state('open').length, 1589 + 500)
      assert.equal(of_state('won').reduce((sum, { amount }) => sum + cents(amount), 0), 10_005_534_00)
      assert.equal(all.filter(({ customer }) => !customer).length, 1425)
      const best = new Map()
      for (const { owner, amount } of of_state('won')) best.set(owner.title, (best.get(owner.title) ?? 0) + cents(amount))
      assert.deepEqual([...best].sort((a, b) => b[1] - a[1])[0], ['Darcel Schlecht', 1_153_214_00])
    })

    test('groups count the same as the rows (covers: OPP-20)', async () => {
      const { groups, total } = await admin.expect(200, 'GET', '/api/records/opportunity/groups', { query: { by: 'state', sum: 'amount' } })
      assert.deepEqual(Object.fromEntries(groups.map(({ key, count }) => [key, count])), { open: 2089, won: 4238, lost: 2473 })
      assert.deepEqual(groups.find(({ key }) => key === 'won').sum.amount, { amount: '10005534.00', currency: 'USD' })
      assert.equal(total.count, 8800)
    })

    test('every row of the file is there with its own values', () => {
      const [, ...rows] = read_csv(readFileSync(data('crm-pipeline/sales_pipeline.csv'), 'utf8'))
      for (const [number, agent, product, account, , engaged, closed, value] of rows) {
        const { owner, product: sold, customer, engaged_on, closed_on, amount } = opportunities[number]
        assert.deepEqual(
          [owner.title, sold.title.replace('GTX Pro', 'GTXPro'), customer?.title ?? '', engaged_on ?? '', closed_on ?? '', amount ? cents(amount) : ''],
          [agent, product, account, engaged, closed, value === '' ? '' : Number(value) * 100],
          number,
        )
      }
    })

    test('importing the same file again creates nothing', () => {
      const { created, updated, skipped, rejected } = installation.import_file(
        'product',
        data('crm-pipeline/products.csv'),
        join(maps, 'product.json'),
      )
      assert.deepEqual({ created, updated }, { created: 0, updated: 0 })
      assert.equal(skipped + rejected, 7)
    })

    test('undoing the imports in reverse order leaves nothing of them', async () => {
      for (const [object, { batch }] of batches.toReversed()) {
        const undone = await admin.undo(batch)
        assert.equal(undone.skipped, 0, object)
      }
      assert.deepEqual(await count_all(), counts_before)
    })
  })

  describe(`the files without the corrections of their maps on ${kind}`, () => {
    let installation, folder
    const without = (object, change) => {
      const map = JSON.parse(readFileSync(join(maps, `${object}.json`), 'utf8'))
      change(map)
      writeFileSync(join(folder, `${object}.json`), JSON.stringify(map))
      return join(folder, `${object}.json`)
    }
    before(() => {
      installation = new Installation(kind)
      folder = temporary_folder()
      for (const [, file] of steps) copyFileSync(data(`crm-pipeline/${file}`), join(folder, file))
      for (const [object, file] of steps.slice(0, 2)) installation.import_file(object, join(folder, file), join(maps, `${object}.json`))
    })

    test('technolgy is reported with line and column, and its rows are kept in the rejects file', () => {
      const source = read_csv(readFileSync(join(folder, 'accounts.csv'), 'utf8'))
      const lines = source.flatMap((row, i) => (row[1] === 'technolgy' ? [i + 1] : []))
      const map = without('customer', ({ sector }) => delete sector.values.technolgy)
      const { out, err } = installation.done(['import', 'customer', join(folder, 'accounts.csv'), '--map', map, '--dry-run'])
      assert.equal(JSON.parse(out).rejected, lines.length)
      assert.match(err, /rejects\.csv/)
      const [headings, ...rejects] = read_csv(readFileSync(join(folder, 'accounts.csv.rejects.csv'), 'utf8'))
      assert.equal(rejects.length, lines.length)
      for (const [i, reject] of rejects.entries()) {
        const told = Object.fromEntries(headings.map((heading, at) => [heading, reject[at]]))
        for (const [at, heading] of source[0].entries()) assert.equal(told[heading], source[lines[i] - 1][at])
        const rest = reject.filter((_, at) => !source[0].includes(headings[at])).join(' ')
        assert.match(rest, new RegExp(`\\b${lines[i]}\\b`), 'the line')
        assert.match(rest, /sector/, 'the column')
        assert.match(rest, /technolgy|not|没有|不/, 'the reason')
      }
    })

    test('GTXPro is reported with line and column, the good rows are written, and none is dropped', () => {
      installation.import_file('customer', join(folder, 'accounts.csv'), join(maps, 'customer.json'))
      const source = read_csv(readFileSync(join(folder, 'sales_pipeline.csv'), 'utf8'))
      const bad = source.filter((row) => row[2] === 'GTXPro')
      const map = without('opportunity', ({ product }) => delete product.values)
      const summary = installation.import_file('opportunity', join(folder, 'sales_pipeline.csv'), map)
      assert.equal(summary.rejected, bad.length)
      assert.equal(summary.created, 8800 - bad.length)
      const rejects_file = join(folder, 'sales_pipeline.csv.rejects.csv')
      const [headings, ...rejects] = read_csv(readFileSync(rejects_file, 'utf8'))
      assert.deepEqual(rejects.map((row) => row[headings.indexOf('opportunity_id')]).sort(), bad.map((row) => row[0]).sort())
      // The rejected rows are a file that can be imported as it is, with the right map.
      const again = installation.import_file('opportunity', rejects_file, join(maps, 'opportunity.json'))
      assert.deepEqual([again.read, again.created, again.rejected], [bad.length, bad.length, 0])
      assert.ok(!existsSync(rejects_file + '.rejects.csv'))
    })
  })
}
