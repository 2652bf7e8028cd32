// Opens the main screens of a running program in Chromium, in both themes, both languages and two widths, and fails on
// every serious finding of axe. Address and sign-in come from GUANXI_URL, GUANXI_LOGIN and GUANXI_PASSWORD.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'

const address = process.env.GUANXI_URL ?? 'http://127.0.0.1:8080'
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
const context = await browser.newContext({ reducedMotion: 'reduce', bypassCSP: true })
const page = await context.newPage()
const findings = []
page.on('pageerror', (error) => findings.push(`script error: ${error.message}`))

async function settled() {
  await page.waitForLoadState('load')
  await page.waitForTimeout(700)
}
async function check(name) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }))
  for (const one of violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')) {
    findings.push(`${name}: ${one.id} (${one.impact}): ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`)
  }
}

await page.goto(`${address}/sign-in`)
await settled()
await check('sign-in')
await page.fill('#login', process.env.GUANXI_LOGIN ?? 'admin')
await page.fill('#password', process.env.GUANXI_PASSWORD ?? 'admin')
await page.press('#password', 'Enter')
await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'))
await settled()

const first = async (object) => page.evaluate(async (name) => (await (await fetch(`/api/records/${name}?limit=1`)).json()).records?.[0]?.id, object)
const token = await page.evaluate(async () => (await (await fetch('/api/session')).json()).csrf)
const set = (values) => page.evaluate(([csrf, body]) => fetch('/api/session', { method: 'PATCH', headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf }, body: JSON.stringify(body) }), [token, values])
const customer = await first('customer')
const opportunity = await first('opportunity')
const screens = ['/home', '/o/customer', '/o/opportunity/v/opportunity.board', `/o/customer/${customer}`, `/o/opportunity/${opportunity}`, '/o/customer/new', '/o/customer/import', '/bin', '/settings', '/me']
let count = 1
for (const [width, height] of [[1440, 900], [390, 844]]) {
  await page.setViewportSize({ width, height })
  for (const theme of ['light', 'dark']) {
    for (const language of ['zh', 'en']) {
      await set({ theme, language })
      for (const screen of screens) {
        await page.goto(address + screen)
        await settled()
        await check(`${screen} ${width} ${theme} ${language}`)
        count += 1
      }
    }
  }
}
await set({ theme: 'system', language: 'zh' })
await page.setViewportSize({ width: 1440, height: 900 })
await page.goto(`${address}/o/customer/${customer}`)
await settled()
for (const [name, key] of [['palette', 'Control+k'], ['keys', '?'], ['quick panel', ']'], ['help', 'F1']]) {
  await page.keyboard.press(key)
  await page.waitForTimeout(500)
  await check(name)
  await page.keyboard.press('Escape')
  count += 1
}
await browser.close()
for (const one of [...new Set(findings)]) console.error(one)
console.log(`axe: ${count} screens, ${findings.length} serious findings`)
process.exit(findings.length ? 1 : 0)
