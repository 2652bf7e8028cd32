// Lists, counts, groups, pickers and searches: which records somebody finds, in which order, with which fields.
import { as_filter, fold, plain, roll } from '../conditions.mjs'
import { has_value, is_reference, is_text, objects } from '../declarations.mjs'
import { kept_objects } from '../organisation.mjs'
import { pinyin, initials } from '../words.mjs'

const usual = ['customer', 'contact', 'opportunity', 'activity', 'task', 'legal_representative']
export const any_object = (c) => objects.get(c.random.weighted([[5, c.pick(usual)], [3, c.pick(kept_objects)], [1, c.pick([...objects.keys()])]]))
const known = (object) => kept_objects.includes(object.name)

// True when the caller may look at lists of the object; else the refusal has been checked.
export async function may_list(c, object, path, query) {
  const may = c.model.may(c.person, object.name, 'view') && c.model.has_menu(c.person, object.name)
  if (!may) c.status(await c.get(path, query), 403, `${path} without the right`)
  return may
}

// ── filters ──────────────────────────────────────────────────────────────────────────────────────────────────────────

// A filter of the caller; `named` tells whether he may name every field in it.
export function roll_filter(c, object) {
  const all = c.chance(0.12)
  const tree = roll(c.random, object, {
    objects,
    fields: (of) => (kept_objects.includes(of.name) ? [...of.fields.values()].filter((field) => !field.hidden && field.name !== 'deleted_at' && (all || c.model.reads(c.person, of.name, field.name))) : []),
    ids: (name) => c.organisation.ids(name),
    through: 0.35,
  })
  return { tree, filter: as_filter(tree), named: c.model.may_filter(c.person, object.name, tree) }
}

// Columns, some of them through a reference; rarely one that is kept from the caller.
function roll_columns(c, object) {
  const { model, person } = c
  const names = model.shown_fields(person, object.name).filter((name) => name !== 'deleted_at' && name !== 'id' && name !== 'version')
  const columns = c.random.some(names, c.random.between(1, 6))
  const bridges = columns.map((name) => object.fields.get(name)).filter((field) => is_reference(field) && kept_objects.includes(field.target))
  if (bridges.length && c.chance(0.5)) {
    const bridge = c.pick(bridges)
    const names_there = [...objects.get(bridge.target).fields.values()].filter((field) => has_value(field) && !field.hidden).map((field) => field.name)
    columns.push(`${bridge.name}.${c.pick(names_there)}`)
  }
  const kept_from = [...object.fields.values()].filter((field) => has_value(field) && model.field_right(person, object.name, field.name) === 'hidden')
  if (kept_from.length && c.chance(0.1)) columns.push(c.pick(kept_from).name)
  return columns
}
const may_show = (c, object, columns) => columns.every((name) => c.model.may_name(c.person, object.name, name.split('.'), true))

// A column that leads through a reference, as the caller may read it.
function check_path(c, found, object, record, name) {
  const [bridge, last] = name.split('.')
  const target = object.fields.get(bridge).target
  const behind = record[bridge] && c.model.find(target, record[bridge].id)
  const title = [objects.get(target).title, objects.get(target).title_en].includes(last)
  if (!behind || !(title || c.model.reaches(c.person, target, behind))) {
    c.ok(found === null || (Array.isArray(found) && found.length === 0), `${object.name} ${record.id}: ${name} is kept from the caller`, found, null)
  } else if (last === 'id') {
    c.equal(found?.id ?? found, behind.id, `${object.name} ${record.id}: ${name}`)
  } else {
    c.value(found, target, last, behind[last], `${object.name} ${record.id}: ${name}`)
  }
}

function check_records(c, found, object, columns) {
  for (const one of found) {
    const record = c.model.find(object.name, one.id)
    const own = columns.filter((name) => !name.includes('.'))
    const plain_part = Object.fromEntries(Object.entries(one).filter(([name]) => !name.includes('.')))
    c.record(plain_part, object.name, record, own, object.name)
    for (const name of columns) if (name.includes('.')) check_path(c, one[name], object, record, name)
  }
}

async function pages(c, path, query, limit) {
  const found = []
  let after
  do {
    const answer = await c.get(path, { ...query, limit, after })
    c.status(answer, 200)
    found.push(...answer.body.records)
    after = answer.body.next ?? undefined
  } while (after)
  return found
}

async function list(c) {
  const object = any_object(c)
  const path = `/api/records/${object.name}`
  if (!(await may_list(c, object, path, { limit: 1 }))) return
  if (!known(object)) return c.status(await c.get(path, { limit: 2 }), 200)
  const { model, person } = c
  const bin = c.chance(0.12)
  const query = { bin: bin ? 1 : undefined, count: c.pick(['exact', 'capped', undefined]) }
  let seen = model.all(object.name).filter((record) => record.bin === bin && model.reaches(person, object.name, record))
  let columns = model.shown_fields(person, object.name).filter((name) => object.fields.get(name).type !== 'long_text' && !['id', 'version', 'deleted_at'].includes(name))
  if (bin) columns.push('deleted_at')
  let refused = false
  if (c.chance(0.6)) {
    columns = roll_columns(c, object)
    query.fields = columns.join(',')
    refused ||= !may_show(c, object, columns)
    columns = [...new Set(columns)]
  }
  if (c.chance(0.6)) {
    const { tree, filter, named } = roll_filter(c, object)
    query.filter = filter
    refused ||= !named
    seen = seen.filter((record) => model.passes(person, object.name, record, tree))
  }
  if (refused) return c.status(await c.get(path, query), 400, 'a field that is kept from the caller')
  const whole = await pages(c, path, query, 500)
  c.same_ids(whole.map((one) => one.id), seen.map((record) => record.id), `${object.name}: the records of the list`)
  check_records(c, whole, object, columns)

  if (!query.count) return
  const limit = c.random.between(1, 8)
  const offset = c.random.below(6)
  const part = await c.get(path, { ...query, limit, offset })
  c.status(part, 200)
  c.equal(part.body.count, { value: seen.length, exact: true }, `${object.name}: how many there are`)
  c.equal(part.body.records.length, Math.max(0, Math.min(limit, seen.length - offset)), `${object.name}: ${limit} from ${offset}`)
}

async function sorted_list(c) {
  const object = objects.get(c.pick(usual))
  const path = `/api/records/${object.name}`
  if (!(await may_list(c, object, path, { limit: 1 }))) return
  const { model, person } = c
  const fields = [...object.fields.values()].filter((field) => has_value(field) && !field.hidden && !['refs', 'choices', 'address'].includes(field.type) && field.name !== 'id')
  const keys = c.random.some(fields, c.random.between(1, 2)).map((field) => ({ field, descending: c.chance(0.5) }))
  const sort = keys.map(({ field, descending }) => field.name + (descending ? ':desc' : '')).join(',')
  if (!keys.every(({ field }) => model.reads(person, object.name, field.name))) return c.status(await c.get(path, { sort }), 400, 'sorted by a field that is kept from the caller')
  const seen = new Set(model.seen(person, object.name).map((record) => record.id))
  // Where titles are kept from the caller, references stand by their ids.
  const by_id = (field) => field.target && !model.shows_title(person, field.target)
  let order
  if (keys.some(({ field }) => by_id(field))) {
    if (keys.length > 1) return
    const [{ field, descending }] = keys
    const at = (id) => [BigInt(model.find(object.name, id)[field.name]?.id ?? -1), BigInt(id)]
    const less = (a, b) => (a[0] === b[0] ? (a[1] < b[1] ? -1 : 1) : a[0] < b[0] ? -1 : 1)
    order = [...seen].sort((a, b) => (descending ? -less(at(a), at(b)) : less(at(a), at(b))))
  } else {
    order = (await c.organisation.order(object.name, sort)).filter((id) => seen.has(id))
  }
  const fields_shown = object.title
  const found = await pages(c, path, { sort, fields: fields_shown }, c.random.between(2, 9))
  c.equal(found.map((one) => one.id), order, `${object.name} page by page, sorted by ${sort}`)
  const offset = c.random.below(order.length + 2)
  const jumped = await c.get(path, { sort, fields: fields_shown, offset, limit: 5 })
  c.status(jumped, 200)
  c.equal(jumped.body.records.map((one) => one.id), order.slice(offset, offset + 5), `${object.name} from ${offset}, sorted by ${sort}`)
}

// ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const monday = (day) => {
  const date = new Date(`${day}T00:00:00Z`)
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7))
  return date.toISOString().slice(0, 10)
}
const buckets = { month: (day) => day.slice(0, 7), year: (day) => day.slice(0, 4), quarter: (day) => `${day.slice(0, 5)}Q${Math.ceil(Number(day.slice(5, 7)) / 3)}`, week: monday, day: (day) => day }

function key_of(c, object, key, record) {
  const value = c.model.value_for(c.person, object.name, record, key.path)
  if (value === null || !key.bucket) return value
  const day = key.field.type === 'time' ? new Date(Date.parse(value) + 8 * 3600_000).toISOString().slice(0, 10) : value
  return buckets[key.bucket](day)
}

// Hundredths, exact.
const cents = (value) => BigInt(Math.round(Number(value) * 100))
function sum_of(field, records) {
  const values = records.map((record) => record[field.name]).filter((value) => value !== null)
  if (field.type === 'integer') return values.reduce((sum, value) => sum + value, 0)
  const total = (list) => {
    const whole = list.reduce((sum, value) => sum + cents(value.amount ?? value), 0n)
    return `${whole / 100n}.${String(whole % 100n).padStart(2, '0')}`
  }
  if (field.type !== 'money') return total(values)
  const currencies = [...new Set(values.map((value) => value.currency))].sort((a, b) => (a === 'CNY' ? -1 : b === 'CNY' ? 1 : a < b ? -1 : 1))
  const sums = (currencies.length ? currencies : ['CNY']).map((currency) => ({ amount: total(values.filter((value) => value.currency === currency)), currency }))
  return sums.length === 1 ? sums[0] : sums
}

function roll_key(c, object) {
  const usable = (of) => [...of.fields.values()].filter((field) => !field.hidden && ['choice', 'boolean', 'integer', 'ref', 'user', 'department', 'date', 'time'].includes(field.type) && !['id', 'version', 'deleted_at', 'updated_at', 'created_at'].includes(field.name))
  let field = c.pick(usable(object))
  let path = [field.name]
  if (is_reference(field) && kept_objects.includes(field.target) && c.chance(0.3)) {
    const there = usable(objects.get(field.target))
    if (there.length) path = [field.name, (field = c.pick(there)).name]
  }
  const bucket = field.type === 'date' || field.type === 'time' ? c.pick(Object.keys(buckets)) : undefined
  return { path, field, bucket, text: path.join('.') + (bucket ? `:${bucket}` : '') }
}

// `as_of` with the records of that day, without the fields whose past is not kept.
export async function groups(c, { as_of, records, left_out = () => [] } = {}) {
  const object = objects.get(c.pick(usual))
  const path = `/api/records/${object.name}/groups`
  if (!(await may_list(c, object, path, { by: 'created_by' }))) return
  const { model, person } = c
  const keys = Array.from({ length: c.random.between(0, 2) }, () => roll_key(c, object)).filter((key) => !as_of || (key.path.length === 1 && !left_out(object).includes(key.path[0])))
  const measures = [...object.fields.values()].filter((field) => ['integer', 'money'].includes(field.type) && !field.hidden && field.name !== 'version' && !left_out(object).includes(field.name))
  const sums = c.random.some(measures, c.random.below(3))
  const query = { by: keys.map((key) => key.text).join(',') || undefined, sum: sums.map((field) => field.name).join(',') || undefined, as_of }
  let seen = records ? records(object.name) : model.seen(person, object.name)
  let named = [...keys.map((key) => key.path), ...sums.map((field) => [field.name])].every((one) => model.may_name(person, object.name, one))
  if (!as_of && c.chance(0.5)) {
    const { tree, filter, named: all } = roll_filter(c, object)
    query.filter = filter
    named &&= all
    seen = seen.filter((record) => model.passes(person, object.name, record, tree))
  }
  const answer = await c.get(path, query)
  if (!named) return c.status(answer, 400, 'grouped by a field that is kept from the caller')
  c.status(answer, 200)
  const measured = (list) => ({ count: list.length, ...(sums.length ? { sum: Object.fromEntries(sums.map((field) => [field.name, sum_of(field, list)])) } : {}) })
  c.equal(answer.body.total, measured(seen), `${object.name}: the total`)
  const expected = new Map()
  for (const record of seen) {
    const key = keys.map((one) => key_of(c, object, one, record))
    const text = JSON.stringify(keys.length === 1 ? key[0] : key)
    expected.set(text, [...(expected.get(text) ?? []), record])
  }
  if (!keys.length) return
  const found = new Map(answer.body.groups.map((group) => [JSON.stringify(group.key), group]))
  c.same_ids([...found.keys()], [...expected.keys()], `${object.name}: the groups by ${query.by}`)
  for (const [key, list] of expected) {
    const { count, sum } = found.get(key)
    c.equal(sum ? { count, sum } : { count }, measured(list), `${object.name}: the group ${key}`)
    if (keys.length === 1 && keys[0].field.target && !model.shows_title(person, keys[0].field.target)) c.equal(found.get(key).title, null, `${object.name}: the title of the group ${key}`)
  }
}

// ── searching ────────────────────────────────────────────────────────────────────────────────────────────────────────

const squeezed = (field, value) => (field.type === 'phone' ? fold(value).replaceAll(/[- ]/g, '') : fold(value))

// Does a text that the caller may read hold what was typed, as characters?
function found_in_texts(c, object, record, typed) {
  return [...object.fields.values()].some((field) => {
    if (!field.search || !is_text(field) || !c.model.reads(c.person, object.name, field.name)) return false
    const value = plain(record[field.name])
    return value !== null && (squeezed(field, value).includes(fold(typed)) || squeezed(field, value).includes(squeezed(field, typed)))
  })
}
function found_by_sound(c, object, record, typed) {
  return [...object.fields.values()].some((field) => field.search && is_text(field) && c.model.reads(c.person, object.name, field.name) && (pinyin(record[field.name]).includes(fold(typed)) || initials(record[field.name]).includes(fold(typed))))
}

// What must be found and what may be, among the live records that the administrator finds: who may read every word of an
// object finds the same as he; from all others only words that stand in readable fields tell.
function findable(c, object, by_boss, typed) {
  const { model, person } = c
  const seen = by_boss.map((id) => model.find(object.name, id)).filter((record) => model.reaches(person, object.name, record))
  if (!model.hides_words(person, object.name)) return { must: seen, may: seen }
  const must = seen.filter((record) => found_in_texts(c, object, record, typed))
  return { must, may: seen.filter((record) => found_in_texts(c, object, record, typed) || found_by_sound(c, object, record, typed)) }
}
function check_found(c, found, { must, may }, what) {
  const allowed = new Set(may.map((record) => record.id))
  const more = found.filter((id) => !allowed.has(id))
  const missing = must.map((record) => record.id).filter((id) => !found.includes(id))
  c.ok(!more.length && !missing.length, what, { too_many: more, missing, found: found.length }, { count: must.length })
  c.equal(new Set(found).size, found.length, `${what}, each once`)
}

const searchable = (c) => objects.get(c.pick(usual))

async function search_in_list(c) {
  const object = searchable(c)
  const path = `/api/records/${object.name}`
  const typed = c.typed(object, c.model.live(object.name))
  if (!(await may_list(c, object, path, { search: typed }))) return
  const by_boss = (await c.told_boss(path, { search: typed, limit: 500, fields: object.title })).records.map((one) => one.id)
  const expected = findable(c, object, by_boss, typed)
  const query = { search: typed, limit: 500, fields: object.title, count: 'exact', sort: c.chance(0.3) ? 'updated_at:desc' : undefined }
  const answer = await c.get(path, query)
  c.status(answer, 200)
  check_found(c, answer.body.records.map((one) => one.id), expected, `${object.name}: found for ${typed}`)
  c.equal(answer.body.count.value, answer.body.records.length, `${object.name}: counted for ${typed}`)
}

// What a hit says beside its title stands in a field that the caller may read.
function check_hint(c, object, record, text, what) {
  if (text === null) return
  const readable = [...object.fields.values()].some((field) => is_text(field) && c.model.reads(c.person, object.name, field.name) && record[field.name] === text)
  c.ok(readable, what, text, 'a text that the caller may read')
}

async function search_everywhere(c) {
  const { model, person } = c
  const object = searchable(c)
  const typed = c.typed(object, model.live(object.name))
  const only = c.chance(0.3) ? object.name : undefined
  const limit = 100
  const answer = await c.get('/api/search', { q: typed, limit, objects: only })
  if (only && !model.may(person, only, 'view')) return c.status(answer, 403)
  c.status(answer, 200)
  // Of more hits than there is room for, nobody says which ones come: then the caller's may be any, and none must.
  const full = answer.body.hits.length === limit
  const asked = (one) => (only ? one.name === only : !one.system)
  const names = [...objects.values()].filter((one) => one.searchable && kept_objects.includes(one.name) && asked(one))
  for (const one of names) {
    const found = answer.body.hits.filter((hit) => hit.object === one.name)
    // Object by object, so that the administrator, who sees the most, is not cut off before the caller.
    const by_boss = (await c.told_boss('/api/search', { q: typed, limit, objects: one.name })).hits
    c.ok(by_boss.length < limit, `so many hits among ${one.name} that they say nothing`, by_boss.length, `fewer than ${limit}`)
    const expected = model.may(person, one.name, 'view') ? findable(c, one, by_boss.map((hit) => hit.id), typed) : { must: [], may: [] }
    if (full) expected.must = []
    check_found(c, found.map((hit) => hit.id), expected, `hits among ${one.name} for ${typed}`)
    for (const hit of found) {
      const record = model.find(one.name, hit.id)
      check_hint(c, one, record, hit.hint, `${one.name} ${hit.id}: the hint`)
      check_hint(c, one, record, hit.matched, `${one.name} ${hit.id}: what matched`)
    }
  }
  for (const hit of answer.body.hits) c.ok(model.may(person, hit.object, 'view'), 'a hit of an object without the right to view', hit, undefined)
}

async function options(c) {
  const object = any_object(c)
  const path = `/api/records/${object.name}/options`
  const { model, person } = c
  const answer = await c.get(path, { limit: 100 })
  if (!model.may(person, object.name, 'view')) return c.status(answer, 403)
  c.status(answer, 200)
  if (!known(object)) return
  const check = (found, expected, what) => {
    check_found(c, found.map((one) => one.id), expected, what)
    for (const one of found) check_hint(c, object, model.find(object.name, one.id), one.hint, `${object.name} ${one.id}: the hint`)
  }
  const seen = model.seen(person, object.name)
  if (seen.length <= 100) check(answer.body.options, { must: seen, may: seen }, `${object.name}: all options`)
  const { tree, filter, named } = roll_filter(c, object)
  const filtered = await c.get(path, { limit: 100, filter })
  if (!named) return c.status(filtered, 400, 'options by a field that is kept from the caller')
  c.status(filtered, 200)
  const passing = seen.filter((record) => model.passes(person, object.name, record, tree))
  if (passing.length <= 100) check(filtered.body.options, { must: passing, may: passing }, `${object.name}: options with a filter`)
  if (!object.searchable || !seen.length) return
  const typed = c.typed(object, model.live(object.name))
  const searched = await c.get(path, { limit: 100, q: typed })
  c.status(searched, 200)
  const by_boss = (await c.told_boss(path, { limit: 100, q: typed })).options.map((one) => one.id)
  check(searched.body.options, findable(c, object, by_boss, typed), `${object.name}: options for ${typed}`)
}

export const lists = { list, sorted_list, groups, search_in_list, search_everywhere, options }
export { check_found, check_hint, check_records, known, roll_columns, usual }
