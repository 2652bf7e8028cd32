// Whatever changes records: who may, what becomes of them, and that a refusal leaves everything as it was.
import { has_value, is_reference, objects } from '../declarations.mjs'
import { kept_objects } from '../organisation.mjs'
import { roll_filter, usual } from './lists.mjs'
import { any_record } from './records.mjs'

// Fields whose values may be changed without much ado.
const simple = {
  customer: ['short_name', 'level', 'employees', 'phone', 'email', 'tags', 'description', 'trading', 'next_follow_on', 'annual_revenue', 'credit_limit', 'name', 'owner', 'collaborators'],
  contact: ['position', 'mobile', 'phone', 'email', 'wechat', 'closeness', 'decision_role', 'description', 'ethnicity', 'health', 'owner'],
  opportunity: ['next_step', 'close_on', 'amount', 'description', 'source', 'owner'],
  activity: ['content', 'minutes', 'kind', 'owner'],
  task: ['content', 'due_on', 'priority', 'owner'],
  legal_representative: ['phone', 'birthday', 'ethnicity', 'owner'],
}
// A change of one may be told to others by their behaviours, and children go along with what is deleted.
const touched = {
  customer: ['customer', 'legal_representative'],
  opportunity: ['opportunity', 'opportunity_stage', 'opportunity_member'],
  activity: ['activity', 'customer', 'contact', 'opportunity'],
}
const note_of = { customer: 'description', contact: 'description', opportunity: 'description', activity: 'result', task: 'result', legal_representative: 'note' }
const new_row = (c, object) => c.organisation[`new_${object.name}`]()
const id_of = (value) => value?.id ?? value

// Writes as the caller. When it is refused, nothing may have happened.
export async function attempt(c, object, method, path, options, expected, what = 'status') {
  const { organisation } = c
  const answer = await c.ask(method, path, options)
  // A name stands in all that refers to the record.
  const renames = JSON.stringify(options.body ?? {}).includes(`"${object.title}":`)
  if (answer.status < 400) await organisation.written(renames ? undefined : (touched[object.name] ?? [object.name]))
  c.status(answer, expected, what)
  if (answer.status >= 400) await organisation.nothing_written(c)
  return answer
}

// The same on what does not exist, byte for byte.
async function attempt_unseen(c, record, method, path_of, options, status) {
  c.status(await c.same_refusal(method, path_of, record.id, options), status)
  await c.organisation.nothing_written(c)
}

// May the caller choose this record in a reference?
const may_choose = (c, field, id) => {
  const target = c.model.find(field.target, id)
  if (!kept_objects.includes(field.target)) return c.model.may(c.person, field.target, 'view')
  return target && !target.bin && c.model.reaches(c.person, field.target, target)
}
const chosen = (field, value) => (field.type === 'refs' ? value.map(id_of) : is_reference(field) && value ? [id_of(value)] : [])

// Fields of a draft that the caller may not write or that refer to what he may not choose.
function wrong_fields(c, object, values, record) {
  return Object.entries(values).filter(([name, value]) => {
    const field = object.fields.get(name)
    if (!c.model.writes(c.person, object.name, name)) return true
    if (name === 'owner' && !record && owner_given(c, object, values)) return false // the customer's stands in its place
    if (typeof field.fixed === 'string' && record && !c.model.has_special(c.person, `${object.name}.${field.fixed}`)) return true
    const before = record ? chosen(field, record[name]) : []
    const now = chosen(field, value)
    if (JSON.stringify([...now].sort()) === JSON.stringify([...before].sort())) return false
    return now.some((id) => !may_choose(c, field, id))
  })
}

// ── new records ──────────────────────────────────────────────────────────────────────────────────────────────────────

function draft(c, object) {
  const row = Object.fromEntries(Object.entries(new_row(c, object)).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)))
  if (c.chance(0.6)) delete row.owner
  else if (c.chance(0.4)) row.owner = c.person.me
  // Mostly what the caller may write; sometimes as it comes.
  if (c.chance(0.85)) for (const name of Object.keys(row)) if (!c.model.writes(c.person, object.name, name)) delete row[name]
  if (c.chance(0.85)) for (const [name, value] of Object.entries(row)) if (chosen(object.fields.get(name), value).some((id) => !may_choose(c, object.fields.get(name), id))) row[name] = replaced(c, object.fields.get(name))
  for (const [name, value] of Object.entries(row)) if (value === undefined) delete row[name]
  return row
}
function replaced(c, field) {
  const there = c.model.seen(c.person, field.target).map((record) => record.id)
  if (!there.length) return undefined
  return field.type === 'refs' ? [c.pick(there)] : c.pick(there)
}

// A legal representative belongs to whoever has the customer.
const owner_given = (c, object, row) => object.name === 'legal_representative' && c.model.find('customer', row.customer)?.owner?.id

// Why a record with these values would be refused; nothing when it would not.
function why_refused(c, object, row) {
  const { model, person } = c
  const wrong = wrong_fields(c, object, row)
  if (wrong.length) return `may not write ${wrong.map(([name]) => name)}`
  for (const field of object.fields.values()) {
    if (field.required && field.default === undefined && field.type !== 'number' && !(field.name in row)) return `without ${field.name}`
  }
  if (object.name === 'opportunity' && !row.name && !row.customer && !row.product) return 'without a name'
  if (object.name === 'opportunity' && row.contact && row.customer && model.find('contact', row.contact)?.customer.id !== row.customer) return 'a contact of another customer'
  if (object.name === 'activity' && !row.subject && !row.content) return 'nothing said'
  if (object.name === 'activity' && (row.state ?? 'done') === 'done' && row.at && Date.parse(row.at) > Date.now()) return 'done in the future'
  const owner = owner_given(c, object, row) || row.owner || person.me
  const booked = { owner: { id: owner }, owner_department: model.find('employee', owner)?.department }
  const admitted = person.administrator || model.rules(person, object.name, 'add').some(({ scope }) => model.scope_holds(person, scope, booked))
  return admitted ? undefined : 'outside the scope'
}

async function create(c) {
  const object = objects.get(c.pick(usual))
  const path = `/api/records/${object.name}`
  const several = c.chance(0.25)
  const rows = Array.from({ length: several ? 3 : 1 }, () => draft(c, object))
  const body = several ? rows : rows[0]
  if (!c.model.may(c.person, object.name, 'add')) return attempt(c, object, 'POST', path, { body }, 403)
  const refused = rows.map((row) => why_refused(c, object, row)).find(Boolean)
  const before = new Set(c.model.all(object.name).map((record) => record.id))
  const answer = await attempt(c, object, 'POST', path, { body }, refused ? 422 : 201, refused ?? 'a new record')
  if (refused) return
  const made = c.model.all(object.name).filter((record) => !before.has(record.id))
  c.equal(made.length, rows.length, `${object.name}: new records`)
  if (several) return c.same_ids(answer.body.ids, made.map((record) => record.id), 'the ids of the new records')
  const [record] = made
  if (object.name !== 'legal_representative') c.equal(record.owner?.id, rows[0].owner ?? c.person.me, 'whose the new record is')
  check_reply(c, object, record, answer)
}

// A write answers with the record as the caller reads it; when it has gone out of his sight, with its id alone.
function check_reply(c, object, record, answer) {
  c.equal(answer.body.id, record.id, 'the id in the answer')
  const { actions, rights, batch, ...values } = answer.body
  if (!c.model.reaches(c.person, object.name, record) || record.bin) return c.equal(Object.keys(values), ['id'], 'what is told of a record out of sight')
  const fields = c.model.shown_fields(c.person, object.name).filter((name) => has_value(object.fields.get(name)) && !['id', 'version', 'deleted_at'].includes(name))
  c.record(values, object.name, record, fields, 'the answer:')
}

// ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function roll_values(c, object) {
  const names = c.random.some(simple[object.name], c.random.between(1, 2))
  const values = {}
  for (const name of names) {
    for (let tries = 0; tries < 10 && !(name in values); ++tries) {
      const value = new_row(c, object)[name]
      if (value !== undefined) values[name] = value
    }
  }
  return values
}
const is_same = (field, a, b) => {
  const plain = (value) => (Array.isArray(value) ? [...value.map(plain)].sort() : (value?.code ?? value?.id ?? value ?? null))
  const text = (value) => JSON.stringify(field.type === 'money' && value ? [value.amount, value.currency] : plain(value) ?? null)
  return text(a) === text(Array.isArray(b) && b.length === 0 && !a?.length ? a : b)
}

// Imported as won or lost: it is reopened before it is changed.
const is_closed = (object, record) => object.name === 'opportunity' && record.state.code !== 'open'

async function change(c) {
  const object = objects.get(c.pick(usual))
  const record = any_record(c, object, 'change')
  const { model, person } = c
  const path_of = (id) => `/api/records/${object.name}/${id}`
  const values = roll_values(c, object)
  if (!Object.keys(values).length) return
  const stale = c.chance(0.1) && record.version > 1
  const options = { body: values, headers: { 'if-match': String(record.version - (stale ? 1 : 0)) } }
  if (!model.may(person, object.name, 'change')) return attempt_unseen(c, record, 'PATCH', path_of, options, 403)
  if (record.bin || !model.reaches(person, object.name, record, 'change')) return attempt_unseen(c, record, 'PATCH', path_of, options, 404)
  if (stale) {
    const answer = await attempt(c, object, 'PATCH', path_of(record.id), options, 412)
    const { actions, rights, ...now } = answer.body.current
    return c.record(now, object.name, record, model.shown_fields(person, object.name).filter((name) => !['id', 'version', 'deleted_at'].includes(name)), 'the record as it is now:')
  }
  const changes = Object.keys(values).filter((name) => !is_same(object.fields.get(name), record[name], values[name]))
  const changed = Object.fromEntries(changes.map((name) => [name, values[name]]))
  // What the caller may not read is refused even when it is what stands there: an answer would tell.
  const guessed = Object.keys(values).filter((name) => !changes.includes(name) && !model.reads(person, object.name, name))
  const gives_away = 'owner' in changed && model.writes(person, object.name, 'owner') && !model.reaches(person, object.name, record, 'assign')
  const wrong = wrong_fields(c, object, changed, record).length > 0 || guessed.length > 0 || (is_closed(object, record) && changes.length > 0)
  const answer = await attempt(c, object, 'PATCH', path_of(record.id), options, gives_away ? 403 : wrong ? 422 : 200)
  if (answer.status !== 200) return
  const now = model.find(object.name, record.id)
  for (const [name, value] of Object.entries(values)) c.ok(is_same(object.fields.get(name), now[name], value), `${object.name} ${record.id}: ${name} as it was written`, now[name], value)
  check_reply(c, object, now, answer)
}

// Whoever may not read a field cannot find out what stands in it by writing what he thinks.
async function guess(c) {
  const object = objects.get(c.pick(['customer', 'contact', 'legal_representative', 'task']))
  const { model, person } = c
  const kept_from = [...object.fields.values()].filter((field) => ['phone', 'text', 'email', 'integer', 'date', 'choice'].includes(field.type) && !field.hidden && !field.read_only && !field.lookup && !field.formula && !model.reads(person, object.name, field.name))
  const pairs = kept_from.flatMap((field) => model.live(object.name).filter((record) => model.reaches(person, object.name, record, 'change') && record[field.name] !== null).map((record) => ({ field, record })))
  if (!pairs.length) return
  const { field, record } = c.pick(pairs)
  const path = `/api/records/${object.name}/${record.id}`
  const value = record[field.name]?.code ?? record[field.name]
  await attempt(c, object, 'PATCH', path, { body: { [field.name]: value }, headers: { 'if-match': String(record.version) } }, 422)
  const bulk = await attempt(c, object, 'POST', `/api/records/${object.name}/change_all`, { body: { ids: [record.id], values: { [field.name]: value } } }, 422)
  void bulk
}

// ── the bin ──────────────────────────────────────────────────────────────────────────────────────────────────────────

// Live records that refer to this one and would stay, by object and field.
function referring(c, object, record) {
  const found = new Map()
  for (const other of objects.values()) {
    if (!kept_objects.includes(other.name)) continue
    const goes_along = (name) => [...object.fields.values()].some((list) => list.type === 'list' && list.cascade && list.of === other.name && list.by === name)
    for (const field of other.fields.values()) {
      if (field.target !== object.name || field.formula || field.type === 'list' || goes_along(field.name)) continue
      const there = c.model.live(other.name).filter((one) => [one[field.name]].flat().some((value) => value?.id === record.id))
      if (there.length) found.set(`${other.name}.${field.name}`, there)
    }
  }
  return found
}

function check_blockers(c, blockers, referrers) {
  c.equal(Object.fromEntries(blockers.map((one) => [`${one.object}.${one.field}`, one.count])), Object.fromEntries([...referrers].map(([key, list]) => [key, list.length])), 'what keeps the record')
  for (const { object, field, records } of blockers) {
    const seen = referrers.get(`${object}.${field}`).filter((record) => c.model.reaches(c.person, object, record)).map((record) => record.id)
    c.equal(records.length, Math.min(5, seen.length), `${object}.${field}: the first few that the caller may see`)
    for (const one of records) c.ok(seen.includes(one.id), `${object}.${field}: one that the caller may not see`, one, seen)
  }
}

async function remove(c) {
  const object = objects.get(c.random.weighted([[1, 'customer'], [2, 'contact'], [2, 'opportunity'], [3, 'activity'], [3, 'task'], [1, 'legal_representative'], [1, 'product']]))
  const record = any_record(c, object, 'delete')
  const { model, person } = c
  const by_action = c.chance(0.3)
  const path_of = (id) => `/api/records/${object.name}/${id}${by_action ? '/delete' : ''}`
  const method = by_action ? 'POST' : 'DELETE'
  const options = { headers: { 'if-match': String(record.version) } }
  if (!model.may(person, object.name, 'delete')) return attempt_unseen(c, record, method, path_of, options, 403)
  if (record.bin || !model.reaches(person, object.name, record, 'delete')) return attempt_unseen(c, record, method, path_of, options, 404)
  const referrers = referring(c, object, record)
  const answer = await attempt(c, object, method, path_of(record.id), options, referrers.size ? 422 : 200)
  if (referrers.size) return check_blockers(c, answer.body.blockers, referrers)
  c.equal(model.find(object.name, record.id).bin, true, 'the record is in the bin')
}

async function restore(c) {
  const candidates = usual.flatMap((name) => c.model.all(name).filter((record) => record.bin).map((record) => ({ object: objects.get(name), record })))
  if (!candidates.length) return
  const { object, record } = c.pick(candidates)
  const { model, person } = c
  const path_of = (id) => `/api/records/${object.name}/${id}/restore`
  if (!model.may(person, object.name, 'delete')) return attempt_unseen(c, record, 'POST', path_of, {}, 403)
  if (!model.reaches(person, object.name, record, 'delete')) return attempt_unseen(c, record, 'POST', path_of, {}, 404)
  const whole = [...object.fields.values()].filter((field) => kept_objects.includes(field.target)).every((field) => chosen(field, record[field.name] ?? (field.type === 'refs' ? [] : null)).every((id) => !model.find(field.target, id)?.bin))
  await attempt(c, object, 'POST', path_of(record.id), {}, whole ? 200 : 422)
  if (whole) c.equal(model.find(object.name, record.id).bin, false, 'the record is back')
}

// ── verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function assign(c) {
  const object = objects.get(c.pick(usual))
  const { model, person } = c
  const owner = c.pick(c.organisation.employees)
  const several = c.chance(0.4)
  const some = several ? c.random.some(model.live(object.name), 2) : [any_record(c, object, 'assign')]
  const options = several ? { body: { ids: some.map((record) => record.id), owner } } : { body: { owner } }
  const path_of = (id) => (several ? `/api/records/${object.name}/assign` : `/api/records/${object.name}/${id}/assign`)
  if (!model.may(person, object.name, 'assign')) return attempt(c, object, 'POST', path_of(some[0].id), options, 403)
  const reached = some.every((record) => !record.bin && model.reaches(person, object.name, record, 'assign'))
  if (!reached && !several) return attempt_unseen(c, some[0], 'POST', path_of, options, 404)
  // Whoever may not read the owner is not told by the answer whether it is that one already.
  const moved = some.filter((record) => record.owner?.id !== owner || !model.reads(person, object.name, 'owner'))
  const wrong = moved.length > 0 && (!model.writes(person, object.name, 'owner') || !may_choose(c, object.fields.get('owner'), owner))
  await attempt(c, object, 'POST', path_of(some[0].id), options, !reached ? 404 : wrong ? 422 : 200)
  if (reached && !wrong) for (const record of some) c.equal(model.find(object.name, record.id).owner.id, owner, 'the new owner')
}

async function act(c) {
  const object = objects.get(c.pick(['task', 'activity', 'opportunity', 'customer']))
  const { model, person } = c
  const record = any_record(c, object, 'change')
  const name = c.pick(object.name === 'opportunity' ? ['reopen'] : Object.keys(object.actions))
  const path_of = (id) => `/api/records/${object.name}/${id}/${name}`
  const given = { 'activity complete': { result: '谈妥' }, 'opportunity reopen': { stage: c.organisation.open_stages[0] } }[`${object.name} ${name}`]
  const options = { body: given ?? {} }
  const { right } = object.actions[name]
  const allowed = (right === 'change' || model.has_special(person, `${object.name}.${right}`)) && model.may(person, object.name, 'change')
  if (!allowed) return attempt_unseen(c, record, 'POST', path_of, options, 403)
  if (record.bin || !model.reaches(person, object.name, record, 'change')) return attempt_unseen(c, record, 'POST', path_of, options, 404)
  const possible = (await c.told_boss(`/api/records/${object.name}/${record.id}`)).actions.includes(name)
  await attempt(c, object, 'POST', path_of(record.id), options, possible ? 200 : 422)
}

async function change_many(c) {
  const object = objects.get(c.pick(usual))
  const { model, person } = c
  const name = note_of[object.name]
  const mark = `批改 ${c.random.digits(8)}`
  const body = { values: { [name]: mark } }
  let concerned = model.live(object.name)
  let named = true
  if (c.chance(0.5)) {
    const { tree, filter, named: may } = roll_filter(c, object)
    body.filter = filter
    named = may
    concerned = concerned.filter((record) => model.passes(person, object.name, record, tree))
  }
  if (c.chance(0.5)) {
    const some = c.random.some(model.all(object.name), 5).map((record) => record.id)
    body.ids = some
    concerned = concerned.filter((record) => some.includes(record.id))
  }
  const path = `/api/records/${object.name}/change_all`
  if (!model.may(person, object.name, 'view') || !model.may(person, object.name, 'change')) return attempt(c, object, 'POST', path, { body }, model.may(person, object.name, 'view') && !named ? [400, 403] : 403)
  if (!named) return attempt(c, object, 'POST', path, { body }, 400)
  const reached = concerned.filter((record) => model.reaches(person, object.name, record, 'change'))
  const wrong = reached.some((record) => is_closed(object, record)) || (reached.length > 0 && !model.writes(person, object.name, name))
  const answer = await attempt(c, object, 'POST', path, { body }, wrong ? 422 : 200)
  if (wrong) return
  c.equal(answer.body.updated, reached.length, `${object.name}: how many were changed`)
  c.same_ids(model.all(object.name).filter((record) => record[name] === mark).map((record) => record.id), reached.map((record) => record.id), `${object.name}: what was changed`)
}

// Each in its own way: all of them, or none.
async function change_each(c) {
  const object = objects.get(c.pick(usual))
  const { model, person } = c
  const name = note_of[object.name]
  const reached = model.live(object.name).filter((record) => model.reaches(person, object.name, record, 'change'))
  // Mostly those in reach; now and then one among them that is not, or is older than what stands there.
  const some = c.chance(0.6) && reached.length > 1 ? c.random.some(reached, 3) : c.random.some(model.all(object.name), 3)
  const stale = c.chance(0.1) && some.some((record) => record.version > 1)
  const marks = new Map(some.map((record) => [record.id, `逐条 ${c.random.digits(8)}`]))
  const body = some.map((record) => ({ id: record.id, version: record.version - (stale && record.version > 1 ? 1 : 0), [name]: marks.get(record.id) }))
  const path = `/api/records/${object.name}`
  if (!model.may(person, object.name, 'change')) return attempt(c, object, 'PATCH', path, { body }, 403)
  if (some.some((record) => !reached.includes(record))) return attempt(c, object, 'PATCH', path, { body }, stale ? [404, 412] : 404)
  const refused = stale ? 412 : model.writes(person, object.name, name) && !some.some((record) => is_closed(object, record)) ? undefined : 422
  const answer = await attempt(c, object, 'PATCH', path, { body }, refused ?? 200)
  if (refused) return
  c.same_ids(answer.body.ids, some.map((record) => record.id), 'the ids in the answer')
  for (const [id, mark] of marks) c.equal(model.find(object.name, id)[name], mark, `${object.name} ${id}: as it was written`)
}

async function delete_many(c) {
  const object = objects.get(c.pick(['task', 'activity', 'contact', 'customer']))
  const { model, person } = c
  const some = c.random.some(model.live(object.name), 2)
  const by_action = c.chance(0.4)
  const path = `/api/records/${object.name}/${by_action ? 'delete' : 'delete_all'}`
  const options = { body: { ids: some.map((record) => record.id) } }
  if (!model.may(person, object.name, 'delete')) return attempt(c, object, 'POST', path, options, 403)
  const reached = some.filter((record) => model.reaches(person, object.name, record, 'delete'))
  // Named one by one they must all be in reach; of a list only those that are go.
  if (by_action && reached.length < some.length) return attempt(c, object, 'POST', path, options, 404)
  const going = new Set(reached.map((record) => record.id))
  const kept = reached.some((record) => [...referring(c, object, record).values()].some((list) => list.some((one) => !going.has(one.id))))
  await attempt(c, object, 'POST', path, options, kept ? 422 : 200)
  if (!kept) for (const record of some) c.equal(model.find(object.name, record.id).bin, going.has(record.id), `${object.name} ${record.id} is in the bin`)
}

// ── undo ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function undo(c) {
  const { model, person, organisation } = c
  const pairs = usual.flatMap((name) => model.live(name).filter((record) => model.writes(person, name, note_of[name]) && model.reaches(person, name, record, 'change')).map((record) => ({ object: objects.get(name), record })))
  if (!pairs.length) return
  const { object, record } = c.pick(pairs)
  const name = note_of[object.name]
  const written = await attempt(c, object, 'PATCH', `/api/records/${object.name}/${record.id}`, { body: { [name]: `撤销 ${c.random.digits(6)}` }, headers: { 'if-match': String(record.version) } }, 200)
  const { batch } = written.body
  const own = await c.get('/api/batches', { limit: 200 })
  c.ok(own.body.batches.some((one) => one.id === batch), 'the own batch is told', own.body.batches.slice(0, 3), batch)

  const stranger = c.pick(organisation.users.filter((one) => one !== c.user))
  const theirs = await c.as(stranger.client, 'GET', '/api/batches', { query: { limit: 200 } })
  const may_all = model.person(stranger.user).administrator
  c.equal(theirs.body.batches.some((one) => one.id === batch), may_all, 'the batch of somebody else')
  if (!may_all) {
    const refused = await c.as(stranger.client, 'POST', `/api/batches/${batch}/undo`)
    // Batches take their ids from the same row as records.
    const absent_batch = c.absent_id((id) => theirs.body.batches.some((one) => one.id === id))
    const absent = await c.as(stranger.client, 'POST', `/api/batches/${absent_batch}/undo`)
    const bytes = ({ status, text }) => [status, text.replaceAll(/"request_id":"[^"]*"/g, '')]
    c.equal(bytes(refused), bytes(absent), 'a batch of somebody else is answered as one that does not exist')
    c.status(refused, 404)
    await organisation.nothing_written(c)
  }
  const still = model.reaches(person, object.name, model.find(object.name, record.id), 'change')
  const answer = await attempt(c, object, 'POST', `/api/batches/${batch}/undo`, {}, 200)
  c.equal([answer.body.undone, answer.body.skipped], still ? [1, 0] : [0, 1], 'what was taken back')
  const now = model.find(object.name, record.id)[name]
  if (still) c.equal(now, record[name], `${object.name} ${record.id}: ${name} as before`)
}

// ── shares ───────────────────────────────────────────────────────────────────────────────────────────────────────────

async function check_shares(c, client, object, record) {
  const answer = await c.as(client, 'GET', `/api/records/${object.name}/${record.id}/shares`)
  c.status(answer, 200)
  const expected = c.model.shares.filter((one) => one.object === object.name && one.record === record.id)
  const told = (kind, grantee, level, expired) => `${kind} ${grantee} ${level} ${expired}`
  c.same_ids(
    answer.body.shares.map((one) => told(one.kind, one.grantee.id, one.level, one.expired)),
    expected.map((one) => told(one.kind, one.grantee, one.level, Boolean(one.until && one.until <= Date.now()))),
    `${object.name} ${record.id}: to whom it is opened`,
  )
  return answer.body.shares
}

async function shares(c) {
  const object = objects.get(c.pick(usual))
  const record = any_record(c, object)
  const { model, person } = c
  const path_of = (id) => `/api/records/${object.name}/${id}/shares`
  if (!model.may(person, object.name, 'view')) return c.status(await c.same_refusal('GET', path_of, record.id), 403)
  if (record.bin || !model.reaches(person, object.name, record)) return c.status(await c.same_refusal('GET', path_of, record.id), 404)
  await check_shares(c, c.client, object, record)
}

async function share_with(c, several) {
  const object = objects.get(c.pick(usual))
  const { model, person, organisation } = c
  const some = several ? c.random.some(model.live(object.name), 2) : [any_record(c, object, 'change')]
  const wish = { ...organisation.grantee(), level: c.pick(['read', 'write']) }
  const path_of = (id) => (several ? `/api/records/${object.name}/shares` : `/api/records/${object.name}/${id}/shares`)
  const options = { body: several ? { ids: some.map((record) => record.id), ...wish } : wish }
  const reached = some.every((record) => !record.bin && model.reaches(person, object.name, record, 'change'))
  if (!model.may(person, object.name, 'change') || !reached) {
    const status = model.may(person, object.name, 'change') ? 404 : 403
    if (several) await attempt(c, object, 'POST', path_of(), options, status)
    else await attempt_unseen(c, some[0], 'POST', path_of, options, status)
  } else {
    c.status(await c.ask('POST', path_of(some[0].id), options), several ? 204 : 200)
    for (const record of some) organisation.note_share({ object: object.name, record: record.id, ...wish, until: null })
  }
  for (const record of some) if (!record.bin) await check_shares(c, c.boss, object, record)
}
const share = (c) => share_with(c, false)
const share_many = (c) => share_with(c, true)

async function unshare(c) {
  const { model, person, organisation } = c
  const known = model.shares.filter((one) => !model.find(one.object, one.record).bin)
  if (!known.length) return
  const one = c.pick(known)
  const object = objects.get(one.object)
  const record = model.find(one.object, one.record)
  const there = await check_shares(c, c.boss, object, record)
  const { id } = there.find((share) => share.grantee.id === one.grantee)
  const path_of = (record_id) => `/api/records/${one.object}/${record_id}/shares/${id}`
  if (!model.may(person, one.object, 'change')) await attempt_unseen(c, record, 'DELETE', path_of, {}, 403)
  else if (!model.reaches(person, one.object, record, 'change')) await attempt_unseen(c, record, 'DELETE', path_of, {}, 404)
  else {
    c.status(await c.ask('DELETE', path_of(one.record)), 204)
    organisation.drop_share(one)
  }
  await check_shares(c, c.boss, object, record)
}

export const writes = { create, change, guess, remove, restore, assign, act, change_many, change_each, delete_many, undo, share, share_many, unshare }
export const reading_shares = { shares }
