// Signing in as people do: cancel, codes, new passwords, links, applications, ending sessions; in Chinese and English.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser, end_pages } from '../support/browser.mjs'
import { open_mailbox } from '../support/mail.mjs'
import { open_office } from '../support/office.mjs'
import { databases, until } from '../support/server.mjs'
import { app_code } from '../support/totp.mjs'

describe('identity in the browser', () => {
  const kind = databases[0]
  let office, boss, server, browser, mailbox
  let pages = []
  before(async () => {
    mailbox = await open_mailbox()
    office = await open_office(kind, { serve: ['--smtp', mailbox.url], roles: { wu: 'marketing', chen: 'salesperson' } })
    ;({ boss, server } = office)
    browser = await Browser.open(server.origin)
  })
  after(async () => {
    await browser?.close()
    assert.deepEqual(server.defects(), [])
    await server.stop()
    mailbox.close()
  })
  afterEach(async (context) => {
    await end_pages(context, pages)
    pages = []
  })
  const kept = (page) => (pages.push(page), page)
  const open = async (path, options) => {
    const page = kept(await browser.page(options))
    await page.visit(path)
    return page
  }
  const enter = async (account, options) => kept(await browser.sign_in(account, options))
  const at = (page, pathname) => page.waitForURL((url) => url.pathname === pathname)
  async function type_sign_in(page, { login, password }) {
    await page.locator('#login').fill(login)
    await page.locator('#password').fill(password)
    await page.getByTestId('sign-in').click()
  }
  async function choose_password(page, password, button = 'choose-password') {
    await page.getByTestId('new-password').fill(password)
    await page.getByTestId('password-again').fill(password)
    await page.getByTestId(button).click()
  }
  async function set_policy(fields) {
    const [policy] = await boss.all('security_policy')
    await boss.change('security_policy', policy, fields)
  }
  const texts = (page, id) => page.getByTestId(id).first().textContent()

  test('the sign-in page has title, user name, password, sign in and cancel; cancel clears and signs nobody in (covers: PLAT-01)', async () => {
    const page = await open('/sign-in')
    await page.getByRole('heading', { level: 1, name: '登录' }).waitFor()
    await page.locator('#login').fill('zhou')
    await page.locator('#password').fill(office.accounts.zhou.password)
    await page.getByTestId('cancel').click()
    assert.equal(await page.locator('#login').inputValue(), '')
    assert.equal(await page.locator('#password').inputValue(), '')
    assert.equal(new URL(page.url()).pathname, '/sign-in')
    assert.deepEqual(await page.context().cookies(), [])
    await type_sign_in(page, { login: 'zhou', password: 'not it' })
    assert.match(await texts(page, 'sign-in-problem'), /密码不对/)
    await page.getByTestId('sign-in').waitFor()
    assert.deepEqual(await page.context().cookies(), [])
  })

  test('sign in again switches to another person in the same window (covers: PLAT-04)', async () => {
    const page = await enter(office.accounts.zhou)
    await page.getByRole('button', { name: '我的' }).click()
    await page.getByRole('menuitem', { name: '重新登录（换人）' }).click()
    await at(page, '/sign-in')
    await type_sign_in(page, office.accounts.lin)
    await at(page, '/home')
    await page.getByRole('button', { name: '我的' }).click()
    await page.getByText('林悦').first().waitFor()
  })

  test('close system ends the session and leaves the signed-out page (covers: PLAT-05)', async () => {
    const page = await enter(office.accounts.zhou)
    const [{ value }] = await page.context().cookies()
    await page.getByRole('button', { name: '我的' }).click()
    await page.getByRole('menuitem', { name: '关闭系统' }).click()
    await at(page, '/signed-out')
    await page.getByRole('heading', { level: 1, name: '系统已关闭' }).waitFor()
    const stranger = server.stranger()
    stranger.cookie = `gx_session=${value}`
    await stranger.expect(401, 'GET', '/api/session')
    await page.visit('/o/customer')
    await at(page, '/sign-in')
  })

  test('an administrator makes a link for a new account; its owner chooses the password (covers: PLAT-50)', async () => {
    const page = await enter(office.accounts.boss)
    await page.visit('/settings')
    await page.getByTestId('settings-accounts').click()
    await page.getByTestId('accounts-search').fill('chen')
    await page.waitForFunction(() => document.querySelectorAll('[data-testid=account-row]').length === 1)
    await page.getByTestId('account-menu').click()
    await page.getByRole('menuitem', { name: '生成一次性链接' }).click()
    await page.getByTestId('account-sure').click()
    const address = (await page.getByTestId('link-address').textContent()).trim()
    assert.ok(address.startsWith(`${server.origin}/set-password#`), address)

    const person = kept(await browser.page())
    await person.goto(address)
    await choose_password(person, 'woaini1314')
    assert.match(await texts(person, 'password-problem'), /太常见/)
    await choose_password(person, '走马观花 2026')
    await person.getByTestId('password-set').waitFor()
    await person.getByTestId('to-sign-in').click()
    office.accounts.chen.password = '走马观花 2026'
    await type_sign_in(person, office.accounts.chen)
    await at(person, '/home')
    const again = kept(await browser.page({ locale: 'en-GB' }))
    await again.goto(address)
    await again.getByTestId('link-over').waitFor()
  })

  test('a forgotten password comes back by e-mail (covers: PLAT-07)', async () => {
    const page = await open('/forgot-password')
    await page.getByTestId('ask-administrator').waitFor()
    await set_policy({ mail_sender: 'crm@huaxin.example', site_address: server.origin })
    await boss.change('employee', await boss.read('employee', office.lin.user.employee.id), { email: 'lin@huaxin.example' })
    await until('the policy is known', async () => (await server.stranger().get('/api/public/sign_in')).body.recovery, 3000)
    await page.visit('/sign-in')
    await page.getByTestId('forgot').click()
    await page.locator('#login').fill('lin')
    await page.getByTestId('send-link').click()
    await page.getByTestId('link-sent').waitFor()
    const mail = await mailbox.next(({ to }) => to.includes('lin@huaxin.example'))
    await page.goto(mail.text.match(/http\S+set-password#\S+/)[0])
    await choose_password(page, 'remembered for good')
    await page.getByTestId('password-set').waitFor()
    office.accounts.lin.password = 'remembered for good'
    await page.getByTestId('to-sign-in').click()
    await type_sign_in(page, office.accounts.lin)
    await at(page, '/home')
  })

  test('a second factor is set up, asked for, and replaced by a recovery code (covers: PLAT-11)', async () => {
    const [role] = await boss.all('role', { filter: ['code', 'is', 'marketing'] })
    await boss.change('role', await boss.read('role', role.id), { strength: 'second_factor' })
    const page = await open('/')
    await type_sign_in(page, office.accounts.wu)
    await page.getByTestId('qr').locator('path[d^=M]').waitFor()
    const secret = (await texts(page, 'factor-secret')).replaceAll(' ', '')
    await page.locator('#factor-code').fill('000000')
    await page.getByTestId('factor-confirm').click()
    await page.getByRole('alert').waitFor()
    await page.locator('#factor-code').fill(app_code(secret))
    await page.getByTestId('factor-confirm').click()
    await page.getByTestId('recovery-codes').locator('li').nth(9).waitFor()
    const codes = await page.getByTestId('recovery-codes').locator('li').allTextContents()
    assert.equal(codes.length, 10)
    assert.equal(await page.getByTestId('codes-done').isDisabled(), true)
    await page.getByTestId('codes-kept').click()
    await page.getByTestId('codes-done').click()
    await at(page, '/home')

    const other = await open('/', { locale: 'en-GB' })
    await type_sign_in(other, office.accounts.wu)
    await other.getByTestId('code-step').waitFor()
    await other.locator('#code').fill('000000')
    await other.getByTestId('give-code').click()
    await other.getByTestId('code-problem').waitFor()
    // A page that is loaded again goes on where it was.
    await other.reload()
    await other.getByTestId('code-step').waitFor()
    await other.locator('#code').fill(app_code(secret, 1))
    await other.keyboard.press('Enter')
    await at(other, '/home')

    const third = await open('/')
    await type_sign_in(third, office.accounts.wu)
    await third.getByTestId('use-recovery').click()
    await third.locator('#code').fill(codes[0])
    await third.getByTestId('give-code').click()
    await at(third, '/home')

    const given_up = await open('/')
    await type_sign_in(given_up, office.accounts.wu)
    await given_up.getByTestId('code-step').waitFor()
    await given_up.getByTestId('cancel').click()
    await given_up.locator('#login').waitFor()
    assert.equal((await given_up.context().cookies()).length, 0)
  })

  test('who wants a second factor sets it up in the profile and switches it off again', async () => {
    const page = await enter(office.accounts.zhou)
    await page.visit('/me')
    await page.getByTestId('factor-begin').click()
    await page.locator('#factor-password').fill(office.accounts.zhou.password)
    await page.getByTestId('factor-go').click()
    const secret = (await texts(page, 'factor-secret')).replaceAll(' ', '')
    await page.locator('#factor-code').fill(app_code(secret))
    await page.getByTestId('factor-confirm').click()
    await page.getByTestId('codes-kept').click()
    await page.getByTestId('codes-done').click()
    await page.getByTestId('factor-codes').waitFor()
    assert.match(await texts(page, 'factor-state'), /10/)
    await page.getByTestId('factor-off').click()
    await page.locator('#factor-password').fill(office.accounts.zhou.password)
    await page.getByTestId('factor-go').click()
    await page.getByTestId('factor-off').waitFor({ state: 'detached' })
    await page.getByTestId('factor-begin').waitFor()
  })

  test('a password that was made for somebody is replaced at the first sign-in', async () => {
    const [, password] = office.installation.done(['user', 'add', 'fresh', '--name', '新人', '--role', 'salesperson']).out.match(/^fresh \/ (\S+)/)
    const page = await open('/')
    await type_sign_in(page, { login: 'fresh', password })
    await page.getByTestId('new-password-step').waitFor()
    await choose_password(page, 'my very own choice')
    await at(page, '/home')
  })

  test('somebody applies for an account, an administrator approves, and the applicant signs in (covers: PLAT-09)', async () => {
    await set_policy({ applications: true })
    await until('the policy is known', async () => (await server.stranger().get('/api/public/sign_in')).body.applications, 3000)
    const page = await open('/sign-in')
    await page.getByTestId('apply').click()
    await page.locator('#apply-name').fill('赵敏')
    await page.locator('#apply-login').fill('zhao.min')
    await page.locator('#apply-email').fill('zhao@partner.example')
    await choose_password(page, 'chosen when applying', 'send-application')
    await page.getByTestId('applied').waitFor()
    await page.visit('/sign-in')
    await type_sign_in(page, { login: 'zhao.min', password: 'chosen when applying' })
    assert.match(await texts(page, 'sign-in-problem'), /密码不对/)

    const admin = await enter(office.accounts.boss)
    const [application] = await boss.all('account_application')
    await admin.visit(`/o/account_application/${application.id}`)
    await admin.getByRole('button', { name: '批准' }).click()
    const dialog = admin.getByRole('dialog')
    const pick = async (field, text) => {
      await dialog.getByTestId(`param-${field}`).getByRole('combobox').click()
      await admin.keyboard.type(text)
      await admin.getByRole('option', { name: text }).first().click()
    }
    await pick('roles', '销售')
    await admin.keyboard.press('Tab')
    await pick('level', '初级')
    await pick('user_type', '合作伙伴')
    await dialog.getByRole('button', { name: '批准' }).click()
    await until('the account is there', async () => (await boss.all('user', { filter: ['login', 'is', 'zhao.min'] })).length === 1, 8000)
    await type_sign_in(page, { login: 'zhao.min', password: 'chosen when applying' })
    await at(page, '/home')
  })

  test('the own profile shows who one is and takes new contact data (covers: PLAT-08)', async () => {
    const page = await enter(office.accounts.zhou)
    await page.visit('/me')
    await page.getByTestId('profile-card').getByText('周凯').waitFor()
    await page.getByTestId('profile-edit').click()
    await page.getByTestId('field-mobile').locator('input').fill('13987654321')
    await page.getByTestId('field-email').locator('input').fill('kai@huaxin.example')
    await page.getByTestId('profile-save').click()
    await page.getByTestId('field-email').waitFor() // the password is needed for a new e-mail address
    await page.getByTestId('profile-password').fill(office.accounts.zhou.password)
    await page.getByTestId('profile-save').click()
    await page.getByTestId('profile-mobile').getByText('139').waitFor()
    const stored = await boss.read('employee', office.zhou.user.employee.id)
    assert.deepEqual([stored.mobile, stored.email], ['13987654321', 'kai@huaxin.example'])
  })

  test('an administrator sees who is online and ends a session; that page is cut at once and can go on (covers: PLAT-126)', async () => {
    const person = await enter(office.accounts.zhou)
    const admin = await enter(office.accounts.boss)
    await admin.visit('/settings/online')
    const row = admin.getByTestId('session-row').filter({ hasText: '周凯' }).filter({ hasText: 'Chrome' }).first()
    await row.getByTestId('end-session').click()
    const since = Date.now()
    await admin.getByTestId('end-session-sure').click()
    await person.getByRole('dialog').waitFor()
    assert.ok(Date.now() - since < 2500, `${Date.now() - since} ms`)
    await person.getByRole('dialog').locator('input').fill(office.accounts.zhou.password)
    await person.keyboard.press('Enter')
    await person.getByRole('dialog').waitFor({ state: 'detached' })
    assert.equal(new URL(person.url()).pathname, '/home')
  })

  test('the policy is a page of settings, and says what it does not take (covers: PLAT-12)', async () => {
    const page = await enter(office.accounts.boss)
    await page.visit('/settings')
    await page.getByTestId('settings-policy').click()
    const length = page.getByTestId('field-length_least').locator('input')
    await length.fill('4')
    await page.getByTestId('policy-save').click()
    await page.getByTestId('field-length_least').getByRole('alert').waitFor()
    await length.fill('10')
    await page.getByTestId('policy-save').click()
    await until('it is stored', async () => (await boss.all('security_policy'))[0].length_least === 10, 5000)
    const seller = await enter(office.accounts.zhou)
    await seller.visit('/settings/policy')
    await seller.getByTestId('policy-screen').waitFor()
    assert.equal(await seller.getByTestId('policy-save').count(), 0)
    await seller.visit('/settings')
    await seller.locator('.tile').first().waitFor()
    assert.equal(await seller.getByTestId('settings-policy').count(), 0)
  })
})
