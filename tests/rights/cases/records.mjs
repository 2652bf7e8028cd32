// One record and what belongs to it: values, what is possible with it, related lists, timeline, history, the past,
// explanations, duplicates.
import { has_value, objects } from '../declarations.mjs'
import { kept_objects } from '../organisation.mjs'
import { any_object, groups, known, may_list, roll_filter, usual } from './lists.mjs'

// Often one that the caller sees, often one that he does not, sometimes one in the bin.
export function any_record(c, object, verb = 'view') {
  const all = c.model.all(object.name)
  const reached = all.filter((record) => c.model.reaches(c.person, object.name, record, verb))
  return (c.chance(0.6) && reached.length && c.pick(reached)) || c.pick(all)
}
export const some_object = (c) => {
  let object
  do object = any_object(c)
  while (!known(object) || c.model.all(object.name).length === 0)
  return object
}
const with_values = (object) => [...object.fields.values()].filter((field) => has_value(field) && !['id', 'version', 'deleted_at'].includes(field.name)).map((field) => field.name)

// Is it refused, and as what does not exist? False when the caller may go on.
async function refused_unseen(c, object, record, method, path_of, options, seen) {
  if (!c.model.may(c.person, object.name, 'view')) {
    c.status(await c.same_refusal(method, path_of, record.id, options), 403)
    return true
  }
  if (seen) return false
  c.status(await c.same_refusal(method, path_of, record.id, options), 404)
  return true
}

// ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────

// Actions that the record allows to anybody (an administrator is told them), of those that the caller has the right to.
function possible_actions(c, object, record, by_boss) {
  const { model, person } = c
  return by_boss.filter((name) => {
    const { right } = object.actions[name]
    const verb = ['view', 'add', 'change', 'delete', 'assign', 'approve', 'export', 'import', 'print'].includes(right) ? right : 'change'
    if (verb !== right && !model.has_special(person, `${object.name}.${right}`)) return false
    return model.reaches(person, object.name, record, verb)
  })
}

async function read(c) {
  const object = some_object(c)
  const record = any_record(c, object)
  const { model, person } = c
  const path_of = (id) => `/api/records/${object.name}/${id}`
  const reached = model.reaches(person, object.name, record)
  const bin = record.bin && c.chance(0.7)
  if (await refused_unseen(c, object, record, 'GET', path_of, { query: { bin: bin ? 1 : undefined } }, reached && record.bin === bin)) return
  const lists = [...object.fields.values()].filter((field) => field.type === 'list' && kept_objects.includes(field.of))
  const wanted = record.bin ? [] : c.random.some(lists, c.random.between(0, 3))
  const timeline = !record.bin && c.chance(0.3)
  const include = [...wanted.map((field) => field.name), ...(timeline ? ['timeline'] : [])].join(',') || undefined
  const query = { include, bin: bin ? 1 : undefined }
  const answer = await c.get(path_of(record.id), query)
  if (wanted.some((field) => !model.reads(person, object.name, field.name))) return c.status(answer, 400, 'a related list that is kept from the caller')
  c.status(answer, 200)
  const { actions, rights, included, deleted_at, ...values } = answer.body
  c.record(values, object.name, record, model.shown_fields(person, object.name).filter((name) => with_values(object).includes(name)))
  const reach = (verb) => model.reaches(person, object.name, record, verb)
  if (bin) {
    c.equal(rights, { change: false, delete: false, assign: false, restore: reach('delete') }, 'rights in the bin')
    c.equal(deleted_at, record.deleted_at, 'since when it is in the bin')
    return
  }
  c.equal(rights, { change: reach('change'), delete: reach('delete'), assign: reach('assign') }, `${object.name} ${record.id}: rights`)
  const by_boss = await c.told_boss(path_of(record.id), query)
  c.equal(actions, possible_actions(c, object, record, by_boss.actions), `${object.name} ${record.id}: actions`)
  for (const field of wanted) check_related(c, record, field, included[field.name])
  if (timeline) await check_timeline(c, object, record, included.timeline)
}

// Children that the caller sees, when he may know whose children they are.
function check_related(c, record, field, found) {
  const { model, person } = c
  const told = model.may(person, field.of, 'view') && model.reads(person, field.of, field.by)
  if (!told) return c.equal(found, undefined, `related ${field.name} without the right`)
  const children = model.seen(person, field.of).filter((child) => child[field.by]?.id === record.id)
  c.equal(found.count, children.length, `related ${field.name}: how many`)
  const ids = found.records.map((one) => one.id)
  if (children.length <= 20) c.same_ids(ids, children.map((child) => child.id), `related ${field.name}`)
  for (const one of found.records) {
    const child = model.find(field.of, one.id)
    const names = Object.keys(one).filter((name) => !['id', 'version'].includes(name))
    for (const name of names) if (name in child) c.value(one[name], field.of, name, child[name], `related ${field.name} ${one.id}: ${name}`)
  }
}

// ── timeline and history ─────────────────────────────────────────────────────────────────────────────────────────────

// An event of the timeline as the caller may know it; nothing when it is not for him.
function check_event(c, object, by_boss, found) {
  const { model, person } = c
  const what = `timeline ${by_boss.kind} ${by_boss.id}`
  if (by_boss.kind === 'change') {
    c.equal({ ...found, record: null }, { ...by_boss, record: null }, what)
    return check_changes(c, object, by_boss.record, found.record, what)
  }
  const kind = objects.get(by_boss.object).timeline.kind
  const expected = { ...by_boss, record: null }
  if (kind && !model.reads(person, by_boss.object, kind)) delete expected.type
  c.equal({ ...found, record: null }, expected, what)
  const child = objects.get(by_boss.object)
  c.record(found.record, child.name, model.find(child.name, by_boss.id), model.shown_fields(person, child.name).filter((name) => with_values(child).includes(name)), what)
}

function told_event(c, object, event) {
  if (event.kind === 'change') return true
  const { model, person } = c
  const { at, title } = objects.get(event.object).timeline
  if (!model.may(person, event.object, 'view') || !model.reads(person, event.object, at) || !model.reads(person, event.object, title)) return false
  const child = model.find(event.object, event.id)
  const lists = [...object.fields.values()].filter((field) => field.type === 'list' && field.of === event.object)
  return model.reaches(person, event.object, child) && lists.some((field) => child[field.by]?.id === event.record[field.by]?.id && model.reads(person, event.object, field.by))
}

async function whole_timeline(c, client, object, id) {
  const items = []
  let after
  do {
    const answer = await c.as(client, 'GET', `/api/records/${object.name}/${id}/timeline`, { query: { after } })
    c.status(answer, 200)
    items.push(...answer.body.items)
    after = answer.body.next ?? undefined
  } while (after)
  return items
}

async function check_timeline(c, object, record, first_page) {
  const by_boss = (await whole_timeline(c, c.boss, object, record.id)).filter((event) => told_event(c, object, event))
  const check = (found, expected) => {
    c.equal(found.map((event) => [event.kind, event.id, event.at]), expected.map((event) => [event.kind, event.id, event.at]), `${object.name} ${record.id}: events of the timeline`)
    expected.forEach((event, i) => check_event(c, object, event, found[i]))
  }
  if (first_page) check(first_page.items, by_boss.slice(0, 20))
  else check(await whole_timeline(c, c.client, object, record.id), by_boss)
}

async function timeline(c) {
  const object = objects.get(c.pick(['customer', 'customer', 'opportunity', 'contact']))
  const record = any_record(c, object)
  const path_of = (id) => `/api/records/${object.name}/${id}/timeline`
  if (await refused_unseen(c, object, record, 'GET', path_of, {}, c.model.reaches(c.person, object.name, record))) return
  await check_timeline(c, object, record)
}

// Of each change the fields that the caller reads.
function check_changes(c, object, by_boss, found, what) {
  const { model, person } = c
  c.equal({ ...found, changes: null }, { ...by_boss, changes: null }, what)
  const readable = by_boss.changes.filter(({ field }) => model.reads(person, object.name, field))
  c.equal(found.changes.map(({ field }) => field), readable.map(({ field }) => field), `${what}: the fields that are told`)
  readable.forEach((change, i) => {
    for (const side of ['old', 'new']) c.value(found.changes[i][side], object.name, change.field, change[side], `${what}: ${change.field}, ${side}`)
  })
}

async function history(c) {
  const object = some_object(c)
  const record = any_record(c, object)
  const path_of = (id) => `/api/records/${object.name}/${id}/history`
  if (await refused_unseen(c, object, record, 'GET', path_of, {}, c.model.reaches(c.person, object.name, record))) return
  const answer = await c.get(path_of(record.id))
  c.status(answer, 200)
  const by_boss = await c.told_boss(path_of(record.id))
  c.equal(answer.body.history.length, by_boss.history.length, `${object.name} ${record.id}: how many changes`)
  by_boss.history.forEach((entry, i) => check_changes(c, object, entry, answer.body.history[i], `${object.name} ${record.id}: version ${entry.version}`))
}

// ── the past ─────────────────────────────────────────────────────────────────────────────────────────────────────────

// What has no history is told as it is today.
const changing = new Set(['version', 'updated_at', 'updated_by', 'deleted_at'])
export const without_history = (object) => [...object.fields.values()].filter((field) => field.history === false || changing.has(field.name) || field.type === 'mnemonic').map((field) => field.name)
const untitled = (value) => JSON.parse(JSON.stringify(value ?? null, (key, one) => (key === 'title' ? undefined : one)))

function check_past(c, object, found, then, fields) {
  for (const name of fields) {
    if (without_history(object).includes(name)) continue
    const right = c.model.field_right(c.person, object.name, name)
    if (right === 'masked') c.value(found[name], object.name, name, then[name], `${object.name} ${then.id} then: ${name}`)
    else c.equal(untitled(found[name]), untitled(then[name]), `${object.name} ${then.id} then: ${name}`)
  }
}

// The records of that day of which the caller sees today's.
function seen_then(c, name) {
  const then = [...c.organisation.then.records.get(name).values()].filter((record) => !record.bin)
  return then.filter((record) => {
    const now = c.model.find(name, record.id)
    return now && c.model.reaches(c.person, name, now)
  })
}

async function past(c) {
  const { model, person, organisation } = c
  const as_of = organisation.then.at.toISOString()
  if (c.chance(0.2)) return groups(c, { as_of, records: (name) => seen_then(c, name), left_out: without_history })
  const object = objects.get(c.pick(usual))
  const path = `/api/records/${object.name}`
  const fields = model.shown_fields(person, object.name).filter((name) => with_values(object).includes(name))
  if (c.chance(0.4)) {
    const record = any_record(c, object)
    const there = organisation.then.records.get(object.name).get(record.id)
    const path_of = (id) => `${path}/${id}`
    const seen = seen_then(c, object.name).some((one) => one.id === record.id)
    if (await refused_unseen(c, object, record, 'GET', path_of, { query: { as_of } }, seen)) return
    const answer = await c.get(path_of(record.id), { as_of })
    c.status(answer, 200)
    return check_past(c, object, answer.body, there, fields)
  }
  if (!(await may_list(c, object, path, { as_of, limit: 1 }))) return
  const query = { as_of, limit: 500, count: 'exact', fields: c.random.some(fields, 5).join(',') || 'created_at' }
  let expected = seen_then(c, object.name)
  if (c.chance(0.3)) {
    const { tree, filter, named } = roll_filter(c, object)
    const plain = (one) => (one.all ?? one.any)?.every(plain) ?? (one.not ? plain(one.not) : one.path.length === 1 && !without_history(object).includes(one.path[0]))
    if (named && plain(tree)) {
      query.filter = filter
      expected = expected.filter((record) => model.passes(person, object.name, record, tree))
    }
  }
  const answer = await c.get(path, query)
  c.status(answer, 200)
  c.same_ids(answer.body.records.map((one) => one.id), expected.map((one) => one.id), `${object.name} as of ${as_of}`)
  c.equal(answer.body.count.value, expected.length, `${object.name} as of ${as_of}: how many`)
  for (const one of answer.body.records) check_past(c, object, one, organisation.then.records.get(object.name).get(one.id), query.fields.split(','))
}

// ── why ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function explanation(c) {
  const { model, organisation } = c
  const object = some_object(c)
  const record = any_record(c, object)
  const verb = c.pick(['view', 'change', 'delete', 'assign', 'export'])
  const field = c.chance(0.5) ? c.pick(with_values(object).map((name) => object.fields.get(name)).filter((one) => !one.hidden)) : undefined
  const subject = c.chance(0.5) ? c.user : c.pick(organisation.users)
  const other = model.person(subject.user)
  const query = { verb, field: field?.name, user: subject === c.user ? undefined : subject.user }
  const path_of = (id) => `/api/records/${object.name}/${id}/access`
  if (subject !== c.user && !model.has_special(c.person, 'role.explain')) return c.status(await c.get(path_of(record.id), query), 403)
  if (!model.reaches(c.person, object.name, record)) return c.status(await c.same_refusal('GET', path_of, record.id, { query }), 404)
  const answer = await c.get(path_of(record.id), query)
  c.status(answer, 200)
  const right = field && model.field_right(other, object.name, field.name)
  const steps = [['function', model.may(other, object.name, verb)]]
  if (steps[0][1] && !other.administrator) steps.push(['record', model.reaches(other, object.name, record, verb)])
  if (field) steps.push(['field', verb === 'change' ? model.writes(other, object.name, field.name) : right !== 'hidden'])
  c.equal(answer.body.steps.map((step) => [step.step, step.allowed]), steps, `${object.name} ${record.id}: why ${subject.login} may ${verb} it`)
  c.equal(answer.body.allowed, steps.every(([, allowed]) => allowed), `${object.name} ${record.id}: may ${subject.login} ${verb} it`)
}

// ── duplicates ───────────────────────────────────────────────────────────────────────────────────────────────────────

const digits_of = (phone) => phone.replaceAll(/\D/g, '')

async function duplicates(c) {
  const { model, person } = c
  const object = objects.get(c.pick(['customer', 'contact', 'opportunity']))
  const path = `/api/records/${object.name}/duplicates`
  const template = c.pick(model.live(object.name))
  const named = [...new Set(object.duplicates.flatMap((rule) => rule.fields))]
  const body = Object.fromEntries(c.random.some(named, c.random.between(1, named.length)).map((name) => [name, template[name]]).filter(([, value]) => value !== null).map(([name, value]) => [name, value?.id ?? value]))
  const answer = await c.ask('POST', path, { body })
  if (!model.may(person, object.name, 'add') && !model.may(person, object.name, 'change')) return c.status(answer, 403)
  c.status(answer, 200)
  const same = (name, record) => {
    const [a, b] = [record[name]?.id ?? record[name], body[name]]
    return object.fields.get(name).type === 'phone' ? a && digits_of(a) === digits_of(b) : a === b
  }
  const rules = object.duplicates.filter((rule) => rule.fields.every((name) => name in body && model.reads(person, object.name, name)))
  const expected = model.live(object.name).filter((record) => rules.some((rule) => rule.fields.every((name) => same(name, record))))
  if (expected.length >= 10) return
  // That something is there already is told, with its title; which record it is only to who may see it.
  const key = (record, visible) => JSON.stringify([visible ? record.id : null, record[object.title] ?? record.title, visible])
  c.equal(
    answer.body.duplicates.map((one) => key(one, one.visible)).map((text) => text).sort(),
    expected.map((record) => key(record, model.reaches(person, object.name, record))).sort(),
    `${object.name}: likely the same as ${JSON.stringify(body)}`,
  )
}

export const records = { read, timeline, history, past, explanation, duplicates }
