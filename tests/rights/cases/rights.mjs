// What people are told of rights, of the program and of each other's changes; and handing over.
import { from_filter, holds, plain } from '../conditions.mjs'
import { objects } from '../declarations.mjs'
import { verbs } from '../model.mjs'
import { kept_objects } from '../organisation.mjs'
import { usual } from './lists.mjs'

// ── what the program says of itself ──────────────────────────────────────────────────────────────────────────────────

async function meta(c) {
  const { model, person } = c
  const answer = await c.get('/api/meta')
  c.status(answer, 200)
  const { areas, objects: told } = answer.body
  c.same_ids(Object.keys(told), [...objects.keys()].filter((name) => model.may(person, name, 'view')), 'the objects that are told')
  for (const object of objects.values()) {
    const one = told[object.name]
    if (!one) continue
    const rights = Object.fromEntries([...verbs.map((verb) => [verb, model.may(person, object.name, verb)]), ...object.special.map((name) => [name, model.has_special(person, `${object.name}.${name}`)])])
    c.equal(one.rights, rights, `the rights on ${object.name}`)
    const fields = [...object.fields.values()].filter((field) => model.shows(person, object.name, field.name))
    c.same_ids(one.fields.map((field) => field.name), fields.map((field) => field.name), `the fields of ${object.name}`)
    for (const { name, write, masked } of one.fields) {
      c.equal(write, model.writes(person, object.name, name), `may ${object.name}.${name} be written`)
      c.equal(masked ?? false, model.field_right(person, object.name, name) === 'masked', `is ${object.name}.${name} masked`)
    }
    for (const view of one.views) for (const column of view.columns ?? []) c.ok(model.may_name(person, object.name, column.split('.'), true), `a column of a view of ${object.name}`, column, undefined)
  }
  for (const area of areas) for (const name of area.objects) c.ok(model.may(person, name, 'view') && model.has_menu(person, name), 'an object in the menu', name, undefined)
}

async function help(c) {
  const name = c.pick([...objects.keys()])
  const there = (await c.as(c.boss, 'GET', `/api/help/${name}`)).status === 200
  c.status(await c.get(`/api/help/${name}`), there && c.model.may(c.person, name, 'view') ? 200 : 404)
}

// ── whose rights ─────────────────────────────────────────────────────────────────────────────────────────────────────

async function rights_of_user(c) {
  const { model, person, organisation } = c
  const other = model.person(c.pick(organisation.users).user)
  const path_of = (id) => `/api/rights/users/${id}`
  if (!model.has_special(person, 'role.explain')) return c.status(await c.same_refusal('GET', path_of, other.user), 403)
  const answer = await c.get(path_of(other.user))
  c.status(answer, 200)
  const { administrator, roles, objects: told, special } = answer.body
  c.equal(administrator, other.administrator, 'administrator')
  const named = (code, kind, id) => `${code} ${kind} ${id}`
  c.equal(roles.map((role) => named(role.role, role.through.kind, role.through.id)).sort(), other.roles.map((role) => named(role.code, role.kind, role.through)).sort(), 'the roles and what they come through')
  for (const one of told) {
    const allowed = Object.fromEntries(verbs.map((verb) => [verb, model.may(other, one.name, verb)]))
    c.equal(Object.fromEntries(Object.entries(one.verbs).map(([verb, { allowed: may }]) => [verb, may])), allowed, `the rights on ${one.name}`)
    c.equal(one.menu, model.has_menu(other, one.name), `the menu of ${one.name}`)
    for (const { name, access } of one.fields) {
      const right = model.field_right(other, one.name, name)
      c.equal(access, model.writes(other, one.name, name) ? 'write' : right === 'write' ? 'read' : right, `the field ${one.name}.${name}`)
    }
  }
  c.same_ids(told.map((one) => one.name), [...objects.keys()], 'the objects')
  const all = [...objects.values()].flatMap((object) => object.special.map((name) => `${object.name}.${name}`))
  c.same_ids(special.map((one) => one.name), all.filter((name) => model.has_special(other, name)), 'special rights')
}

async function rights_of_department(c) {
  const { model, person, organisation } = c
  const department = c.pick(organisation.departments)
  const path_of = (id) => `/api/rights/departments/${id}`
  if (!model.has_special(person, 'role.explain')) return c.status(await c.same_refusal('GET', path_of, department), 403)
  const answer = await c.get(path_of(department))
  c.status(answer, 200)
  const there = model.live('user').map((account) => model.person(account.id)).filter((one) => one.departments.has(department))
  c.same_ids(answer.body.people.map((one) => one.user), there.map((one) => one.user), 'the people of a department')
  for (const one of there) {
    const { roles } = answer.body.people.find((found) => found.user === one.user)
    c.equal([...new Set(roles.map((role) => `${role.role} ${role.through}`))].sort(), [...new Set(one.roles.map((role) => `${role.code} ${role.kind}`))].sort(), `the roles of ${one.user}`)
  }
}

async function rights_model(c) {
  c.status(await c.get('/api/rights/model'), c.model.has_special(c.person, 'role.explain') ? 200 : 403)
}

// Whoever explains rights finds every account by its name, and nobody else any.
async function rights_users(c) {
  const { model, person, organisation } = c
  const query = { limit: 100, q: c.chance(0.5) ? c.pick(organisation.users).login : undefined }
  const answer = await c.get('/api/rights/users', query)
  if (!model.has_special(person, 'role.explain')) return c.status(answer, 403)
  c.status(answer, 200)
  const logins = answer.body.users.map((one) => one.login)
  const wanted = model.live('user').map((account) => account.login).filter((login) => !query.q || login.includes(query.q))
  for (const login of wanted) c.ok(logins.includes(login), 'an account whose rights can be explained', logins, login)
  if (!query.q) c.same_ids(answer.body.users.map((one) => one.id), c.organisation.ids('user'), 'the accounts')
}

async function rights_check(c) {
  const answer = await c.ask('POST', '/api/rights/check', { body: { grants: { objects: { customer: { see: 'all' } } } } })
  if (!c.model.has_special(c.person, 'role.explain')) return c.status(answer, 403)
  c.status(answer, 200)
  c.equal(answer.body.problems.length, 1, 'what is wrong with a role')
}

// ── live changes ─────────────────────────────────────────────────────────────────────────────────────────────────────

async function streams_of(organisation) {
  if (!organisation.streams) {
    organisation.streams = new Map()
    for (const user of organisation.users) organisation.streams.set(user, await user.client.events())
  }
  return organisation.streams
}

// Something that is told to everybody: what has not come before it does not come.
async function let_all_arrive(c, streams) {
  const [company] = (await c.boss.list('company', { limit: 1 })).records
  const before = new Map([...streams].map(([user, stream]) => [user, stream.received.length]))
  await c.boss.change('company', company, { description: `${c.random.digits(8)}` })
  for (const [user, stream] of streams) await stream.next((event) => event.event === 'meta' && stream.received.indexOf(event) >= before.get(user), 10_000)
}

async function events(c) {
  const { model, organisation } = c
  const streams = await streams_of(organisation)
  c.requests.push({ method: 'GET', path: '/api/events' })
  await let_all_arrive(c, streams)
  for (const stream of streams.values()) stream.received.length = 0
  const object = objects.get(c.random.weighted([[6, c.pick(usual)], [1, 'product'], [1, 'opportunity_member'], [1, 'stage']]))
  const written = model.live(object.name).filter((record) => object.name !== 'opportunity' || record.state.code === 'open') // a closed one may have been imported
  if (written.length === 0) return
  const some = c.random.some(written, c.random.between(1, 3))
  const before = new Map(some.map((record) => [record.id, organisation.users.filter((user) => model.reaches(model.person(user.user), object.name, record))]))
  const field = ['description', 'note', 'content'].find((name) => object.fields.has(name))
  const values = object.owned && c.chance(0.4) ? { owner: c.pick(organisation.employees) } : { [field]: `改 ${c.random.digits(6)}` }
  const answer = await c.as(c.boss, 'POST', `/api/records/${object.name}/change_all`, { body: { ids: some.map((record) => record.id), values } })
  c.status(answer, 200)
  await let_all_arrive(c, streams)
  await organisation.written([object.name])
  for (const [user, stream] of streams) {
    const person = model.person(user.user)
    // A share that ends meanwhile is told on its own account.
    const told = new Set(stream.received.filter((event) => event.event === 'change' && event.data.object === object.name && event.data.operation !== 'share').flatMap((event) => event.data.ids ?? []))
    for (const { id } of some) {
      const sees = model.reaches(person, object.name, model.find(object.name, id))
      // What has gone out of sight may be told once more, so that it leaves the screen.
      if (sees && answer.body.updated > 0 && values[field]) c.ok(told.has(id), `an event of ${object.name} ${id} for ${user.login}`, [...told], id)
      if (!sees && !before.get(id).includes(user)) c.ok(!told.has(id), `no event of ${object.name} ${id} for ${user.login}`, [...told], undefined)
    }
    for (const id of told) c.ok(some.some((record) => record.id === id), 'an event of another record', id, undefined)
  }
}

// ── notices ──────────────────────────────────────────────────────────────────────────────────────────────────────────

// What was given to somebody is told with its title while he sees it; nobody marks the notices of others as read.
async function notices(c) {
  const { model, person, organisation } = c
  const answer = await c.get('/api/notices', { limit: 100 })
  c.status(answer, 200)
  for (const { object, record } of answer.body.notices) {
    if (!record) continue
    const there = model.find(object, record.id)
    c.ok(there && !there.bin && model.reaches(person, object, there), `a notice of ${object} ${record.id}`, record, null)
    c.equal(record.title, there[objects.get(object).title], `a notice of ${object} ${record.id}: its title`)
  }
  const other = c.pick(organisation.users.filter((one) => one !== c.user))
  const theirs = async () => (await c.as(other.client, 'GET', '/api/notices', { query: { limit: 100 } })).body.notices
  const unread = (await theirs()).filter((one) => !one.read).map((one) => one.id)
  if (!unread.length) return
  c.status(await c.ask('POST', '/api/notices/read', { body: { ids: unread } }), 200)
  const after = new Map((await theirs()).map((one) => [one.id, one.read]))
  for (const id of unread) c.ok(after.get(id) !== true, 'a notice that somebody else marks as read', id, 'unread')
}

async function changes_of_batch(c) {
  const path_of = (id) => `/api/batches/${id}/changes`
  if (c.person.administrator) return c.status(await c.get(path_of(c.organisation.batch)), 200)
  c.status(await c.same_refusal('GET', path_of, c.organisation.batch), 403)
}

// ── handing over ─────────────────────────────────────────────────────────────────────────────────────────────────────

// Fields through which records belong to the one who gives up.
function places_of(of) {
  const places = []
  for (const object of objects.values()) {
    if (object.kept) continue
    for (const field of object.fields.values()) {
      if (field.formula || field.lookup || field.type === 'list' || field.target !== of.name) continue
      const owns = field.system && ['owner', 'owner_department'].includes(field.name)
      if (field.name === 'owner' && owns && object.hand_over === false) continue
      const rule = owns ? object.hand_over || {} : field.hand_over
      if (owns || rule) places.push({ object, field, owns, open: rule.open, set: owns ? undefined : rule.set })
    }
  }
  return places
}

function held(c, place, from) {
  const { model, person } = c
  const all = model.live(place.object.name).filter((record) => [record[place.field.name]].flat().some((value) => value?.id === from))
  const reached = all.filter((record) => model.reaches(person, place.object.name, record, place.owns ? 'assign' : 'change'))
  const open = place.open ? reached.filter((record) => holds(from_filter(place.open), (path) => plain(model.value_at(place.object.name, record, path)), person)) : reached
  return { all, reached, open }
}

async function handover(c) {
  const { model, person } = c
  const of = objects.get(c.random.weighted([[4, 'employee'], [2, 'department'], [1, 'customer']]))
  const record = c.pick(model.live(of.name))
  const path_of = (id) => `/api/handovers/${of.name}/${id}`
  const places = places_of(of)
  const seen = model.reaches(person, of.name, record)
  const may_some = places.some((place) => place.owns && model.may(person, place.object.name, 'assign'))
  if (!model.may(person, of.name, 'view')) return c.status(await c.same_refusal('GET', path_of, record.id), 403)
  if (!seen) return c.status(await c.same_refusal('GET', path_of, record.id), 404)
  const answer = await c.get(path_of(record.id))
  if (!may_some) return c.status(answer, 403)
  c.status(answer, 200)
  const expected = { items: {}, ending: {} }
  const itself = of.hand_over?.set
  if (itself) {
    const may = model.reaches(person, of.name, record, 'change')
    expected.ending[`${of.name}.`] = { count: may ? 1 : 0, beyond: !may }
  }
  for (const place of places.filter(({ object }) => kept_objects.includes(object.name))) {
    const { all, reached, open } = held(c, place, record.id)
    if (!all.length) continue
    const beyond = reached.length < all.length
    const key = `${place.object.name}.${place.field.name}`
    if (place.set) expected.ending[key] = { count: reached.length, beyond }
    else expected.items[key] = { all: reached.length, open: open.length, divided: Boolean(place.open), beyond }
  }
  const found = {
    items: Object.fromEntries(answer.body.items.map(({ object, field, all, open, divided, beyond }) => [`${object}.${field}`, { all, open, divided, beyond }])),
    ending: Object.fromEntries(answer.body.ending.map(({ object, field, count, beyond }) => [`${object}.${field ?? ''}`, { count, beyond }])),
  }
  c.equal(found, expected, `what ${of.name} ${record.id} answers for`)
}

// Everything or nothing: one record out of reach refuses the whole.
async function hand_over(c) {
  const { model, person, organisation } = c
  const employee = c.pick(organisation.others)
  const to = c.pick(organisation.employees.filter((id) => id !== employee))
  const path_of = (id) => `/api/handovers/employee/${id}`
  const options = { body: { to, end: false, items: [] } }
  const places = places_of(objects.get('employee')).filter(({ object, set }) => kept_objects.includes(object.name) && !set)
  const refuse = async (answer, status) => {
    c.status(answer, status)
    await organisation.nothing_written(c)
  }
  if (!model.may(person, 'employee', 'view')) return refuse(await c.same_refusal('POST', path_of, employee, options), 403)
  if (!model.reaches(person, 'employee', model.find('employee', employee))) return refuse(await c.same_refusal('POST', path_of, employee, options), 404)
  if (!places.some((place) => place.owns && model.may(person, place.object.name, 'assign'))) return refuse(await c.ask('POST', path_of(employee), options), 403)
  if (!model.reaches(person, 'employee', model.find('employee', to))) return refuse(await c.ask('POST', path_of(employee), options), 422)
  const beyond = places.some((place) => {
    const open = held({ model, person: { ...person, administrator: true } }, place, employee).open
    return open.some((record) => !(place.field.name === 'manager' && record.id === to) && !model.reaches(person, place.object.name, record, place.owns ? 'assign' : 'change'))
  })
  if (beyond) return refuse(await c.ask('POST', path_of(employee), options), 403)
  const before = places.map((place) => ({ place, open: held(c, place, employee).open }))
  const answer = await c.ask('POST', path_of(employee), options)
  c.status(answer, 202)
  const { state, result } = await c.client.job(answer.body.job)
  await organisation.written()
  c.equal(state, 'done', 'the job of handing over')
  if (result.refused.length) return
  for (const { place, open } of before.filter(({ place }) => place.owns)) for (const { id } of open) c.equal(model.find(place.object.name, id).owner.id, to, `${place.object.name} ${id} goes to the receiver`)
}

export const telling = { meta, help, rights_of_user, rights_of_department, rights_model, rights_users, rights_check, handover, notices, changes_of_batch }
export const changing = { events, hand_over }
