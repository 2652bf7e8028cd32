// A Chromium that drives the interface, and people who sign in with it.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from '../../web/node_modules/playwright-core/index.mjs'

// GX_TEST_PICTURES names a folder: the page of a test that failed is kept there.
const pictures = process.env.GX_TEST_PICTURES

export class Browser {
  // `args`: more for the command line of Chromium.
  static async open(origin, args = []) {
    const browser = new Browser()
    browser.origin = origin
    browser.opened = []
    browser.free = []
    browser.chromium = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell', // the whole engine, without windows: a third less work
      env: { ...process.env, LC_ALL: 'C.UTF-8' }, // else it gives downloads of another script a name of its own
      // Pages live for seconds: making their scripts quicker takes longer than it saves.
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync', '--no-first-run', '--js-flags=--no-maglev,--no-opt', ...args],
    })
    return browser
  }

  close() {
    return this.chromium.close()
  }

  // A page that nobody has signed in to. What goes wrong in its scripts is kept in `errors`.
  async page(options = {}) {
    const page = (Object.keys(options).length === 0 && this.free.pop()) || (await this.new_page(options))
    page.errors = []
    this.opened.push(page)
    return page
  }

  async new_page(options) {
    const context = await this.chromium.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', ...options })
    const page = await context.newPage()
    page.on('pageerror', (error) => page.errors.push(error.message))
    page.setDefaultTimeout(8_000)
    page.visit = (path) => page.goto(this.origin + path)
    page.go = (path) => go(page, path)
    page.kept = { context, devtools: await context.newCDPSession(page) }
    // What a test turns on in its page is not handed on to the next. Whoever turns something on in its context says so.
    page.plain = Object.keys(options).length === 0
    for (const name of ['route', 'addInitScript', 'exposeFunction', 'setViewportSize', 'emulateMedia']) {
      const real = page[name]
      page[name] = (...args) => {
        page.plain = false
        return real.apply(page, args)
      }
    }
    return page
  }

  // For the next test as good as a new one, which takes twice as long to open: nothing that a page can keep is left.
  async recycle(page) {
    const { context, devtools } = page.kept
    if (!page.plain || page.isClosed() || context.pages().length > 1) return context.close()
    await page.evaluate(() => sessionStorage.clear())
    await page.visit('/healthz') // the same origin: another would begin a process of its own
    await context.clearCookies()
    await devtools.send('Storage.clearDataForOrigin', { origin: this.origin, storageTypes: 'all' })
    this.free.push(page)
  }

  // Straight to the first page; that the sign-in page leads there is a matter of tests of its own.
  async sign_in({ login, password }, options) {
    const page = await this.page(options)
    const answer = await page.request.post(`${this.origin}/api/session`, { data: { login, password } })
    assert.equal(answer.status(), 200, await answer.text())
    await page.visit('/home')
    await page.locator('h1').first().waitFor() // until then keys are not heard
    return page
  }

  // For `afterEach` where each test opens pages of its own: nothing went wrong in their scripts, and they are closed.
  async end_pages(test) {
    const pages = this.opened.splice(0)
    await keep_pictures(test, pages)
    for (const page of pages) {
      assert.deepEqual(page.errors, [])
      await this.recycle(page)
    }
  }
}

// From screen to screen as a link does, without loading the page anew, which takes much longer. Resolves when the screen
// is there and drawn; what it asks the server for may still come.
async function go(page, path) {
  const way = await page.evaluate(async (to) => {
    const router = document.querySelector('#app')?.__vue_app__?.config.globalProperties.$router
    if (!router) return 'load'
    const late = new Promise((done) => setTimeout(done, 8_000, 'held'))
    const way = await Promise.race([router.push(to).then(() => 'gone'), late])
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
    return way
  }, path)
  assert.notEqual(way, 'held', `the screen does not let go: ${path}`)
  if (way === 'load') await page.visit(path)
}

// Calls the API as the page does, with its cookie and token.
export function api(page, method, path, body, headers = {}) {
  return page.evaluate(
    async ([method, path, body, headers]) => {
      const { csrf } = await (await fetch('/api/session')).json()
      const sent = { 'content-type': 'application/json', 'x-csrf-token': csrf, ...headers }
      const answer = await fetch(path, { method, headers: sent, body: body === null ? undefined : JSON.stringify(body) })
      return { status: answer.status, body: await answer.json().catch(() => null) }
    },
    [method, path, body ?? null, headers],
  )
}

// A description of an answer to wait for: the method and the end of the path.
export const answer_to = (method, end) => (answer) => answer.request().method() === method && new URL(answer.url()).pathname.endsWith(end)

// For `afterEach`: what the pages show when a test has failed.
export async function keep_pictures(test, pages) {
  if (!pictures || test.passed !== false) return
  mkdirSync(pictures, { recursive: true })
  for (const [i, page] of pages.entries()) {
    await page.screenshot({ path: join(pictures, `${test.name.replaceAll(/\W+/g, '-').slice(0, 60)}-${i}.png`) }).catch(() => undefined)
  }
}
