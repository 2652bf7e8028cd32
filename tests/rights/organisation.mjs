// One random company on a running server: its tree of departments, people with several posts, teams, roles of all kinds,
// records of all objects under various owners, shares; some of it ended, in the bin or without an owner.
import { as_expression, roll } from './conditions.mjs'
import { dictionaries, has_value, objects } from './declarations.mjs'
import { Model } from './model.mjs'
import { Random, seed_of } from './random.mjs'
import { company_name, landline, latin, mobile, note, person_name } from './words.mjs'
import { roll_role } from './roles.mjs'

// Records of these are held against the model one by one. Of all other objects (regions, dictionaries, what the platform
// writes by itself) only the function rights and the fields are.
export const kept_objects = [
  'department', 'position', 'employee', 'employee_post', 'team', 'user', 'role', 'role_assignment', 'saved_view', 'product_category', 'product', 'stage', 'title', 'industry',
  'customer', 'contact', 'opportunity', 'opportunity_member', 'opportunity_stage', 'activity', 'task', 'legal_representative',
]
// What changes by itself while the cases run is not compared.
const counts_by_itself = new Set(['user.last_sign_in'])

export class Organisation {
  // `started`: of a Template.
  constructor(started, seed, number) {
    Object.assign(this, started)
    this.seed = seed
    this.number = number
    this.random = new Random(seed_of('organisation', seed, number))
    this.boss = this.clients.boss
    this.model = new Model({ records: new Map(), conditions: new Map(), shares: [] })
    this.users = []
    this.state = 0
    this.orders = new Map()
    this.refused = 0
    this.ends_at = 0
  }

  static async build(started, seed, number) {
    const organisation = new Organisation(started, seed, number)
    await organisation.fill()
    return organisation
  }

  async stop() {
    for (const stream of this.streams?.values() ?? []) stream.close()
    const { code } = await this.server.stop()
    const defects = this.server.defects()
    this.installation.remove()
    if (code !== 0 || defects.length) throw new Error(`the server of organisation ${this.number} ended with ${code}\n${defects.join('\n')}`)
  }

  // ── what an administrator reads ──────────────────────────────────────────────────────────────────────────────────

  fields_of(object) {
    return [...objects.get(object).fields.values()].filter((field) => !field.hidden && has_value(field) && !counts_by_itself.has(`${object}.${field.name}`)).map((field) => field.name)
  }

  async dump_of(object) {
    const found = new Map()
    for (const bin of [undefined, 1]) {
      for (const record of await this.boss.all(object, { fields: this.fields_of(object).join(','), sort: 'id', bin })) found.set(record.id, { ...record, bin: bin === 1 })
    }
    return found
  }

  async dump(names = kept_objects) {
    const dumped = await Promise.all(names.map((name) => this.dump_of(name)))
    return new Map(names.map((name, i) => [name, dumped[i]]))
  }

  // After something was written: the model takes over what is there now.
  async reread(names = kept_objects) {
    for (const [name, records] of await this.dump(names)) this.model.records.set(name, records)
    this.model.forget()
    ++this.state
    this.orders.clear()
  }

  // A write was let through.
  async written(names) {
    await this.reread(names)
    this.batch = await this.latest_batch()
  }

  // A write was refused: no batch has come. Now and then every record is looked at.
  async nothing_written(judge) {
    judge.equal(await this.latest_batch(), this.batch, 'the latest batch after a refused write')
    if (++this.refused % 10 > 0) return
    for (const [object, records] of await this.dump()) judge.equal(records, this.model.records.get(object), `${object} after refused writes`)
  }

  // All live ids in the order that the administrator gets; how texts are sorted is no matter of rights.
  async order(object, sort) {
    const key = `${object} ${sort}`
    if (!this.orders.has(key)) this.orders.set(key, (await this.boss.all(object, { sort, fields: objects.get(object).title })).map((record) => record.id))
    return this.orders.get(key)
  }

  // The latest batch of all: any change of records makes one.
  async latest_batch() {
    const { batches } = await this.boss.expect(200, 'GET', '/api/batches', { query: { limit: 1 } })
    return batches[0]?.id ?? null
  }

  ids(object) {
    return this.model.live(object).map((record) => record.id)
  }

  // ── building ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async many(object, rows) {
    if (!rows.length) return []
    const { ids } = await this.boss.expect(201, 'POST', `/api/records/${object}`, { body: rows })
    return ids
  }
  async set_all(object, ids, values) {
    if (!ids.length) return
    await this.boss.expect(200, 'POST', `/api/records/${object}/change_all`, { body: { ids, values } })
  }

  async fill() {
    await this.fill_departments()
    await this.fill_people()
    await this.fill_records()
    await this.move_people()
    await this.reread()
    await this.fill_roles()
    await this.reread(['role', 'user', 'role_assignment'])
    await this.fill_shares()
    this.then = { at: new Date(), records: await this.dump() }
    await new Promise((done) => setTimeout(done, 5))
    await this.change_some()
    await this.reread()
    this.batch = await this.latest_batch()
    await this.wait_for_ends()
  }

  async fill_departments() {
    const { random } = this
    let level = await this.many('department', [{ name: '总部', code: 'D0' }])
    this.departments = [...level]
    for (let depth = 1; depth <= 3; ++depth) {
      const rows = Array.from({ length: random.between(1, 3) }, (_, i) => ({ name: `部门 ${depth}${i}`, code: `D${depth}${i}`, parent: random.pick(level) }))
      level = await this.many('department', rows)
      this.departments.push(...level)
    }
  }

  async fill_people() {
    const { random, boss, departments } = this
    const positions = (await boss.list('position')).records.map((record) => record.id)
    this.levels = (await boss.list('employee_level')).records.map((record) => record.id)
    const place = () => ({ department: random.chance(0.9) ? random.pick(departments) : null, position: random.chance(0.7) ? random.pick(positions) : null, level: random.chance(0.7) ? random.pick(this.levels) : null })
    for (const [login, client] of Object.entries(this.clients)) {
      if (login === 'boss') continue
      const employee = client.user.employee.id
      await boss.change('employee', await boss.read('employee', employee), { ...place(), entered_on: '2025-03-01' })
      this.users.push({ login, client, user: client.user.id, employee })
    }
    const managers = this.users.map(({ employee }) => employee)
    this.others = await this.many('employee', Array.from({ length: 5 }, () => ({ name: person_name(random), ...place(), manager: random.chance(0.5) ? random.pick(managers) : null, mobile: mobile(random) })))
    this.employees = [...managers, ...this.others]
    for (const { employee } of this.users.slice(1)) if (random.chance(0.4)) await boss.change('employee', await boss.read('employee', employee), { manager: managers[0] })

    // Second posts: some run, some are over, some have not begun.
    const main = new Map((await boss.all('employee', { fields: 'department' })).map((one) => [one.id, one.department?.id]))
    const posts = []
    for (const employee of this.employees) {
      const elsewhere = departments.filter((id) => id !== main.get(employee))
      if (!main.get(employee) || random.chance(0.5)) continue
      const times = random.weighted([[4, {}], [2, { from_on: '2025-01-01', until_on: '2026-01-31' }], [1, { from_on: '2031-01-01' }], [2, { from_on: '2025-01-01', until_on: '2031-12-31' }]])
      posts.push({ employee, department: random.pick(elsewhere), position: random.chance(0.6) ? random.pick(positions) : null, ...times })
    }
    await this.many('employee_post', posts)
    this.teams = await this.many('team', Array.from({ length: 3 }, (_, i) => ({ name: `小组 ${i}`, members: random.some(this.employees, random.between(1, 4)) })))
    this.positions = positions
  }

  owner() {
    return this.random.pick(this.employees)
  }
  maybe(value, probability = 0.6) {
    return this.random.chance(probability) ? value() : undefined
  }
  code(dictionary) {
    return this.random.pick(dictionaries.get(dictionary))
  }
  date() {
    return `202${this.random.between(4, 7)}-0${this.random.between(1, 9)}-${this.random.between(10, 28)}`
  }
  money() {
    return { amount: `${this.random.between(1, 90) * 1000}.50`, currency: this.random.chance(0.12) ? 'USD' : 'CNY' }
  }

  new_customer() {
    const { random } = this
    return {
      name: company_name(random), short_name: this.maybe(() => note(random)), status: this.code('customer_status'), level: this.maybe(() => this.code('customer_level')),
      type: this.maybe(() => this.code('customer_type')), trading: random.chance(0.4), tags: random.some(dictionaries.get('customer_tag'), random.below(3)), source: this.maybe(() => this.code('source')),
      phone: this.maybe(() => landline(random)), email: this.maybe(() => `${latin(random)}@example.cn`), employees: this.maybe(() => random.between(1, 300)), founded_on: this.maybe(() => `19${random.between(60, 99)}-05-1${random.below(9)}`),
      annual_revenue: this.maybe(() => this.money()), credit_limit: this.maybe(() => this.money(), 0.3), collaborators: random.some(this.employees, random.below(3)), licence_number: this.maybe(() => `91${random.digits(10)}`, 0.4),
      legal_person: this.maybe(() => person_name(random)), next_follow_on: this.maybe(() => this.date()), description: this.maybe(() => note(random)), owner: this.owner(),
    }
  }
  new_contact() {
    const { random } = this
    return {
      name: person_name(random), customer: random.pick(this.customers), position: this.maybe(() => random.pick(['经理', '采购', '工程师'])), mobile: this.maybe(() => mobile(random), 0.8), phone: this.maybe(() => landline(random), 0.4),
      email: this.maybe(() => `${latin(random)}@example.cn`), wechat: this.maybe(() => latin(random), 0.3), sex: this.maybe(() => this.code('sex')), decision_role: this.maybe(() => this.code('decision_role')), closeness: this.maybe(() => this.code('closeness')),
      key_order: this.maybe(() => random.between(1, 9), 0.3), birthday: this.maybe(() => `198${random.below(10)}-03-1${random.below(10)}`), ethnicity: this.maybe(() => random.pick(['汉', '回', '满'])), health: this.maybe(() => random.pick(['良好', '一般'])),
      description: this.maybe(() => note(random), 0.3), owner: this.owner(),
    }
  }
  new_opportunity() {
    const { random } = this
    const contact = this.maybe(() => random.pick(this.contact_rows), 0.5)
    return {
      name: company_name(random) + '项目', customer: contact?.customer ?? random.pick(this.customers), contact: contact?.id, type: this.maybe(() => this.code('opportunity_type')), source: this.maybe(() => this.code('source')), product: this.maybe(() => random.pick(this.products)),
      stage: random.pick(this.open_stages), amount: this.maybe(() => this.money(), 0.8), close_on: this.maybe(() => this.date()), next_step: this.maybe(() => note(random)), external_number: this.maybe(() => latin(random) + random.digits(5), 0.3),
      description: this.maybe(() => note(random), 0.3), owner: this.owner(),
    }
  }
  new_activity() {
    const { random } = this
    const planned = random.chance(0.4)
    return {
      subject: note(random), kind: this.code('activity_kind'), state: planned ? 'planned' : 'done', at: `202${planned ? 7 : 5}-0${random.between(1, 9)}-1${random.below(10)}T0${random.below(10)}:00:00Z`, minutes: this.maybe(() => random.between(5, 120)),
      customer: random.pick(this.customers), content: this.maybe(() => note(random)), colleagues: random.some(this.employees, random.below(2)), owner: this.owner(),
    }
  }
  new_task() {
    const { random } = this
    return {
      title: note(random), content: this.maybe(() => note(random)), customer: this.maybe(() => random.pick(this.customers)), priority: this.code('task_priority'), due_on: this.maybe(() => this.date(), 0.8), state: random.pick(['new', 'received', 'doing']), owner: this.owner(),
    }
  }
  new_legal_representative() {
    const { random } = this
    return { customer: random.pick(this.customers), name: person_name(random), phone: this.maybe(() => landline(random)), ethnicity: this.maybe(() => '汉'), birthday: this.maybe(() => '1970-03-11'), owner: this.owner() }
  }
  new_saved_view() {
    const { random } = this
    return { object: 'customer', name: `视图 ${note(random)}`, kind: 'table', filter: JSON.stringify(['level', 'is', 'a']), shared: random.chance(0.4), owner: this.owner() }
  }

  async fill_records() {
    const { random } = this
    const times = (count, make) => Array.from({ length: count }, make)
    const stages = await this.boss.all('stage')
    this.open_stages = stages.filter((stage) => stage.kind.code === 'open').map((stage) => stage.id)
    const categories = await this.many('product_category', times(2, (_, i) => ({ name: `产品类 ${i}` })))
    this.products = await this.many('product', times(5, (_, i) => ({ name: `产品 ${note(random)} ${i}`, category: random.pick(categories), price: this.money(), status: this.code('product_status') })))
    this.customers = await this.many('customer', times(18, () => this.new_customer()))
    this.spare = await this.many('customer', times(4, () => ({ ...this.new_customer(), parent: this.maybe(() => random.pick(this.customers), 0.5) })))
    const contacts = times(20, () => this.new_contact())
    const contact_ids = await this.many('contact', contacts)
    this.contact_rows = contacts.map((row, i) => ({ id: contact_ids[i], customer: row.customer }))
    const opportunities = await this.many('opportunity', times(12, () => this.new_opportunity()))
    const members = new Map(times(10, () => [random.pick(opportunities), random.pick(this.employees)]).map(([opportunity, employee]) => [`${opportunity} ${employee}`, { opportunity, employee, role: this.code('member_role') }]))
    await this.many('opportunity_member', [...members.values()])
    const activities = await this.many('activity', times(14, () => this.new_activity()))
    const tasks = await this.many('task', times(10, () => this.new_task()))
    await this.many('legal_representative', times(5, () => this.new_legal_representative()))
    await this.many('saved_view', times(5, () => this.new_saved_view()))
    for (const [object, ids] of Object.entries({ customer: this.customers, contact: contact_ids, opportunity: opportunities, activity: activities, task: tasks })) await this.set_all(object, random.some(ids, 2), { owner: null })
  }

  // What they own stays booked where it was.
  async move_people() {
    for (const employee of this.random.some(this.employees, 2)) {
      await this.boss.change('employee', await this.boss.read('employee', employee), { department: this.random.pick(this.departments) })
    }
  }

  async fill_roles() {
    const { random } = this
    const past = new Date(Date.now() - 3600_000).toISOString()
    const later = new Date(Date.now() + 86_400_000).toISOString()
    const grants = Array.from({ length: 7 }, () => roll_role(this))
    this.roles = await this.many('role', grants.map((one, i) => ({ code: `role_${i}`, name: `角色 ${i}`, grants: JSON.stringify(one) })))
    await this.set_all('user', this.users.map(({ user }) => user), { roles: [] })
    const spread = random.shuffled(this.users)
    for (const [i, { user }] of spread.entries()) {
      if (i < 4) await this.boss.change('user', await this.boss.read('user', user), { roles: random.some(this.roles, random.between(1, 2)) })
    }
    const to = [
      () => ({ account: random.pick(this.users).user }),
      () => ({ department: random.pick(this.departments), below: random.chance(0.5) }),
      () => ({ team: random.pick(this.teams) }),
      () => ({ position: random.pick(this.positions) }),
      () => ({ level: random.pick(this.levels) }),
    ]
    const rows = spread.slice(4).map(({ user }) => ({ role: random.pick(this.roles), account: user }))
    for (let i = 0; i < 6; ++i) rows.push({ role: random.pick(this.roles), ...random.pick(to)(), until: random.weighted([[5, null], [2, past], [2, later]]) })
    const given = await this.many('role_assignment', rows)
    if (random.chance(0.5)) await this.boss.expect(200, 'POST', '/api/records/role_assignment/delete_all', { body: { ids: [given.at(-1)] } })
  }

  condition(object) {
    const tree = roll(this.random, objects.get(object), {
      objects,
      fields: (of) => (kept_objects.includes(of.name) ? [...of.fields.values()].filter((field) => !field.hidden && field.name !== 'deleted_at') : []),
      ids: (name) => this.ids(name),
    })
    const source = as_expression(tree)
    this.model.conditions.set(source, tree)
    return source
  }

  grantee() {
    const { random } = this
    return random.pick([
      () => ({ kind: 'employee', grantee: random.pick(this.users).employee }),
      () => ({ kind: 'department', grantee: random.pick(this.departments) }),
      () => ({ kind: 'team', grantee: random.pick(this.teams) }),
    ])()
  }

  // Those that end do so in a moment, so that they are over when the first case is asked.
  async fill_shares() {
    const { random } = this
    const owned = ['customer', 'customer', 'contact', 'contact', 'opportunity', 'activity', 'task', 'legal_representative']
    for (let i = 0; i < 16; ++i) {
      const object = random.pick(owned)
      const wish = { ...this.grantee(), level: random.pick(['read', 'write']) }
      const ids = random.some(this.ids(object), random.between(1, 3))
      const lasts = random.weighted([[5, null], [3, 'a moment'], [2, 86_400_000]])
      if (lasts === 'a moment') await this.share_for_a_moment(object, ids, wish)
      else await this.share(object, ids, wish, lasts && Date.now() + lasts)
    }
  }

  async share(object, ids, wish, until, statuses = [204]) {
    const { status, text } = await this.boss.post(`/api/records/${object}/shares`, { ids, ...wish, until: until ? new Date(until).toISOString() : null })
    if (!statuses.includes(status)) throw new Error(`sharing: ${status} ${text}`)
    if (status !== 204) return false
    for (const record of ids) this.note_share({ object, record, ...wish, until })
    return true
  }
  // On a busy machine the moment may be over before the request is there, and what has ended cannot be shared.
  async share_for_a_moment(object, ids, wish) {
    for (let moment = 300; ; moment *= 2) {
      const until = Date.now() + moment
      if (!(await this.share(object, ids, wish, until, [204, 422]))) continue
      this.ends_at = Math.max(this.ends_at, until)
      return
    }
  }
  drop_share({ object, record, grantee }) {
    this.model.shares = this.model.shares.filter((one) => !(one.object === object && one.record === record && one.grantee === grantee))
  }
  note_share(share) {
    const others = this.model.shares.filter((one) => !(one.object === share.object && one.record === share.record && one.grantee === share.grantee))
    this.model.shares = [...others, share]
  }

  async wait_for_ends() {
    while (Date.now() <= this.ends_at + 5) await new Promise((done) => setTimeout(done, 20))
  }

  // What the past is asked for: values, owners and members that change after that moment; some records go, some come.
  async change_some() {
    const { random, boss } = this
    const some = (object, count) => random.some(this.ids(object), count)
    await this.set_all('customer', some('customer', 3), { level: this.code('customer_level'), employees: random.between(400, 500) })
    await this.set_all('customer', some('customer', 2), { owner: this.owner() })
    await this.set_all('customer', some('customer', 2), { tags: [this.code('customer_tag')], phone: landline(random) })
    await this.set_all('contact', some('contact', 3), { owner: this.owner() })
    await this.set_all('contact', some('contact', 3), { mobile: mobile(random), decision_role: this.code('decision_role') })
    await this.set_all('opportunity', some('opportunity', 3), { next_step: note(random), close_on: this.date() })
    await this.set_all('task', some('task', 2), { due_on: this.date() })
    const gone = { customer: random.some(this.spare, 2), contact: some('contact', 2), opportunity: some('opportunity', 2), activity: some('activity', 2), task: some('task', 2), legal_representative: some('legal_representative', 1) }
    for (const [object, ids] of Object.entries(gone)) {
      // What others refer to stays.
      for (const id of ids) await boss.request('POST', `/api/records/${object}/delete_all`, { body: { ids: [id] } })
    }
    await this.many('customer', [this.new_customer()])
    await this.many('task', [this.new_task()])
  }
}
