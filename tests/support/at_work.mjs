// For suites about rights in the browser: an office whose administrator and one salesperson have their pages open all along.
import assert from 'node:assert/strict'
import { after, afterEach, before } from 'node:test'
import { Browser, keep_pictures } from './browser.mjs'
import { open_office } from './office.mjs'

// `take` is given everything once it is there. Pages that a test opens besides are put into `pages`.
export function at_work(take) {
  let office, browser, pages
  before(async () => {
    office = await open_office('sqlite')
    browser = await Browser.open(office.server.origin)
    pages = [await browser.sign_in(office.accounts.boss), await browser.sign_in(office.accounts.zhou)]
    const { boss, zhou, lin } = office
    const [admin, seller] = pages
    take({ office, boss, zhou, lin, browser, pages, admin, seller })
  })
  afterEach((test) => keep_pictures(test, pages))
  after(async () => {
    await browser?.close()
    for (const page of pages ?? []) assert.deepEqual(page.errors, [])
    assert.deepEqual(office.server.defects(), [])
    await office?.server.stop()
  })
}
