// Conditions as plain trees: rolled, written in the language of expressions (roles) or as JSON (filters of the API), and
// judged on plain objects. { all: […] } { any: […] } { not: … } or { path: ['customer', 'level'], op, value }.
import { dictionaries, is_reference } from './declarations.mjs'
import { words } from './words.mjs'

// ── judging ──────────────────────────────────────────────────────────────────────────────────────────────────────────

// A value of the API as one that compares: codes, ids, numbers and texts.
export function plain(value, field) {
  if (value === null || value === undefined || value === '') return null
  if (Array.isArray(value)) return value.length ? value.map((one) => plain(one)) : null
  if (typeof value === 'object') {
    if ('code' in value) return value.code
    if ('amount' in value) return Number(value.amount)
    if ('street' in value) return value.street ?? null
    if ('id' in value) return value.id
  }
  if (field && ['percent', 'decimal', 'integer'].includes(field.type)) return Number(value)
  return value
}

// Capital letters of the Latin alphabet count as small ones, and nothing else does.
export const fold = (text) => String(text).replace(/[A-Z]/g, (c) => c.toLowerCase())

function compare(value, op, wanted) {
  const is = (one) => value !== null && value === one
  switch (op) {
    case 'is':
      return is(wanted)
    case 'is_not':
      return !is(wanted)
    case 'in':
      return wanted.some(is)
    case 'not_in':
      return !wanted.some(is)
    case 'empty':
      return value === null
    case 'not_empty':
      return value !== null
    case 'contains':
      if (value === null) return false
      return Array.isArray(value) ? value.includes(wanted) : fold(value).includes(fold(wanted))
    case 'starts_with':
      return value !== null && fold(value).startsWith(fold(wanted))
    case '<':
      return value !== null && value < wanted
    case '<=':
      return value !== null && value <= wanted
    case '>':
      return value !== null && value > wanted
    case '>=':
      return value !== null && value >= wanted
  }
  throw new Error(`unknown operator ${op}`)
}

// `get(path)` gives the plain value there; `me` and `my_department` are ids.
export function holds(tree, get, who) {
  if (tree.all) return tree.all.every((one) => holds(one, get, who))
  if (tree.any) return tree.any.some((one) => holds(one, get, who))
  if (tree.not) return !holds(tree.not, get, who)
  const wanted = tree.value === 'me()' ? who.me : tree.value === 'my_department()' ? who.my_department : tree.value
  if (wanted === null && tree.value !== null) return ['is_not', 'not_in'].includes(tree.op)
  return compare(get(tree.path), tree.op, wanted)
}

export const leaves = (tree) => (tree.all ?? tree.any)?.flatMap(leaves) ?? (tree.not ? leaves(tree.not) : [tree])

// ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const quoted = (text) => `'${String(text).replaceAll("'", "''")}'`

function literal(value, field) {
  if (value === 'me()' || value === 'my_department()') return value
  if (typeof value === 'boolean' || typeof value === 'number') return String(value)
  if (field.type === 'date') return `date(${quoted(value)})`
  if (is_reference(field) || field.type === 'refs') return `id(${quoted(value)})`
  return quoted(value)
}

export function as_expression(tree) {
  if (tree.all) return tree.all.map((one) => (one.any ? `(${as_expression(one)})` : as_expression(one))).join(' and ')
  if (tree.any) return tree.any.map(as_expression).join(' or ')
  if (tree.not) return `not (${as_expression(tree.not)})`
  const path = tree.path.join('.')
  const value = (one) => literal(one, tree.field)
  switch (tree.op) {
    case 'is':
      return `${path} = ${value(tree.value)}`
    case 'is_not':
      return `${path} != ${value(tree.value)}`
    case 'in':
    case 'not_in': {
      const list = `${path} in (${tree.value.map(value).join(', ')})`
      return tree.op === 'in' ? list : `not (${list})`
    }
    case 'empty':
      return `is_empty(${path})`
    case 'not_empty':
      return `is_not_empty(${path})`
    case 'contains':
    case 'starts_with':
      return `${tree.op}(${path}, ${value(tree.value)})`
  }
  return `${path} ${tree.op} ${value(tree.value)}`
}

export function as_filter(tree) {
  if (tree.all) return { and: tree.all.map(as_filter) }
  if (tree.any) return { or: tree.any.map(as_filter) }
  if (tree.not) return { not: as_filter(tree.not) }
  const name = tree.path.join('.')
  if (tree.op === 'empty' || tree.op === 'not_empty') return [name, tree.op]
  return [name, tree.op, tree.value === 'me()' ? 'me' : tree.value === 'my_department()' ? 'my_department' : tree.value]
}

// The filters of declarations (JSON) as such trees; "me" and "today" stand for themselves.
export function from_filter(filter) {
  if (!Array.isArray(filter)) {
    if (filter.and) return { all: filter.and.map(from_filter) }
    if (filter.or) return { any: filter.or.map(from_filter) }
    return { not: from_filter(filter.not) }
  }
  const [name, op, value] = filter
  const order = { on_or_after: '>=', on_or_before: '<=', after: '>', before: '<' }
  return { path: name.split('.'), op: order[op] ?? op, value: value === 'today' ? new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10) : value }
}

// ── rolling ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const day = (random) => `202${random.between(4, 7)}-0${random.between(1, 9)}-1${random.below(10)}`

// One comparison of a field; `ids(target)` gives records that it may be compared with.
function leaf_of(random, path, field, ids) {
  const leaf = (op, value) => ({ path, op, value: value ?? null, field })
  if (random.chance(0.12)) return leaf(random.pick(['empty', 'not_empty']))
  switch (field.type) {
    case 'choice': {
      const codes = dictionaries.get(field.dictionary)
      return random.chance(0.5) ? leaf(random.pick(['is', 'is_not']), random.pick(codes)) : leaf(random.pick(['in', 'not_in']), random.some(codes, 2))
    }
    case 'choices':
      return leaf('contains', random.pick(dictionaries.get(field.dictionary)))
    case 'boolean':
      return leaf('is', random.chance(0.5))
    case 'integer':
      return leaf(random.pick(['<', '<=', '>', '>=', 'is', 'is_not']), random.between(1, 300))
    case 'percent':
      return leaf(random.pick(['<', '>=']), random.pick([0.2, 0.5, 0.8]))
    case 'money':
      return leaf(random.pick(['<', '>=']), random.between(1, 90) * 1000)
    case 'date':
      return leaf(random.pick(['<', '<=', '>', '>=']), day(random))
    case 'text':
    case 'long_text':
    case 'mnemonic':
      return leaf(random.pick(['contains', 'starts_with']), random.pick(random.pick(words)[0]))
    case 'phone':
      return leaf('contains', random.digits(1))
    case 'email':
      return leaf('contains', random.pick(['alpha', 'a', '.cn', '1']))
    case 'refs':
      return field.target === 'employee' && random.chance(0.6) ? leaf('contains', 'me()') : leaf('contains', random.pick(ids(field.target)))
    case 'user':
      return random.chance(0.4) ? leaf(random.pick(['is', 'is_not']), 'me()') : leaf('in', random.some(ids('employee'), 3))
    case 'department':
      return random.chance(0.4) ? leaf(random.pick(['is', 'is_not']), 'my_department()') : leaf('in', random.some(ids('department'), 2))
    case 'ref':
      return random.chance(0.5) ? leaf('in', random.some(ids(field.target), 4)) : leaf('is', random.pick(ids(field.target)))
  }
  return leaf(random.pick(['empty', 'not_empty']))
}

// A condition on an object. `fields(object)`: those that may be named; `ids(target)`; `objects`: declarations.
export function roll(random, object, { objects, fields, ids, through = 0.25, deep = 0 }) {
  if (deep < 2 && random.chance(0.45)) {
    const parts = Array.from({ length: random.between(2, 3) }, () => roll(random, object, { objects, fields, ids, through, deep: deep + 1 }))
    return random.chance(0.5) ? { all: parts } : { any: parts }
  }
  if (deep < 2 && random.chance(0.08)) return { not: roll(random, object, { objects, fields, ids, through, deep: deep + 2 }) }
  const usable = (of) => fields(of).filter((field) => field.type !== 'list' && field.type !== 'address' && field.type !== 'time' && !['id', 'version'].includes(field.name))
  const comparable = (of) => usable(of).filter((field) => !field.target || ids(field.target).length > 0)
  const bridges = comparable(object).filter((field) => is_reference(field) && comparable(objects.get(field.target)).length > 0)
  if (bridges.length && random.chance(through)) {
    const bridge = random.pick(bridges)
    const field = random.pick(comparable(objects.get(bridge.target)))
    return leaf_of(random, [bridge.name, field.name], field, ids)
  }
  if (!comparable(object).length) return { all: [] }
  const field = random.pick(comparable(object))
  return leaf_of(random, [field.name], field, ids)
}
