// References by name into an object that is too large to be read whole.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Installation, databases, temporary_folder } from '../support/server.mjs'

const customers = 20_050
const contacts = 3_000
const name_of = (i) => `Huaxin ${i} 有限公司`

for (const kind of databases) {
  describe(`references into ${customers} customers on ${kind}`, () => {
    let installation, folder, server, admin
    const file = (name, lines) => {
      writeFileSync(join(folder, name), lines.join('\n') + '\n')
      return join(folder, name)
    }
    before(async () => {
      folder = temporary_folder()
      installation = new Installation(kind)
      const account = installation.add_user('boss', 'administrator')
      const rows = Array.from({ length: customers }, (_, i) => name_of(i))
      assert.equal(installation.import_file('customer', file('customers.csv', ['name', ...rows, name_of(1)])).created, customers + 1)
      server = await installation.serve()
      admin = await server.sign_in(account)
    })
    after(async () => {
      assert.deepEqual(server.defects(), [])
      await server.stop()
    })

    test('names are found whatever their case and width, numbers too, and what is not one record is told', async () => {
      const numbered = (await admin.list('customer', { filter: ['name', 'is', name_of(7)], fields: 'number' })).records[0]
      const rows = Array.from({ length: contacts }, (_, i) => `联系人${i},${name_of(i * 5 + 10).toUpperCase()}`)
      rows.push(`按编号,${numbered.number}`, '全角,Ｈｕａｘｉｎ　２　有限公司', `两个,${name_of(1)}`, '没有,Huaxin 没有 有限公司')
      const { created, rejected } = installation.import_file('contact', file('contacts.csv', ['name,customer', ...rows]))
      assert.deepEqual({ created, rejected }, { created: contacts + 2, rejected: 2 })
      const by_name = new Map((await admin.all('contact', { fields: 'name,customer' })).map((contact) => [contact.name, contact.customer.title]))
      for (let i = 0; i < contacts; ++i) assert.equal(by_name.get(`联系人${i}`), name_of(i * 5 + 10))
      assert.equal(by_name.get('按编号'), name_of(7))
      assert.equal(by_name.get('全角'), name_of(2))
    })
  })
}
