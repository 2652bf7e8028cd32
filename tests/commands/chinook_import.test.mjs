// Customers and employees of a music shop: addresses, managers and support representatives survive the import.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { read_records } from '../support/csv.mjs'
import { Installation, data, databases, root } from '../support/server.mjs'

const digits = (text) => (text ?? '').replace(/\D/g, '')
const street = ({ Address, City, State }) => [Address, City, State].map((part) => part.trim()).filter(Boolean).join(', ')

for (const kind of databases) {
  describe(`the music shop on ${kind}`, () => {
    let server, admin
    const source = {}

    before(async () => {
      const installation = new Installation(kind)
      const account = installation.add_user('boss', 'administrator', { name: '总管' })
      for (const [object, file, rows] of [['employee', 'employees.csv', 8], ['customer', 'customers.csv', 59]]) {
        source[object] = read_records(readFileSync(data(`chinook/${file}`), 'utf8'))
        const { created, rejected } = installation.import_file(object, data(`chinook/${file}`), join(root, `docs/examples/chinook/${object}.json`))
        assert.deepEqual([created, rejected], [rows, 0], object)
      }
      server = await installation.serve()
      admin = await server.sign_in(account)
      await admin.expect(204, 'PATCH', '/api/session', { body: { language: 'en' } })
    })
    after(() => server.stop())

    test('employees keep manager, position, dates, address and phone (covers: PLAT-45)', async () => {
      const employees = new Map((await admin.all('employee')).map((employee) => [employee.name, employee]))
      assert.equal(employees.size, 9)
      for (const row of source.employee) {
        const employee = employees.get(row.Name)
        assert.equal(employee.manager?.title ?? '', row.ReportsTo, row.Name)
        assert.ok(employee.position, row.Name)
        assert.deepEqual([employee.birthday, employee.entered_on], [row.BirthDate, row.HireDate], row.Name)
        assert.equal(employee.address.street, street(row), row.Name)
        assert.equal(employee.address.region.title, 'Canada', row.Name)
        assert.deepEqual([employee.postcode, employee.email], [row.PostalCode, row.Email], row.Name)
        assert.equal(digits(employee.phone), digits(row.Phone), row.Name)
        assert.equal(digits(employee.fax), digits(row.Fax), row.Name)
      }
    })

    test('customers keep address, country, phones and the support representative', async () => {
      const customers = new Map((await admin.all('customer')).map((customer) => [customer.name, customer]))
      assert.equal(customers.size, 59)
      for (const row of source.customer) {
        const customer = customers.get(row.Name)
        assert.equal(customer.owner.title, row.SupportRep, row.Name)
        assert.equal(customer.address.street, street(row), row.Name)
        assert.equal(customer.country.title, { USA: 'United States', 'Czech Republic': 'Czechia' }[row.Country] ?? row.Country, row.Name)
        assert.deepEqual([customer.short_name ?? '', customer.postcode ?? '', customer.email], [row.Company, row.PostalCode, row.Email.toLowerCase()], row.Name)
        assert.equal(digits(customer.phone), digits(row.Phone), row.Name)
      }
    })

    test('a customer is found by the last digits of the phone and by the mail address', async () => {
      const hits = async (q) => (await admin.expect(200, 'GET', '/api/search', { query: { q, objects: 'customer' } })).hits.map((hit) => hit.title)
      assert.ok((await hits('5555')).includes('Luís Gonçalves'))
      assert.ok((await hits('luisg@embraer')).includes('Luís Gonçalves'))
    })
  })
}
