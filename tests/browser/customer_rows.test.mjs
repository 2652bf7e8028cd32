// Customers, contacts, activities and opportunities, row by row of docs/requirements.tsv, as people of the demo company
// work with them in a real Chromium. What a test needs beforehand comes through the API; what it proves is done by hand.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { Browser, answer_to, keep_pictures } from '../support/browser.mjs'
import { Installation, until } from '../support/server.mjs'

const password = 'a-long-test-password'
const day = (days) => new Date(Date.now() + days * 86_400_000).toLocaleDateString('sv', { timeZone: 'Asia/Shanghai' })

// --- how a field is filled in -----------------------------------------------------------------------------------------
// Typing narrows the list, as it does for a person; the option is then clicked.
async function pick(box, ...titles) {
  await box.click()
  for (const title of titles) {
    await box.fill(title)
    await box.page().getByRole('option').filter({ has: box.page().getByText(title, { exact: true }) }).first().click()
  }
  await box.press('Tab')
}
const typed = (text) => (field) => field.locator('input, textarea').first().fill(text)
const chosen = (...titles) => (field) => pick(field.getByRole('combobox').first(), ...titles)
const dated = (text) => async (field) => {
  await field.locator('input').first().fill(text)
  await field.locator('input').first().press('Enter')
}
const at_address = (region, street) => async (field) => {
  const box = field.getByRole('combobox').first()
  await box.click()
  await box.fill(region)
  await field.page().getByRole('option').filter({ hasText: region }).first().click()
  await field.getByPlaceholder('街道、门牌').fill(street)
}
async function fill_in(holder, fields, prefix = 'field') {
  for (const [name, act] of Object.entries(fields)) await act(holder.getByTestId(`${prefix}-${name}`))
}

// --- what a person does ----------------------------------------------------------------------------------------------
async function answered(page, status, method, end, act) {
  const [answer] = await Promise.all([page.waitForResponse(answer_to(method, end)), act()])
  assert.equal(answer.status(), status, await answer.text())
  return answer.json()
}
const form_of = (page) => page.getByTestId('form-dialog')
const save_new = (page, object, button = 'form-save') => answered(page, 201, 'POST', `/api/records/${object}`, () => form_of(page).getByTestId(button).click())

async function open_record(page, object, id) {
  await page.go(`/o/${object}/${id}`)
  await page.getByTestId('record-title').waitFor()
}
// Creates from the list beside a record, with every field there is.
async function add_beside(page, list, object, fields) {
  await page.getByTestId(`add-${list}`).click()
  const more = form_of(page).getByTestId('more-fields')
  await form_of(page).getByTestId('form-save').waitFor()
  if (await more.count()) await more.click()
  await fill_in(form_of(page), fields)
  const record = await save_new(page, object)
  await page.getByTestId(`related-${list}`).getByText(record.name, { exact: true }).waitFor()
  return record
}
// Writes down over the timeline what was said.
async function follow_up(page, text, more = {}) {
  await page.getByTestId('compose-follow').click()
  await page.getByTestId('composer-text').fill(text)
  await fill_in(page, more, 'composer')
  return answered(page, 201, 'POST', '/api/records/activity', () => page.getByTestId('composer-send').click())
}
async function edit_all(page, object, id, fields) {
  await open_record(page, object, id)
  await page.keyboard.press('e')
  await fill_in(form_of(page), fields)
  return answered(page, 200, 'PATCH', id, () => form_of(page).getByTestId('form-save').click())
}

const list_of = (object, condition, columns) => `/o/${object}?s=name:asc&c=${columns}&f=${encodeURIComponent(JSON.stringify(condition))}`
const shown = (page) => page.locator('[data-testid=cell-name] a.name > .ell').allInnerTexts()
async function shows(page, names) {
  const wanted = [...names].sort().join()
  await until(`the list shows ${wanted}`, async () => (await shown(page)).sort().join() === wanted, 8_000)
}
// Adds one condition in the builder of the list.
async function filter_by(page, field, ...values) {
  await page.getByTestId('filter').click()
  const builder = page.getByTestId('filter-builder')
  await builder.getByTestId('filter-add').click()
  await pick(builder.getByRole('combobox', { name: '字段', exact: true }).last(), field)
  await pick(builder.getByRole('combobox', { name: '值', exact: true }).last(), ...values)
  await page.keyboard.press('Escape')
  await builder.waitFor({ state: 'detached' })
}
// Writes one cell of the list of customers with the list of choices that opens in it.
async function choose_in_cell(page, name, field, ...titles) {
  await page.getByTestId('grid-row').filter({ hasText: name }).getByTestId(`cell-${field}`).click()
  await page.keyboard.press('F2')
  await page.getByTestId('cell-editor').locator('input:focus').waitFor()
  await page.getByRole('option').first().waitFor()
  const offered = (await page.getByRole('option').allInnerTexts()).map((title) => title.trim())
  const [answer] = await Promise.all([page.waitForResponse((one) => one.request().method() === 'PATCH'), (async () => {
    for (const title of titles) await page.getByRole('option', { name: title, exact: true }).click()
    if (await page.getByTestId('cell-editor').count()) await page.keyboard.press('Tab') // where several may be chosen
  })()])
  assert.equal(answer.status(), 200, await answer.text())
  return offered
}

describe('rows of customers in the browser', () => {
  let server, browser, seller, manager, keeper, client, pages
  before(async () => {
    const installation = Installation.demo()
    const accounts = ['linxiaolan', 'wangke', 'wuhao'].map((login) => ({ login, password }))
    for (const { login } of accounts) installation.done(['user', 'password', login, '--password-stdin'], { input: `${password}\n` })
    server = await installation.serve()
    client = await server.sign_in(accounts[0])
    browser = await Browser.open(server.origin)
    pages = await Promise.all(accounts.map((account) => browser.sign_in(account)))
    ;[seller, manager, keeper] = pages
  })
  afterEach((test) => keep_pictures(test, pages))
  after(async () => {
    await browser?.close()
    for (const page of pages ?? []) assert.deepEqual(page.errors, [])
    assert.deepEqual(server.defects(), [])
    await server?.stop()
  })

  test('a company is entered with its basic and its extended data, which stand as linked sets on its page (covers: CUST-01, CUST-25)', async () => {
    await seller.go('/o/customer')
    await seller.getByRole('button', { name: '新建客户' }).click()
    const form = form_of(seller)
    await form.getByTestId('field-name').locator('input:focus').waitFor()
    assert.equal(await form.getByTestId('field-bank').count(), 0, 'the extended data are asked for on demand')
    await form.getByTestId('more-fields').click()
    await form.getByRole('button', { name: '行业地位' }).click()
    await form.getByRole('button', { name: '财务与信用' }).click()
    await fill_in(form, {
      name: typed('鹭洲轴承制造有限公司'), short_name: typed('鹭洲轴承'), type: chosen('老客户'), phone: typed('0513-5555 0101'), website: typed('https://luzhou.example.cn'),
      address: at_address('南通', '工农路 88 号'), postcode: typed('226001'),
      registered_capital: typed('5000000'), founded_on: dated('2003-05-18'), business_form: chosen('有限责任公司'), employees: typed('320'),
      trade_standing: chosen('领先'), trade_judgement: chosen('很好'), bank: typed('工商银行南通分行'), payment_attitude: chosen('爽快'),
    })
    const { id } = await save_new(seller, 'customer')
    await seller.waitForURL(`**/o/customer/${id}`)

    const { address, registered_capital, ...read } = await client.read('customer', id)
    assert.match(address.region.title, /南通/)
    assert.equal(address.street, '工农路 88 号')
    assert.deepEqual(registered_capital, { amount: '5000000.00', currency: 'CNY' })
    const plain = { name: '鹭洲轴承制造有限公司', short_name: '鹭洲轴承', phone: '0513-5555 0101', postcode: '226001', founded_on: '2003-05-18', employees: 320, bank: '工商银行南通分行' }
    for (const [field, value] of Object.entries(plain)) assert.equal(read[field], value, field)
    const codes = { type: 'existing', business_form: 'limited_liability', trade_standing: 'leading', trade_judgement: 'very_good', payment_attitude: 'prompt' }
    for (const [field, code] of Object.entries(codes)) assert.equal(read[field].code, code, field)

    for (const set of ['基本信息', '工商信息', '财务与信用', '人员规模', '行业地位']) await seller.getByRole('heading', { name: set, exact: true }).waitFor()
    for (const [field, text] of [['short_name', '鹭洲轴承'], ['business_form', '有限责任公司'], ['bank', '工商银行南通分行'], ['payment_attitude', '爽快'], ['employees', '320']])
      await seller.getByTestId(`value-${field}`).getByText(text, { exact: true }).waitFor()

    // How the trade judges it changes, and is written where it stands.
    await seller.getByRole('button', { name: '行业地位' }).click()
    await seller.getByTestId('value-trade_standing').getByText('领先', { exact: true }).waitFor()
    await seller.getByTestId('value-trade_judgement').click()
    await answered(seller, 200, 'PATCH', id, () => seller.getByRole('option', { name: '好', exact: true }).click())
    await seller.getByTestId('value-trade_judgement').getByText('好', { exact: true }).waitFor()
    assert.equal((await client.read('customer', id)).trade_judgement.code, 'good')
  })

  test('customers are of six types, play one or several roles, and lists are made by both (covers: CUST-02, CUST-03, CUST-04)', async () => {
    const kinds = [
      ['老客户', ['消费客户']], ['目标客户', ['中间客户', '分销商']], ['潜在客户', ['公利客户']],
      ['合作伙伴', ['合作伙伴']], ['黑名单', ['代理商']], ['竞争对手', ['分销商', '合作伙伴']],
    ]
    const names = kinds.map(([type]) => `分类样例${type}`)
    await Promise.all(names.map((name) => client.create('customer', { name })))
    await seller.go(list_of('customer', ['name', 'starts_with', '分类样例'], 'name,type,roles,categories'))
    await shows(seller, names)
    const types = new Set()
    const roles = new Set()
    for (const [i, [type, own]] of kinds.entries()) {
      for (const title of await choose_in_cell(seller, names[i], 'type', type)) types.add(title)
      for (const title of await choose_in_cell(seller, names[i], 'roles', ...own)) roles.add(title)
    }
    assert.deepEqual([...types].sort(), kinds.map(([type]) => type).sort())
    for (const role of ['消费客户', '中间客户', '公利客户', '分销商', '代理商', '合作伙伴']) assert.ok(roles.has(role), role)
    // What kind of public interest it is says the category.
    const offered = await choose_in_cell(seller, names[2], 'categories', '社会团体')
    for (const kind of ['政府机关', '社会团体', '媒体']) assert.ok(offered.includes(kind), kind)

    const sample = list_of('customer', ['name', 'starts_with', '分类样例'], 'name,type,roles,categories')
    const made_by = [
      ['客户类型', '黑名单', ['黑名单']], ['客户角色', '公利客户', ['潜在客户']], ['客户角色', '分销商', ['目标客户', '竞争对手']],
      ['客户角色', '合作伙伴', ['合作伙伴', '竞争对手']], ['客户类别', '社会团体', ['潜在客户']],
    ]
    for (const [field, value, who] of made_by) {
      await seller.go(sample)
      await shows(seller, names)
      await filter_by(seller, field, value)
      await shows(seller, who.map((type) => `分类样例${type}`))
    }
  })

  test('a tag that the company makes is given to customers, found by, and holds a segment together (covers: CUST-10)', async () => {
    await keeper.go('/o/dictionary?q=客户标签')
    await keeper.getByTestId('cell-name').getByRole('link', { name: '客户标签' }).click()
    await add_beside(keeper, 'items', 'dictionary_item', { name: typed('风电行业'), name_en: typed('Wind power'), code: typed('wind_power') })
    await keeper.go('/o/dictionary?q=联系人标签')
    await keeper.getByTestId('cell-name').getByRole('link', { name: '联系人标签' }).click()
    await add_beside(keeper, 'items', 'dictionary_item', { name: typed('风电专家'), name_en: typed('Wind expert'), code: typed('wind_expert') })

    const [first, second] = await Promise.all(['标签甲公司', '标签乙公司'].map((name) => client.create('customer', { name })))
    const contact = await client.create('contact', { name: '贺知秋', customer: first.id })
    await edit_all(seller, 'customer', first.id, { tags: chosen('战略客户', '风电行业') })
    await seller.getByTestId('value-tags').getByText('风电行业', { exact: true }).waitFor()
    await edit_all(seller, 'contact', contact.id, { tags: chosen('风电专家') })

    await seller.go('/o/contact')
    await filter_by(seller, '标签', '风电专家')
    await shows(seller, ['贺知秋'])
    await seller.go('/o/customer')
    await filter_by(seller, '标签', '风电行业')
    await shows(seller, ['标签甲公司'])

    await seller.getByTestId('view-create').click()
    await seller.getByTestId('view-name').fill('风电客户群')
    await answered(seller, 201, 'POST', '/api/records/saved_view', () => seller.getByTestId('view-submit').click())
    await seller.waitForURL('**/o/customer/v/*')
    await edit_all(seller, 'customer', second.id, { tags: chosen('风电行业') })
    await seller.go('/o/customer')
    await seller.getByTestId('views').getByRole('link', { name: '风电客户群' }).click()
    await shows(seller, ['标签甲公司', '标签乙公司'])
  })

  test('a contact is entered beside its customer with basic and extended data, a class and tags, and found by them (covers: CONT-02, CONT-22)', async () => {
    const { id } = await client.create('customer', { name: '联系人两表公司' })
    await open_record(seller, 'customer', id)
    const contact = await add_beside(seller, 'contacts', 'contact', {
      name: typed('欧阳时雨'), department: typed('采购部'), position: typed('采购总监'), category: chosen('采购'), tags: chosen('微信优先', '愿意介绍'),
      mobile: typed('13900001111'), email: typed('ouyang@example.cn'), birthday: dated('1980-03-09'), character: chosen('开朗'), education: chosen('大学'),
      career: typed('曾任设备部经理'), business_command: chosen('熟悉'), influence: typed('决定年度供应商名单'),
    })
    assert.equal(contact.customer.id, id)
    await seller.getByTestId('related-contacts').getByRole('link', { name: /欧阳时雨/ }).click()
    await seller.waitForURL(`**/o/contact/${contact.id}`)
    for (const set of ['基本信息', '联系方式', '个人特点', '业务与影响力']) await seller.getByRole('heading', { name: set, exact: true }).waitFor()
    const facts = {
      department: '采购部', position: '采购总监', category: '采购', mobile: '13900001111', email: 'ouyang@example.cn', birthday: '1980-03-09',
      character: '开朗', education: '大学', career: '曾任设备部经理', business_command: '熟悉', influence: '决定年度供应商名单',
    }
    for (const [field, text] of Object.entries(facts)) await seller.getByTestId(`value-${field}`).getByText(text, { exact: true }).waitFor()
    for (const tag of ['微信优先', '愿意介绍']) await seller.getByTestId('value-tags').getByText(tag, { exact: true }).waitFor()

    await client.create('contact', { name: '别的联系人', customer: id, category: 'finance' })
    for (const [field, value] of [['标签', '愿意介绍'], ['分类', '采购']]) {
      await seller.go(list_of('contact', ['customer', 'is', id], 'name,category,tags'))
      await shows(seller, ['欧阳时雨', '别的联系人'])
      await filter_by(seller, field, value)
      await shows(seller, ['欧阳时雨'])
    }
  })

  test('the legal representative is a record of its own below the customer with eleven fields (covers: CUST-24)', async () => {
    const customer = await client.create('customer', { name: '法人档案公司' })
    await open_record(manager, 'customer', customer.id)
    const made = await add_beside(manager, 'legal_representatives', 'legal_representative', {
      name: typed('顾怀远'), sex: chosen('男'), ethnicity: typed('回族'), birthday: dated('1968-11-02'), birthplace: typed('银川'), native_place: typed('宁夏吴忠'),
      registered_on: dated('2003-05-18'), phone: typed('0951-5555 0102'), home_address: at_address('银川', '文化街 6 号'), email: typed('gu@example.cn'), note: typed('重大合同由本人签字'),
    })
    await manager.getByTestId('related-legal_representatives').getByRole('link', { name: /顾怀远/ }).click()
    await manager.waitForURL(`**/o/legal_representative/${made.id}`)
    await manager.getByTestId('record-title').getByText('顾怀远').waitFor()
    const facts = {
      sex: '男', ethnicity: '回族', birthday: '1968-11-02', birthplace: '银川', native_place: '宁夏吴忠', registered_on: '2003-05-18', phone: '0951-5555 0102',
      home_address: /银川.*文化街 6 号/, email: 'gu@example.cn', note: '重大合同由本人签字',
    }
    for (const [field, text] of Object.entries(facts)) await manager.getByTestId(`value-${field}`).getByText(text, { exact: true }).first().waitFor()
    assert.equal(made.customer.id, customer.id)

    // The salesperson whose customer it is reads it too, but for what is nobody's business.
    await open_record(seller, 'legal_representative', made.id)
    await seller.getByTestId('value-phone').getByText('0951-5555 0102').waitFor()
    for (const field of ['ethnicity', 'birthplace', 'native_place', 'home_address']) assert.equal(await seller.getByTestId(`value-${field}`).count(), 0, field)
  })

  test('activities of five kinds are entered with subject, time, place, owner and customer, and stand on its page in the order of time (covers: ACT-01, CUST-41)', async () => {
    const { id } = await client.create('customer', { name: '接触记录公司' })
    // Entered in another order than that in which they took place.
    const kinds = [['call', '电话', 4, '王珂'], ['visit', '拜访', 2, '林晓岚'], ['mail', '邮件', 5, '王珂'], ['demonstration', '演示', 1, '林晓岚'], ['meeting', '会议', 3, '王珂']]
    await manager.go('/o/activity')
    await manager.getByRole('button', { name: '新建活动' }).click()
    const form = form_of(manager)
    await form.getByTestId('more-fields').click()
    for (const [code, kind, days, who] of kinds) {
      await fill_in(form, {
        kind: chosen(kind), subject: typed(`${kind}：样机验收`), customer: chosen('接触记录公司'), at: dated(`${day(-days)} 09:30`), place: typed(`${days} 号会议室`), owner: chosen(who),
      })
      const made = await save_new(manager, 'activity', 'form-save-next')
      assert.deepEqual([made.kind.code, made.subject, made.at, made.place, made.owner.title, made.customer.id],
        [code, `${kind}：样机验收`, `${day(-days)}T01:30:00.000Z`, `${days} 号会议室`, who, id])
      await until('the form is empty again', async () => (await form.getByTestId('field-subject').locator('input').inputValue()) === '')
    }

    await open_record(manager, 'customer', id)
    const events = manager.getByTestId('event-activity')
    await events.nth(kinds.length - 1).waitFor()
    assert.equal(await events.count(), kinds.length)
    const in_time = [...kinds].sort((a, b) => a[2] - b[2])
    for (const [i, [, kind, days, who]] of in_time.entries()) {
      const text = await events.nth(i).innerText()
      for (const part of [who, `${kind}：样机验收`, `${days} 号会议室`]) assert.ok(text.includes(part), `${part} in ${text}`)
      assert.equal(await events.nth(i).locator('time').getAttribute('title'), `${day(-days)} 09:30:00`)
    }
  })

  test('who has ever followed a customer up is listed with the days, also after it changed hands (covers: CUST-47)', async () => {
    const { id } = await client.create('customer', { name: '换手跟进公司' })
    await client.create('activity', { customer: id, kind: 'call', subject: '首次电话沟通', at: `${day(-3)}T02:00:00Z` })
    await open_record(manager, 'customer', id)
    await manager.getByTestId('action-assign').click()
    await fill_in(manager, { owner: chosen('王珂') }, 'param')
    await answered(manager, 200, 'POST', '/assign', () => manager.getByTestId('action-submit').click())
    await follow_up(manager, '接手后重新报价')

    await manager.go('/o/activity')
    await manager.getByTestId('view-by_person').click()
    await filter_by(manager, '客户', '换手跟进公司')
    await until('two people are listed', async () => (await manager.locator('[role=row][aria-expanded]').count()) === 2)
    const lines = manager.locator('[data-testid=grid] [role=row]')
    await manager.getByTestId('grid-row').nth(1).waitFor()
    const places = await lines.evaluateAll((rows) => rows.map((row) => [Number(row.getAttribute('aria-rowindex')), row.innerText, row.querySelector('[data-testid=cell-at] [title^="20"]')?.title ?? '']))
    const sorted = places.sort((a, b) => a[0] - b[0])
    for (const [who, subject, on] of [['林晓岚', '首次电话沟通', day(-3)], ['王珂', '接手后重新报价', day(0)]]) {
      const [, text, at] = sorted[sorted.findIndex(([, line]) => line.includes(who)) + 1]
      assert.ok(text.includes(subject) && at.startsWith(on), `${who}: ${text} ${at}`)
    }
  })

  test('a follow-up is recorded, the next is planned, and the first page reminds of what is due until it is done (covers: CUST-48)', async () => {
    const { id } = await client.create('customer', { name: '跟进提醒公司' })
    await open_record(seller, 'customer', id)
    await follow_up(seller, '客户要求先看样机', { next_step: typed('安排样机演示'), next_on: dated(day(0)) })
    await seller.getByTestId('timeline').getByText('客户要求先看样机').first().waitFor()
    assert.equal((await client.read('customer', id)).next_follow_on, day(0))

    await seller.go('/o/activity')
    await seller.getByRole('button', { name: '新建活动' }).click()
    await form_of(seller).getByTestId('more-fields').click()
    await fill_in(form_of(seller), { kind: chosen('演示'), state: chosen('计划'), subject: typed('到客户现场演示样机'), customer: chosen('跟进提醒公司'), at: dated(`${day(1)} 10:00`) })
    const plan = await save_new(seller, 'activity')
    await open_record(seller, 'customer', id)
    const planned = seller.getByTestId('timeline').locator('.tl').filter({ has: seller.getByRole('heading', { name: '计划', exact: true }) })
    await planned.getByText('到客户现场演示样机').first().waitFor()

    const card = seller.locator('section.card').filter({ has: seller.getByRole('heading', { name: '该跟进的客户' }) })
    const reminder = card.getByRole('link', { name: /跟进提醒公司/ })
    await seller.go('/home')
    await card.getByRole('button', { name: /^今天/ }).click()
    await reminder.waitFor()
    // A month goes by and nobody follows up.
    await client.change('customer', await client.read('customer', id), { next_follow_on: day(-30) })
    await seller.go('/home')
    await card.getByRole('button', { name: /^超期/ }).click()
    await reminder.getByText('逾期 30 天').waitFor()

    await open_record(seller, 'activity', plan.id)
    await seller.getByTestId('action-complete').click()
    await fill_in(seller, { result: typed('客户确认样机合格'), next_on: dated(day(7)) }, 'param')
    await answered(seller, 200, 'POST', '/complete', () => seller.getByTestId('action-submit').click())
    await seller.go('/home')
    await card.getByRole('button', { name: /^超期/ }).click()
    await card.getByRole('button', { name: /^超期/, pressed: true }).waitFor()
    assert.equal(await reminder.count(), 0)
    await open_record(seller, 'customer', id)
    await seller.getByTestId('timeline').getByText('客户确认样机合格').first().waitFor()
    assert.equal(await planned.count(), 0)
  })

  test('from the list of customers one finds and keeps up their opportunities and activities, one customer after the other (covers: CUST-40)', async () => {
    await client.create('customer', { name: '索引乙公司' })
    const { id } = await client.create('customer', { name: '索引甲公司' })
    const [stage] = (await client.list('stage', { filter: ['code', 'is', 'prospecting'] })).records
    const deal = await client.create('opportunity', { name: '甲公司既有商机', customer: id, stage: stage.id })
    await client.create('activity', { subject: '甲公司首次拜访', kind: 'visit', customer: id })

    await seller.go('/o/customer')
    await seller.getByTestId('list-search').fill('索引')
    await shows(seller, ['索引甲公司', '索引乙公司'])
    await seller.getByRole('link', { name: '索引甲公司' }).click()
    await seller.getByTestId('timeline').getByText('甲公司首次拜访').first().waitFor()
    await add_beside(seller, 'opportunities', 'opportunity', { name: typed('甲公司新商机'), stage: chosen('需求分析'), amount: typed('120000') })
    await follow_up(seller, '电话确认预算')
    await seller.getByTestId('timeline').getByText('电话确认预算').first().waitFor()

    await seller.getByTestId('related-opportunities').getByRole('link', { name: /甲公司既有商机/ }).click()
    await seller.waitForURL(`**/o/opportunity/${deal.id}`)
    await seller.getByTestId('record-title').getByText('甲公司既有商机').waitFor()
    await seller.keyboard.press('e')
    await fill_in(form_of(seller), { next_step: typed('寄送方案') })
    await answered(seller, 200, 'PATCH', deal.id, () => form_of(seller).getByTestId('form-save').click())
    await seller.getByTestId('value-next_step').getByText('寄送方案').waitFor()
    await seller.goBack()
    await seller.getByTestId('record-title').getByText('索引甲公司').waitFor()
    const { included } = await client.read('customer', id, { include: 'opportunities,activities' })
    assert.deepEqual(included.opportunities.records.map((one) => one.name).sort(), ['甲公司新商机', '甲公司既有商机'].sort())
    assert.deepEqual(included.activities.records.map((one) => one.subject).sort(), ['甲公司首次拜访', '电话确认预算'].sort())

    await seller.getByTestId('next-record').click()
    await seller.getByTestId('record-title').getByText('索引乙公司').waitFor()
    await seller.getByTestId('back-to-list').click()
    await shows(seller, ['索引甲公司', '索引乙公司'])
  })

  test('the path of an opportunity tells past, present and future stages, and the chance rises with each (covers: OPP-17, OPP-19)', async () => {
    const { id } = await client.create('customer', { name: '阶段路线公司' })
    await open_record(seller, 'customer', id)
    const deal = await add_beside(seller, 'opportunities', 'opportunity', { name: typed('阶段路线商机'), stage: chosen('线索确认'), amount: typed('800000') })
    await seller.getByTestId('related-opportunities').getByRole('link', { name: /阶段路线商机/ }).click()
    await seller.waitForURL(`**/o/opportunity/${deal.id}`)

    const path = () => seller.getByTestId('record-path').locator('li button').evaluateAll((buttons) => buttons.map((button) => {
      const when = button.classList.contains('done') ? 'past' : button.getAttribute('aria-current') === 'step' ? 'present' : 'future'
      return `${button.querySelector('.name').innerText.trim()} ${when}`
    }))
    const chance = seller.getByTestId('record-highlights').locator('div').filter({ has: seller.getByText('成功概率', { exact: true }) }).locator('dd')
    const stages = ['线索确认', '需求分析', '方案报价', '商务谈判', '赢单']
    const chances = []
    for (const at of stages.keys()) {
      const wanted = stages.map((stage, i) => `${stage} ${i < at ? 'past' : i === at ? 'present' : 'future'}`).join()
      await until(`the path is ${wanted}`, async () => (await path()).join() === wanted, 8_000)
      chances.push(parseFloat(/[\d.]+(?=%)/.exec(await chance.innerText())[0]))
      if (at === stages.length - 1) break
      const finish = seller.getByTestId('finish-stage')
      if (at < stages.length - 2) { await answered(seller, 200, 'POST', '/advance', () => finish.click()); continue }
      await finish.click()
      await fill_in(seller, { reason: chosen('响应快') }, 'param')
      await answered(seller, 200, 'POST', '/win', () => seller.getByTestId('action-submit').click())
    }
    for (const [i, now] of chances.entries()) assert.ok(i === 0 || now > chances[i - 1], chances.join())
    assert.equal(chances.at(-1), 100)
  })
})
