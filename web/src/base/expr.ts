/**
 * The language of conditions and formulas, as the server means it (src/expr/expr.hpp): rules, formulas and filters give
 * the same answer here as there, which tests/expr-vectors.json checks. Numbers are exact; nothing is a float.
 */

export type ExprType = 'null' | 'boolean' | 'number' | 'money' | 'date' | 'timestamp' | 'text' | 'id' | 'codes' | 'ids' | 'address'

/** unscaled * 10^-scale */
export interface Decimal {
  readonly unscaled: bigint
  readonly scale: number
}

export type Value =
  | null
  | boolean
  | { readonly type: 'number'; readonly number: Decimal }
  | { readonly type: 'money'; readonly number: Decimal; readonly currency: string }
  | { readonly type: 'date'; readonly days: number }
  | { readonly type: 'timestamp'; readonly milliseconds: number }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'id'; readonly id: string }
  | { readonly type: 'codes'; readonly codes: readonly string[] }
  | { readonly type: 'ids'; readonly ids: readonly string[] }
  | { readonly type: 'address'; readonly region: string | null; readonly street: string }

export type Op =
  | 'literal' | 'path' | 'call' | 'not' | 'negate' | 'and' | 'or'
  | 'equal' | 'not_equal' | 'less' | 'less_equal' | 'greater' | 'greater_equal'
  | 'in' | 'contains' | 'starts_with' | 'is_empty' | 'is_not_empty'
  | 'add' | 'subtract' | 'multiply' | 'divide' | 'conditional'

export interface Node {
  readonly op: Op
  readonly type: ExprType
  readonly value: Value
  readonly path: readonly string[]
  readonly name: string
  readonly children: readonly Node[]
  readonly position: number
}

/** Type of a path, or undefined when there is no such field. Through a list it is the type of one element. */
export type TypeOf = (path: readonly string[]) => ExprType | undefined

export interface Environment {
  get(path: readonly string[]): Value
  list(path: readonly string[]): readonly Value[]
  readonly now: number
  readonly zone: string
  readonly me: string | null
  readonly department: string | null
  /** Does the record at `path` stand at `node` of its tree or below? Without it only the node itself counts. */
  under?(path: readonly string[], node: string): boolean
}

/** `why` is the key of a text; `position` counts characters from 1 and is 0 in filters, where `at` is a JSON pointer. */
export class ExpressionError extends Error {
  readonly why: string
  readonly what: string
  readonly position: number
  readonly at: string

  constructor(why: string, what = '', position = 0, at = '') {
    super(what === '' ? why : `${why}: ${what}`)
    this.name = 'ExpressionError'
    this.why = why
    this.what = what
    this.position = position
    this.at = at
  }
}

const LENGTH_MAX = 8000
const DEPTH_MAX = 32
const NODES_MAX = 1000
const CHAIN_MAX = 100
const PATH_MAX = 8
const SCALE_MAX = 9
const QUOTIENT_SCALE = 6

// ---- numbers

const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)

function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(exponent)
}

/** The server keeps numbers in 64 bits; what does not fit there must not be shown here either. */
function narrow(unscaled: bigint, scale: number): Decimal {
  if (unscaled > INT64_MAX || unscaled < INT64_MIN) throw new ExpressionError('number_too_large')
  return { unscaled, scale }
}

/** Half away from zero; the divisor is not zero. */
function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  const rest = dividend % divisor
  const far = 2n * (rest < 0n ? -rest : rest) >= (divisor < 0n ? -divisor : divisor)
  if (!far) return quotient
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n
}

export function parseDecimal(text: string): Decimal | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (match === null) return null
  const [, sign = '', whole = '', fraction = ''] = match
  if (whole.length + fraction.length > 18 || fraction.length > SCALE_MAX) return null
  const unscaled = BigInt(whole + fraction)
  return { unscaled: sign === '-' ? -unscaled : unscaled, scale: fraction.length }
}

export function formatDecimal({ unscaled, scale }: Decimal): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return (unscaled < 0n ? '-' : '') + whole + (scale > 0 ? `.${digits.slice(digits.length - scale)}` : '')
}

export function rescale(value: Decimal, scale: number): Decimal {
  if (scale >= value.scale) return narrow(value.unscaled * powerOfTen(scale - value.scale), scale)
  return narrow(divideRounded(value.unscaled, powerOfTen(value.scale - scale)), scale)
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale)
  const difference = a.unscaled * powerOfTen(scale - a.scale) - b.unscaled * powerOfTen(scale - b.scale)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  return narrow(a.unscaled * powerOfTen(scale - a.scale) + b.unscaled * powerOfTen(scale - b.scale), scale)
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = a.scale + b.scale
  const product = a.unscaled * b.unscaled
  if (scale <= SCALE_MAX) return narrow(product, scale)
  return narrow(divideRounded(product, powerOfTen(scale - SCALE_MAX)), SCALE_MAX)
}

export function divideDecimals(a: Decimal, b: Decimal, scale: number): Decimal {
  const shift = scale + b.scale - a.scale
  const dividend = shift >= 0 ? a.unscaled * powerOfTen(shift) : a.unscaled
  const divisor = shift >= 0 ? b.unscaled : b.unscaled * powerOfTen(-shift)
  return narrow(divideRounded(dividend, divisor), scale)
}

function negated(value: Decimal): Decimal {
  return narrow(-value.unscaled, value.scale)
}

// ---- dates

const DAY = 86_400_000
const DAYS_LEAST = daysOf(1, 1, 1)
const DAYS_MOST = daysOf(9999, 12, 31)

function daysOf(year: number, month: number, day: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day) // Date.UTC reads the years 0 to 99 as 1900 to 1999
  return date.getTime() / DAY
}

function partsOf(days: number): { year: number; month: number; day: number; weekday: number } {
  const date = new Date(days * DAY)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), weekday: date.getUTCDay() }
}

export function parseDate(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (match === null) return null
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (year < 1 || month < 1 || month > 12 || day < 1) return null
  const days = daysOf(year, month, day)
  return partsOf(days).day === day ? days : null
}

export function formatDate(days: number): string {
  const { year, month, day } = partsOf(days)
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

export function parseTimestamp(text: string): number | null {
  const match = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/.exec(text)
  if (match === null) return null
  const days = parseDate(match[1] ?? '')
  const [hour, minute, second] = [Number(match[2]), Number(match[3]), Number(match[4])]
  const [hoursAhead, minutesAhead] = [Number(match[7] ?? 0), Number(match[8] ?? 0)]
  if (days === null || hour > 23 || minute > 59 || second > 59 || hoursAhead > 23 || minutesAhead > 59) return null
  const fraction = Number((match[5] ?? '').slice(0, 3).padEnd(3, '0'))
  const offset = (hoursAhead * 60 + minutesAhead) * (match[6] === '-' ? -1 : 1)
  return days * DAY + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction
}

export function formatTimestamp(milliseconds: number): string {
  const days = Math.floor(milliseconds / DAY)
  return formatDate(days) + new Date(milliseconds - days * DAY).toISOString().slice(10)
}

const dayFormats = new Map<string, Intl.DateTimeFormat>()

/** The calendar day in `zone`. Formats are kept because making one takes longer than a thousand uses. */
export function dayIn(zone: string, milliseconds: number): number {
  let format = dayFormats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, calendar: 'gregory', numberingSystem: 'latn', year: 'numeric', month: 'numeric', day: 'numeric' })
    dayFormats.set(zone, format)
  }
  const parts = new Map(format.formatToParts(milliseconds).map((part) => [part.type, Number(part.value)]))
  return daysOf(parts.get('year') ?? 0, parts.get('month') ?? 0, parts.get('day') ?? 0)
}

export interface Period {
  readonly from: number | null
  readonly to: number | null
}

/** Half-open; null is open. Undefined when there is no such period. */
export function period(name: string, today: number): Period | undefined {
  switch (name) {
    case 'today': return { from: today, to: today + 1 }
    case 'yesterday': return { from: today - 1, to: today }
    case 'tomorrow': return { from: today + 1, to: today + 2 }
    case 'overdue': return { from: null, to: today }
  }
  const counted = /^(?:(last|next)_([1-9]\d{0,4})_days|more_than_([1-9]\d{0,4})_days_ago)$/.exec(name)
  if (counted !== null) {
    const count = Number(counted[2] ?? counted[3])
    if (count > 36_500) return undefined
    if (counted[1] === 'last') return { from: today - count + 1, to: today + 1 }
    return counted[1] === 'next' ? { from: today, to: today + count } : { from: null, to: today - count }
  }
  const relative = /^(this|last|next)_(week|month|quarter|year)$/.exec(name)
  if (relative === null) return undefined
  const shift = relative[1] === 'this' ? 0 : relative[1] === 'last' ? -1 : 1
  const { year, month, weekday } = partsOf(today)
  if (relative[2] === 'week') {
    const monday = today - ((weekday + 6) % 7) + shift * 7
    return { from: monday, to: monday + 7 }
  }
  const length = relative[2] === 'month' ? 1 : relative[2] === 'quarter' ? 3 : 12
  const start = month - ((month - 1) % length) + shift * length
  return { from: daysOf(year, start, 1), to: daysOf(year, start + length, 1) }
}

// ---- values

export function typeOf(value: Value): ExprType {
  if (value === null) return 'null'
  return typeof value === 'boolean' ? 'boolean' : value.type
}

function idOf(text: string): string | null {
  return /^[1-9]\d{0,15}$/.test(text) && BigInt(text) < 2n ** 53n ? text : null
}

function member(raw: unknown, name: string): unknown {
  return typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>)[name] : undefined
}

function textOf(raw: unknown, name: string): string {
  const inner = typeof raw === 'object' && raw !== null ? member(raw, name) : raw
  return typeof inner === 'string' ? inner : typeof inner === 'number' ? String(inner) : ''
}

/** A value as the API writes it. What is not of `type` is null. */
export function fromApi(type: ExprType, raw: unknown): Value {
  if (raw === null || raw === undefined || raw === '') return null
  switch (type) {
    case 'boolean': return typeof raw === 'boolean' ? raw : null
    case 'number': {
      const number = parseDecimal(textOf(raw, ''))
      return number && { type, number }
    }
    case 'money': {
      const number = parseDecimal(textOf(raw, 'amount'))
      const currency = textOf(member(raw, 'currency'), '')
      return number && { type, number, currency }
    }
    case 'date': {
      const days = parseDate(textOf(raw, ''))
      return days === null ? null : { type, days }
    }
    case 'timestamp': {
      const milliseconds = parseTimestamp(textOf(raw, ''))
      return milliseconds === null ? null : { type, milliseconds }
    }
    case 'text': {
      const text = textOf(raw, 'code')
      return text === '' ? null : { type, text }
    }
    case 'id': {
      const id = idOf(textOf(raw, 'id'))
      return id === null ? null : { type, id }
    }
    case 'codes': return Array.isArray(raw) ? { type, codes: raw.map((item) => textOf(item, 'code')) } : null
    case 'ids': return Array.isArray(raw) ? { type, ids: raw.map((item) => textOf(item, 'id')) } : null
    case 'address': {
      const region = textOf(member(raw, 'region'), 'id')
      return { type, region: region === '' ? null : region, street: textOf(member(raw, 'street'), '') }
    }
    case 'null': return null
  }
}

/** As the API writes it: numbers as text, ids as text. */
export function toApi(value: Value): unknown {
  if (value === null || typeof value === 'boolean') return value
  switch (value.type) {
    case 'number': return formatDecimal(value.number)
    case 'money': return { amount: formatDecimal(value.number), currency: value.currency }
    case 'date': return formatDate(value.days)
    case 'timestamp': return formatTimestamp(value.milliseconds)
    case 'text': return value.text
    case 'id': return value.id
    case 'codes': return value.codes
    case 'ids': return value.ids
    case 'address': return { region: value.region, street: value.street }
  }
}

// ---- nodes and their types

class Mistake {
  readonly position: number
  readonly why: string
  readonly what: string

  constructor(position: number, why: string, what = '') {
    this.position = position
    this.why = why
    this.what = what
  }
}

function makeLiteral(value: Value, position: number): Node {
  return { op: 'literal', type: typeOf(value), value, path: [], name: '', children: [], position }
}

function textLiteral(text: string, position: number): Node {
  return makeLiteral(text === '' ? null : { type: 'text', text }, position)
}

function child(node: { readonly children: readonly Node[] }, index: number): Node {
  const found = node.children[index]
  if (found === undefined) throw new RangeError('an operand is missing')
  return found
}

function literalText(node: Node | undefined): string | undefined {
  if (node?.op !== 'literal' || node.value === null || typeof node.value === 'boolean') return undefined
  return node.value.type === 'text' ? node.value.text : undefined
}

type Draft = { -readonly [Key in keyof Node]: Node[Key] }

function isMoment(type: ExprType): boolean {
  return type === 'date' || type === 'timestamp'
}

function isAmount(type: ExprType): boolean {
  return type === 'number' || type === 'money'
}

function require(node: Node, ...types: ExprType[]): void {
  if (node.type !== 'null' && !types.includes(node.type)) throw new Mistake(node.position, 'why.expression_wrong_type', node.type)
}

function requireCount(node: Node, least: number, most: number): void {
  if (node.children.length < least || node.children.length > most) throw new Mistake(node.position, 'why.expression_arguments', node.name)
}

/** A literal text or number that stands beside `wanted` is read as one. */
function readLiteralAs(node: Node, wanted: ExprType): Node {
  if (node.op !== 'literal' || node.value === null || typeof node.value === 'boolean') return node
  if (node.value.type === 'number' && wanted === 'id') {
    const id = idOf(formatDecimal(node.value.number).replace(/\.0+$/, ''))
    if (id === null) throw new Mistake(node.position, 'why.expression_not_an_id', formatDecimal(node.value.number))
    return makeLiteral({ type: 'id', id }, node.position)
  }
  if (node.value.type !== 'text') return node
  const text = node.value.text
  if (isMoment(wanted)) {
    const days = parseDate(text)
    if (days !== null) return makeLiteral({ type: 'date', days }, node.position)
    const milliseconds = wanted === 'timestamp' ? parseTimestamp(text) : null
    if (milliseconds === null) throw new Mistake(node.position, 'why.expression_not_a_date', text)
    return makeLiteral({ type: 'timestamp', milliseconds }, node.position)
  }
  if (wanted === 'id') {
    const id = idOf(text)
    if (id === null) throw new Mistake(node.position, 'why.expression_not_an_id', text)
    return makeLiteral({ type: 'id', id }, node.position)
  }
  return node
}

function settleEquality(node: Node, first: Node, second: Node): [Node, Node] {
  const left = readLiteralAs(first, second.type)
  const right = readLiteralAs(second, left.type)
  for (const side of [left, right]) {
    if (side.type === 'null') throw new Mistake(side.position, 'why.expression_compare_null', 'null')
  }
  if (left.type === 'codes' || left.type === 'ids') throw new Mistake(left.position, 'why.expression_use_contains', left.type)
  const same = left.type === right.type || (isAmount(left.type) && isAmount(right.type)) || (isMoment(left.type) && isMoment(right.type))
  if (!same || left.type === 'address') throw new Mistake(node.position, 'why.expression_types_differ', `${left.type}, ${right.type}`)
  return [left, right]
}

function commonType(nodes: readonly Node[]): ExprType {
  let common: ExprType = 'null'
  for (const node of nodes) {
    if (node.type === 'null' || node.type === common) continue
    if (common !== 'null') throw new Mistake(node.position, 'why.expression_types_differ', `${common}, ${node.type}`)
    common = node.type
  }
  return common
}

function typeOfSum(node: Node): ExprType {
  const [left, right] = [child(node, 0).type, child(node, 1).type]
  if (isMoment(left) && (right === 'number' || right === 'null')) return left
  if (node.op === 'subtract' && left === 'date' && right === 'date') return 'number'
  for (const operand of node.children) require(operand, 'number', 'money')
  return commonType(node.children)
}

function typeOfProduct(node: Node): ExprType {
  for (const operand of node.children) require(operand, 'number', 'money')
  const [left, right] = [child(node, 0).type, child(node, 1).type]
  if (node.op === 'multiply') {
    if (left === 'money' && right === 'money') throw new Mistake(node.position, 'why.expression_money_times_money', '*')
    return left === 'money' || right === 'money' ? 'money' : 'number'
  }
  if (right === 'money' && left !== 'money') throw new Mistake(node.position, 'why.expression_types_differ', 'number, money')
  return left === 'money' && right !== 'money' ? 'money' : 'number'
}

function typeOfAggregate(node: Node): ExprType {
  const list = child(node, 0)
  if (list.op !== 'path') throw new Mistake(list.position, 'why.expression_needs_list', node.name)
  if (node.name === 'count') return 'number'
  if (node.name === 'sum') require(list, 'number', 'money')
  else require(list, 'number', 'money', 'date', 'timestamp')
  return list.type
}

function decimalsOf(node: Node): number | undefined {
  if (node.op !== 'literal' || node.value === null || typeof node.value === 'boolean' || node.value.type !== 'number') return undefined
  const whole = rescale(node.value.number, 0)
  if (compareDecimals(whole, node.value.number) !== 0 || whole.unscaled < 0n || whole.unscaled > BigInt(SCALE_MAX)) return undefined
  return Number(whole.unscaled)
}

function typeOfCall(node: Draft): ExprType {
  const momentAt = (index: number) => {
    node.children = node.children.map((argument, at) => (at === index ? readLiteralAs(argument, 'timestamp') : argument))
    require(child(node, index), 'date', 'timestamp')
  }
  switch (node.name) {
    case 'today': requireCount(node, 0, 0); return 'date'
    case 'now': requireCount(node, 0, 0); return 'timestamp'
    case 'me':
    case 'my_department': requireCount(node, 0, 0); return 'id'
    case 'sum':
    case 'count': requireCount(node, 1, 1); return typeOfAggregate(node)
    case 'min':
    case 'max':
      requireCount(node, 1, 100)
      if (node.children.length === 1) return typeOfAggregate(node)
      for (const argument of node.children) require(argument, 'number', 'money', 'date', 'timestamp')
      return commonType(node.children)
    case 'coalesce': requireCount(node, 1, 100); return commonType(node.children)
    case 'concat':
      requireCount(node, 1, 100)
      for (const argument of node.children) require(argument, 'text')
      return 'text'
    case 'length':
    case 'lower':
      requireCount(node, 1, 1)
      require(child(node, 0), 'text')
      return node.name === 'length' ? 'number' : 'text'
    case 'abs':
    case 'round': {
      requireCount(node, 1, node.name === 'round' ? 2 : 1)
      require(child(node, 0), 'number', 'money')
      const decimals = node.children[1]
      if (decimals !== undefined && decimalsOf(decimals) === undefined) throw new Mistake(decimals.position, 'why.expression_decimals', node.name)
      return child(node, 0).type
    }
    case 'year':
    case 'month':
    case 'quarter': requireCount(node, 1, 1); momentAt(0); return 'number'
    case 'days_between': requireCount(node, 2, 2); momentAt(0); momentAt(1); return 'number'
    case 'add_days':
      requireCount(node, 2, 2)
      momentAt(0)
      require(child(node, 1), 'number')
      return child(node, 0).type
    case 'within': {
      requireCount(node, 2, 2)
      require(child(node, 0), 'date', 'timestamp')
      const name = literalText(child(node, 1))
      if (name === undefined || period(name, 0) === undefined) throw new Mistake(child(node, 1).position, 'why.expression_unknown_period', name ?? '')
      return 'boolean'
    }
    case 'under':
      requireCount(node, 2, 2)
      if (child(node, 0).op !== 'path') throw new Mistake(child(node, 0).position, 'why.expression_needs_field', node.name)
      node.children = [child(node, 0), readLiteralAs(child(node, 1), 'id')]
      for (const argument of node.children) require(argument, 'id')
      return 'boolean'
  }
  throw new Mistake(node.position, 'why.expression_unknown_function', node.name)
}

/** Gives a node its type from its children, which have theirs. */
function settle(node: Draft, typeOfPath: TypeOf): Node {
  switch (node.op) {
    case 'literal': break
    case 'path': {
      const type = typeOfPath(node.path)
      if (type === undefined) throw new Mistake(node.position, 'why.expression_unknown_field', node.path.join('.'))
      node.type = type
      break
    }
    case 'call': node.type = typeOfCall(node); break
    case 'not':
    case 'and':
    case 'or':
      for (const operand of node.children) require(operand, 'boolean')
      node.type = 'boolean'
      break
    case 'negate':
      require(child(node, 0), 'number', 'money')
      node.type = child(node, 0).type
      break
    case 'equal':
    case 'not_equal':
      node.children = settleEquality(node, child(node, 0), child(node, 1))
      node.type = 'boolean'
      break
    case 'less':
    case 'less_equal':
    case 'greater':
    case 'greater_equal':
      node.children = settleEquality(node, child(node, 0), child(node, 1))
      require(child(node, 0), 'number', 'money', 'date', 'timestamp', 'text')
      node.type = 'boolean'
      break
    case 'in': {
      const [wanted, ...members] = node.children
      let left = wanted ?? makeLiteral(null, node.position)
      const settled: Node[] = []
      for (const each of members) {
        const [settledLeft, settledRight] = settleEquality(node, left, each)
        left = settledLeft
        settled.push(settledRight)
      }
      node.children = [left, ...settled]
      node.type = 'boolean'
      break
    }
    case 'contains': {
      const [whole, part] = [child(node, 0), child(node, 1)]
      require(whole, 'text', 'codes', 'ids')
      if (whole.type === 'ids') node.children = [whole, readLiteralAs(part, 'id')]
      require(child(node, 1), whole.type === 'ids' ? 'id' : 'text')
      node.type = 'boolean'
      break
    }
    case 'starts_with':
      for (const operand of node.children) require(operand, 'text')
      node.type = 'boolean'
      break
    case 'is_empty':
    case 'is_not_empty': node.type = 'boolean'; break
    case 'add':
    case 'subtract': node.type = typeOfSum(node); break
    case 'multiply':
    case 'divide': node.type = typeOfProduct(node); break
    case 'conditional':
      require(child(node, 0), 'boolean')
      node.type = commonType(node.children.slice(1))
      break
  }
  return node
}

// ---- source text

interface Token {
  readonly kind: 'end' | 'number' | 'text' | 'name' | 'sign'
  readonly source: string
  readonly position: number
}

const TOKEN = /[ \t\r\n]*(?:(\d+(?:\.\d+)?)|([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)|('(?:[^']|'')*')|(<=|>=|!=|<>|[=<>+\-*/(),])|($))/uy

const COMPARISONS: Readonly<Record<string, Op>> = {
  '=': 'equal', '!=': 'not_equal', '<>': 'not_equal', '<': 'less', '<=': 'less_equal', '>': 'greater', '>=': 'greater_equal',
}
const SUMS: Readonly<Record<string, Op>> = { '+': 'add', '-': 'subtract' }
const PRODUCTS: Readonly<Record<string, Op>> = { '*': 'multiply', '/': 'divide' }
const OPERATOR_CALLS: Readonly<Record<string, readonly [Op, number]>> = {
  if: ['conditional', 3], is_empty: ['is_empty', 1], is_not_empty: ['is_not_empty', 1], contains: ['contains', 2], starts_with: ['starts_with', 2],
}
const RESERVED: readonly string[] = ['and', 'or', 'not', 'in']

function lookUp<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

class Parser {
  private readonly source: string
  private readonly typeOfPath: TypeOf
  private token: Token
  private at = 0
  private depth = 0
  private nodes = 0

  constructor(source: string, typeOfPath: TypeOf) {
    this.source = source
    this.typeOfPath = typeOfPath
    this.token = this.nextToken()
  }

  parse(): Node {
    const node = this.parseOr()
    if (this.token.kind !== 'end') this.unexpected()
    return node
  }

  private nextToken(): Token {
    TOKEN.lastIndex = this.at
    const match = TOKEN.exec(this.source)
    if (match === null) {
      const blank = /^[ \t\r\n]*/.exec(this.source.slice(this.at))?.[0].length ?? 0
      const position = this.at + blank
      const character = String.fromCodePoint(this.source.codePointAt(position) ?? 0xfffd)
      throw new Mistake(position, character === "'" ? 'why.expression_open_text' : 'why.expression_unexpected', character)
    }
    this.at = TOKEN.lastIndex
    const [, number, name, text, sign] = match
    const source = number ?? name ?? text ?? sign ?? ''
    const kind = number !== undefined ? 'number' : name !== undefined ? 'name' : text !== undefined ? 'text' : sign !== undefined ? 'sign' : 'end'
    return { kind, source, position: this.at - source.length }
  }

  private is(signOrWord: string): boolean {
    return (this.token.kind === 'sign' || this.token.kind === 'name') && this.token.source === signOrWord
  }

  private take(signOrWord: string): boolean {
    if (!this.is(signOrWord)) return false
    this.token = this.nextToken()
    return true
  }

  private expect(sign: string): void {
    if (this.take(sign)) return
    if (this.token.kind === 'end') throw new Mistake(this.token.position, 'why.expression_missing', sign)
    this.unexpected()
  }

  private unexpected(): never {
    if (this.token.kind === 'end') throw new Mistake(this.token.position, 'why.expression_ends_early')
    throw new Mistake(this.token.position, 'why.expression_unexpected', this.token.source)
  }

  private deeper<T>(part: () => T): T {
    if (++this.depth > DEPTH_MAX) throw new Mistake(this.token.position, 'why.expression_too_deep')
    const result = part()
    --this.depth
    return result
  }

  private finish(node: Draft): Node {
    if (++this.nodes > NODES_MAX) throw new Mistake(node.position, 'why.expression_too_long')
    return settle(node, this.typeOfPath)
  }

  private make(op: Op, position: number, children: readonly Node[], name = ''): Node {
    return this.finish({ op, type: 'null', value: null, path: [], name, children, position })
  }

  private parseOr(): Node {
    return this.parseChain('or', () => this.parseAnd())
  }

  private parseAnd(): Node {
    return this.parseChain('and', () => this.parseNot())
  }

  private parseChain(word: 'and' | 'or', part: () => Node): Node {
    const { position } = this.token
    const first = part()
    if (!this.is(word)) return first
    const children = [first]
    while (this.take(word)) children.push(part())
    return this.make(word, position, children)
  }

  private parseNot(): Node {
    return this.deeper(() => {
      const { position } = this.token
      return this.take('not') ? this.make('not', position, [this.parseNot()]) : this.parseComparison()
    })
  }

  private parseComparison(): Node {
    const left = this.parseSum()
    const { position, kind, source } = this.token
    const op = kind === 'sign' ? lookUp(COMPARISONS, source) : undefined
    if (op !== undefined) {
      this.take(source)
      return this.make(op, position, [left, this.parseSum()])
    }
    if (this.take('not')) {
      if (!this.take('in')) this.unexpected()
      return this.make('not', position, [this.parseMembers(left, position)])
    }
    return this.take('in') ? this.parseMembers(left, position) : left
  }

  private parseMembers(left: Node, position: number): Node {
    this.expect('(')
    const children = [left]
    do children.push(this.parseSum())
    while (this.take(','))
    this.expect(')')
    return this.make('in', position, children)
  }

  private parseSum(): Node {
    return this.parseLeftToRight(SUMS, () => this.parseProduct())
  }

  private parseProduct(): Node {
    return this.parseLeftToRight(PRODUCTS, () => this.parseUnary())
  }

  private parseLeftToRight(operators: Readonly<Record<string, Op>>, part: () => Node): Node {
    let left = part()
    for (let length = 0; ; ++length) {
      const { position, kind, source } = this.token
      const op = kind === 'sign' ? lookUp(operators, source) : undefined
      if (op === undefined) return left
      if (length === CHAIN_MAX) throw new Mistake(position, 'why.expression_too_deep')
      this.take(source)
      left = this.make(op, position, [left, part()])
    }
  }

  private parseUnary(): Node {
    const { position } = this.token
    if (this.token.kind !== 'sign' || !this.take('-')) return this.parsePrimary()
    return this.deeper(() => {
      if (this.token.kind === 'number') return makeLiteral({ type: 'number', number: negated(this.parseNumber()) }, position)
      return this.make('negate', position, [this.parseUnary()])
    })
  }

  private parseNumber(): Decimal {
    const number = parseDecimal(this.token.source)
    if (number === null) throw new Mistake(this.token.position, 'why.expression_number', this.token.source)
    this.count()
    this.token = this.nextToken()
    return number
  }

  private count(): void {
    if (++this.nodes > NODES_MAX) throw new Mistake(this.token.position, 'why.expression_too_long')
  }

  private parsePrimary(): Node {
    const { token } = this
    if (token.kind === 'number') return makeLiteral({ type: 'number', number: this.parseNumber() }, token.position)
    if (token.kind === 'text') {
      this.count()
      this.token = this.nextToken()
      return textLiteral(token.source.slice(1, -1).replaceAll("''", "'"), token.position)
    }
    if (this.take('(')) {
      const node = this.parseOr()
      this.expect(')')
      return node
    }
    if (token.kind !== 'name') this.unexpected()
    this.token = this.nextToken()
    if (this.is('(')) return this.parseCall(token)
    this.count()
    if (token.source === 'true' || token.source === 'false') return makeLiteral(token.source === 'true', token.position)
    if (token.source === 'null') return makeLiteral(null, token.position)
    if (RESERVED.includes(token.source)) throw new Mistake(token.position, 'why.expression_unexpected', token.source)
    const path = token.source.split('.')
    if (path.length > PATH_MAX) throw new Mistake(token.position, 'why.expression_too_deep')
    return settle({ op: 'path', type: 'null', value: null, path, name: '', children: [], position: token.position }, this.typeOfPath)
  }

  private parseCall({ source: name, position }: Token): Node {
    this.expect('(')
    const children: Node[] = []
    if (!this.take(')')) {
      do children.push(this.parseOr())
      while (this.take(','))
      this.expect(')')
    }
    const constant = makeConstant(name, position, children)
    if (constant !== undefined) return constant
    const known = lookUp(OPERATOR_CALLS, name)
    if (known === undefined) return this.make('call', position, children, name)
    const [op, count] = known
    if (children.length !== count) throw new Mistake(position, 'why.expression_arguments', name)
    return this.make(op, position, children)
  }
}

/** date('2026-11-24') and its like: values that have no sign of their own. */
function makeConstant(name: string, position: number, children: readonly Node[]): Node | undefined {
  if (!['date', 'time', 'id', 'money'].includes(name)) return undefined
  const [first, second] = children.map(literalText)
  if (children.length !== (name === 'money' ? 2 : 1) || first === undefined || (name === 'money' && second === undefined)) {
    throw new Mistake(position, 'why.expression_arguments', name)
  }
  const value = constantValue(name, first, second ?? '')
  if (value === null) throw new Mistake(child({ children }, 0).position, 'why.expression_constant', first)
  return makeLiteral(value, position)
}

function constantValue(name: string, first: string, second: string): Value {
  if (name === 'money') return /^[A-Z]{3}$/.test(second) ? fromApi('money', { amount: first, currency: second }) : null
  return fromApi(name === 'time' ? 'timestamp' : name === 'date' ? 'date' : 'id', first)
}

/** Throws ExpressionError with the place of the mistake. */
export function parseExpression(source: string, typeOfPath: TypeOf): Node {
  try {
    if (source.length > LENGTH_MAX) throw new Mistake(0, 'why.expression_too_long')
    return new Parser(source, typeOfPath).parse()
  } catch (mistake) {
    if (!(mistake instanceof Mistake)) throw mistake
    const position = [...source.slice(0, mistake.position)].length + 1
    throw new ExpressionError(mistake.why, mistake.what, position, source.slice(mistake.position, mistake.position + 20))
  }
}

// ---- filters of the API

class FilterMistake {
  readonly pointer: string
  readonly why: string
  readonly what: string

  constructor(pointer: string, why: string, what: unknown = '') {
    this.pointer = pointer
    this.why = why
    this.what = typeof what === 'string' ? what : JSON.stringify(what).slice(0, 60)
  }
}

const ORDERS: Readonly<Record<string, Op>> = {
  before: 'less', '<': 'less', on_or_before: 'less_equal', '<=': 'less_equal',
  after: 'greater', '>': 'greater', on_or_after: 'greater_equal', '>=': 'greater_equal',
}

class FilterReader {
  private readonly typeOfPath: TypeOf
  private at = ''
  private nodes = 0

  constructor(typeOfPath: TypeOf) {
    this.typeOfPath = typeOfPath
  }

  read(filter: unknown, pointer: string, depth: number): Node {
    if (depth > DEPTH_MAX) throw new FilterMistake(pointer, 'why.expression_too_deep')
    if (filter === null || filter === undefined) return makeLiteral(true, 0)
    if (Array.isArray(filter)) return this.readCondition(filter, pointer)
    if (typeof filter !== 'object') throw new FilterMistake(pointer, 'why.filter_shape', filter)
    const [entry, ...others] = Object.entries(filter)
    if (entry === undefined) return makeLiteral(true, 0)
    const [key, inside] = entry as [string, unknown]
    if (others.length > 0) throw new FilterMistake(pointer, 'why.filter_shape', filter)
    const below = `${pointer}/${key}`
    if (key === 'not') return this.make('not', [this.read(inside, below, depth + 1)])
    if (key !== 'and' && key !== 'or') throw new FilterMistake(pointer, 'why.filter_shape', key)
    if (!Array.isArray(inside)) throw new FilterMistake(below, 'why.filter_shape', inside)
    return this.joined(key, inside.map((part: unknown, index) => this.read(part, `${below}/${index}`, depth + 1)))
  }

  private make(op: Op, children: readonly Node[], name = '', path: readonly string[] = []): Node {
    this.count()
    try {
      return settle({ op, type: 'null', value: null, path, name, children, position: 0 }, this.typeOfPath)
    } catch (mistake) {
      if (!(mistake instanceof Mistake)) throw mistake
      throw new FilterMistake(this.at, mistake.why, mistake.what)
    }
  }

  private count(): void {
    if (++this.nodes > NODES_MAX) throw new FilterMistake(this.at, 'why.expression_too_long')
  }

  private joined(op: 'and' | 'or', children: readonly Node[]): Node {
    if (children.length === 1) return child({ children }, 0)
    return children.length === 0 ? makeLiteral(op === 'and', 0) : this.make(op, children)
  }

  private readCondition(list: readonly unknown[], pointer: string): Node {
    this.at = pointer
    const [name, op, value] = list
    if (list.length < 2 || list.length > 3) throw new FilterMistake(pointer, 'why.filter_shape', list)
    if (typeof name !== 'string' || name === '' || name.length > 500) throw new FilterMistake(pointer, 'why.filter_shape', name)
    const field = this.make('path', [], '', name.split('.'))
    if (typeof op !== 'string') throw new FilterMistake(`${pointer}/1`, 'why.filter_shape', op)
    this.at = `${pointer}/2`
    if (op === 'empty' || op === 'not_empty') return this.make(op === 'empty' ? 'is_empty' : 'is_not_empty', [field])
    if (list.length !== 3) throw new FilterMistake(pointer, 'why.filter_needs_value', op)
    return this.readComparison(field, op, value, pointer)
  }

  private readComparison(field: Node, op: string, raw: unknown, pointer: string): Node {
    switch (op) {
      case 'is':
      case '=': return this.is(field, raw)
      case 'is_not':
      case '!=':
      case 'not': return this.isNot(field, raw)
      case 'in': return this.inList(field, raw)
      case 'not_in': return this.make('not', [this.inList(field, raw)])
      case 'contains':
      case 'starts_with': {
        const value = this.value(field.type === 'ids' ? 'id' : 'text', raw)
        return value.type === 'null' ? makeLiteral(false, 0) : this.make(op, [field, value])
      }
      case 'between': return this.between(field, raw)
      case 'within': return this.make('call', [field, this.value('text', raw)], 'within')
      case 'under': {
        const nodes: readonly unknown[] = Array.isArray(raw) ? raw : [raw]
        return this.joined('or', nodes.map((node) => this.make('call', [field, this.value('id', node)], 'under')))
      }
    }
    const order = lookUp(ORDERS, op)
    if (order === undefined) throw new FilterMistake(`${pointer}/1`, 'why.filter_unknown_operator', op)
    const value = this.value(field.type, raw)
    return value.type === 'null' ? makeLiteral(false, 0) : this.make(order, [field, value])
  }

  private is(field: Node, raw: unknown): Node {
    if (Array.isArray(raw)) throw new FilterMistake(this.at, 'why.filter_use_in', raw)
    const multiple = field.type === 'codes' || field.type === 'ids'
    const value = this.value(multiple ? (field.type === 'ids' ? 'id' : 'text') : field.type, raw)
    if (value.type === 'null') return this.make('is_empty', [field])
    return this.make(multiple ? 'contains' : 'equal', [field, value])
  }

  private isNot(field: Node, raw: unknown): Node {
    const node = this.is(field, raw)
    if (node.op === 'is_empty') return { ...node, op: 'is_not_empty' }
    return node.op === 'equal' ? { ...node, op: 'not_equal' } : this.make('not', [node])
  }

  private inList(field: Node, raw: unknown): Node {
    if (!Array.isArray(raw)) throw new FilterMistake(this.at, 'why.filter_needs_list', raw)
    const here = this.at
    const multiple = field.type === 'codes' || field.type === 'ids'
    const members: Node[] = []
    const alternatives: Node[] = []
    raw.forEach((item: unknown, index) => {
      this.at = `${here}/${index}`
      const value = multiple ? undefined : this.value(field.type, item)
      if (value === undefined || value.type === 'null') alternatives.push(this.is(field, item))
      else members.push(value)
    })
    this.at = here
    if (members.length > 0) alternatives.unshift(this.make('in', [field, ...members]))
    return this.joined('or', alternatives)
  }

  private between(field: Node, raw: unknown): Node {
    if (!Array.isArray(raw) || raw.length !== 2) throw new FilterMistake(this.at, 'why.filter_needs_bounds', raw)
    const [least, most] = [this.value(field.type, raw[0]), this.value(field.type, raw[1])]
    const parts: Node[] = []
    if (least.type !== 'null') parts.push(this.make('greater_equal', [field, least]))
    if (most.type !== 'null') parts.push(this.make('less_equal', [field, most]))
    return this.joined('and', parts)
  }

  /** A value as the API writes it, for a field of `type`. Null and "" become the null literal. */
  private value(type: ExprType, raw: unknown): Node {
    this.count()
    if (raw === null || raw === '') return makeLiteral(null, 0)
    if (isMoment(type) && (raw === 'today' || raw === 'now')) return this.make('call', [], raw)
    if (type === 'id' && (raw === 'me' || raw === 'my_department')) return this.make('call', [], raw)
    const value = filterValue(type, raw)
    if (value === null) throw new FilterMistake(this.at, 'why.filter_value', raw)
    return makeLiteral(value, 0)
  }
}

function filterValue(type: ExprType, raw: unknown): Value {
  if (type === 'money' && typeof raw !== 'object') return fromApi('number', raw)
  if (type === 'money' && !/^[A-Z]{3}$/.test(textOf(member(raw, 'currency'), ''))) return null
  if (isMoment(type)) return fromApi('date', raw) ?? fromApi('timestamp', raw)
  if (type === 'text' && typeof raw === 'number') return null
  return type === 'codes' || type === 'ids' || type === 'address' ? null : fromApi(type, raw)
}

/** The JSON form of conditions. Throws ExpressionError with the JSON pointer of the mistake in `at`. */
export function fromFilter(filter: unknown, typeOfPath: TypeOf): Node {
  try {
    return new FilterReader(typeOfPath).read(filter, '', 1)
  } catch (mistake) {
    if (!(mistake instanceof FilterMistake)) throw mistake
    throw new ExpressionError(mistake.why, mistake.what, 0, mistake.pointer === '' ? '/' : mistake.pointer)
  }
}

/** Every path that the expression reads. */
export function pathsOf(node: Node): (readonly string[])[] {
  const found = new Map<string, readonly string[]>()
  const visit = (each: Node): void => {
    if (each.op === 'path') found.set(each.path.join('.'), each.path)
    each.children.forEach(visit)
  }
  visit(node)
  return [...found.values()]
}

// ---- evaluation

type Amount = Extract<Value, { number: Decimal }>

function amountOf(value: Value): Amount | null {
  if (value === null || typeof value === 'boolean') return null
  return value.type === 'number' || value.type === 'money' ? value : null
}

function twoCurrencies(a: Value, b: Value): boolean {
  const [left, right] = [amountOf(a), amountOf(b)]
  return left?.type === 'money' && right?.type === 'money' && left.currency !== right.currency
}

/** The amount in the currency of the operands. */
function amountLike(a: Amount, b: Amount, number: Decimal): Value {
  const money = a.type === 'money' ? a : b
  return money.type === 'money' ? { ...money, number } : { type: 'number', number }
}

function wholeNumber(value: number): Value {
  return { type: 'number', number: { unscaled: BigInt(value), scale: 0 } }
}

function textIn(value: Value): string | null {
  return value !== null && typeof value !== 'boolean' && value.type === 'text' ? value.text : null
}

/** The server knows only A-Z here, as both databases do. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** By code point, as the databases order text; JavaScript itself compares UTF-16 units. */
function compareTexts(a: string, b: string): number {
  const [left, right] = [[...a], [...b]]
  for (let i = 0; i < Math.min(left.length, right.length); ++i) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

export function isEmpty(value: Value): boolean {
  if (value === null) return true
  if (typeof value === 'boolean') return false
  switch (value.type) {
    case 'codes': return value.codes.length === 0
    case 'ids': return value.ids.length === 0
    case 'text': return value.text === ''
    case 'address': return value.region === null && value.street === ''
    default: return false
  }
}

function contains(whole: Value, part: Value): boolean {
  if (whole === null || typeof whole === 'boolean' || part === null || typeof part === 'boolean') return false
  if (whole.type === 'ids') return part.type === 'id' && whole.ids.includes(part.id)
  const text = textIn(part)
  if (text === null || text === '') return false
  if (whole.type === 'codes') return whole.codes.includes(text)
  return whole.type === 'text' && lowerAscii(whole.text).includes(lowerAscii(text))
}

class Evaluation {
  private readonly environment: Environment

  constructor(environment: Environment) {
    this.environment = environment
  }

  value(node: Node): Value {
    switch (node.op) {
      case 'literal': return node.value
      case 'path': return this.environment.get(node.path)
      case 'call': return this.call(node)
      case 'conditional': return this.value(child(node, this.holds(child(node, 0)) ? 1 : 2))
      case 'negate': {
        const amount = amountOf(this.value(child(node, 0)))
        return amount && amountLike(amount, amount, negated(amount.number))
      }
      case 'add':
      case 'subtract': return this.sum(node)
      case 'multiply':
      case 'divide': return this.product(node)
      default: return this.condition(node)
    }
  }

  holds(node: Node): boolean {
    return this.value(node) === true
  }

  private condition(node: Node): boolean {
    const operand = (index: number): Value => this.value(child(node, index))
    switch (node.op) {
      case 'not': return !this.holds(child(node, 0))
      case 'and': return node.children.every((each) => this.holds(each))
      case 'or': return node.children.some((each) => this.holds(each))
      case 'is_empty': return isEmpty(operand(0))
      case 'is_not_empty': return !isEmpty(operand(0))
      case 'contains': return contains(operand(0), operand(1))
      case 'starts_with': {
        const [text, start] = [textIn(operand(0)), textIn(operand(1))]
        return text !== null && start !== null && lowerAscii(text).startsWith(lowerAscii(start))
      }
      case 'in': {
        const wanted = operand(0)
        return node.children.slice(1).some((each) => this.compare(wanted, this.value(each)) === 0)
      }
    }
    const order = this.compare(operand(0), operand(1))
    if (node.op === 'not_equal') return order !== 0
    if (order === null) return false
    switch (node.op) {
      case 'equal': return order === 0
      case 'less': return order < 0
      case 'less_equal': return order <= 0
      case 'greater': return order > 0
      case 'greater_equal': return order >= 0
      default: throw new RangeError(`${node.op} is no condition`)
    }
  }

  /** Null when there is nothing to compare: a null, or two currencies. */
  private compare(a: Value, b: Value): number | null {
    if (a === null || b === null || twoCurrencies(a, b)) return null
    if (typeof a === 'boolean' || typeof b === 'boolean') return typeof a === typeof b ? Number(a) - Number(b) : null
    const [left, right] = [amountOf(a), amountOf(b)]
    if (left !== null || right !== null) return left === null || right === null ? null : compareDecimals(left.number, right.number)
    if (a.type === 'text' && b.type === 'text') return compareTexts(a.text, b.text)
    if (a.type === 'timestamp' && b.type === 'timestamp') return a.milliseconds - b.milliseconds
    if (a.type === 'id' && b.type === 'id') return Number(BigInt(a.id) - BigInt(b.id))
    const [from, to] = [this.dayOf(a), this.dayOf(b)]
    return from === null || to === null ? null : from - to
  }

  private today(): number {
    return dayIn(this.environment.zone, this.environment.now)
  }

  private dayOf(value: Value): number | null {
    if (value === null || typeof value === 'boolean') return null
    if (value.type === 'date') return value.days
    return value.type === 'timestamp' ? dayIn(this.environment.zone, value.milliseconds) : null
  }

  private shiftDays(from: Value, by: Value, sign: number): Value {
    const amount = amountOf(by)
    if (amount === null || from === null || typeof from === 'boolean') return null
    const days = sign * Number(rescale(amount.number, 0).unscaled)
    if (from.type === 'date') {
      const moved = from.days + days
      return moved < DAYS_LEAST || moved > DAYS_MOST ? null : { type: 'date', days: moved }
    }
    if (from.type !== 'timestamp') return null
    const milliseconds = from.milliseconds + days * DAY
    return milliseconds < DAYS_LEAST * DAY || milliseconds >= (DAYS_MOST + 1) * DAY ? null : { type: 'timestamp', milliseconds }
  }

  private sum(node: Node): Value {
    const [left, right] = [this.value(child(node, 0)), this.value(child(node, 1))]
    if (child(node, 0).type === 'date' && child(node, 1).type === 'date') {
      const [from, to] = [this.dayOf(left), this.dayOf(right)]
      return from === null || to === null ? null : wholeNumber(from - to)
    }
    if (isMoment(node.type)) return this.shiftDays(left, right, node.op === 'subtract' ? -1 : 1)
    const [a, b] = [amountOf(left), amountOf(right)]
    if (a === null || b === null || twoCurrencies(a, b)) return null
    return amountLike(a, b, addDecimals(a.number, node.op === 'subtract' ? negated(b.number) : b.number))
  }

  private product(node: Node): Value {
    const [a, b] = [amountOf(this.value(child(node, 0))), amountOf(this.value(child(node, 1)))]
    if (a === null || b === null || twoCurrencies(a, b)) return null
    if (node.op === 'multiply') return amountLike(a, b, multiplyDecimals(a.number, b.number))
    if (b.number.unscaled === 0n) return null
    const number = divideDecimals(a.number, b.number, QUOTIENT_SCALE)
    return node.type === 'money' ? amountLike(a, a, number) : { type: 'number', number }
  }

  private call(node: Node): Value {
    const { now, me, department } = this.environment
    switch (node.name) {
      case 'today': return { type: 'date', days: this.today() }
      case 'now': return { type: 'timestamp', milliseconds: now }
      case 'me': return fromApi('id', me)
      case 'my_department': return fromApi('id', department)
      case 'count': return this.count(child(node, 0))
      case 'sum': return this.total(child(node, 0))
      case 'min':
      case 'max': return this.extreme(node)
      case 'coalesce': {
        for (const argument of node.children) {
          const value = this.value(argument)
          if (!isEmpty(value)) return value
        }
        return null
      }
      case 'concat': {
        const text = node.children.map((argument) => textIn(this.value(argument)) ?? '').join('')
        return text === '' ? null : { type: 'text', text }
      }
      case 'within': return this.within(this.value(child(node, 0)), literalText(child(node, 1)) ?? '')
      case 'under': return this.under(child(node, 0), this.value(child(node, 1)))
      default: return this.callOnFirst(node, this.value(child(node, 0)))
    }
  }

  private callOnFirst(node: Node, first: Value): Value {
    if (node.name === 'length') return wholeNumber([...(textIn(first) ?? '')].length)
    if (first === null) return null
    const amount = amountOf(first)
    switch (node.name) {
      case 'lower': return { type: 'text', text: lowerAscii(textIn(first) ?? '') }
      case 'abs': return amount && amountLike(amount, amount, amount.number.unscaled < 0n ? negated(amount.number) : amount.number)
      case 'round': {
        const decimals = node.children[1]
        return amount && amountLike(amount, amount, rescale(amount.number, decimals === undefined ? 0 : (decimalsOf(decimals) ?? 0)))
      }
      case 'add_days': return this.shiftDays(first, this.value(child(node, 1)), 1)
    }
    const day = this.dayOf(first)
    if (day === null) return null
    const { year, month } = partsOf(day)
    switch (node.name) {
      case 'year': return wholeNumber(year)
      case 'month': return wholeNumber(month)
      case 'quarter': return wholeNumber(Math.ceil(month / 3))
      case 'days_between': {
        const to = this.dayOf(this.value(child(node, 1)))
        return to === null ? null : wholeNumber(to - day)
      }
      default: throw new RangeError(`${node.name} is no function`)
    }
  }

  private count(list: Node): Value {
    if (list.type !== 'codes') return wholeNumber(this.environment.list(list.path).length)
    const value = this.environment.get(list.path)
    return wholeNumber(value !== null && typeof value !== 'boolean' && value.type === 'codes' ? value.codes.length : 0)
  }

  private total(list: Node): Value {
    let sum: Amount | null = null
    for (const item of this.environment.list(list.path)) {
      const amount = amountOf(item)
      if (amount === null) continue
      if (sum === null) {
        sum = amount
        continue
      }
      if (twoCurrencies(sum, amount)) return null
      sum = { ...sum, number: addDecimals(sum.number, amount.number) }
    }
    return sum ?? (list.type === 'number' ? wholeNumber(0) : null)
  }

  private extreme(node: Node): Value {
    const ofList = node.children.length === 1
    const values = ofList
      ? this.environment.list(child(node, 0).path).filter((value) => value !== null)
      : node.children.map((argument) => this.value(argument))
    let best: Value = values[0] ?? null
    for (const value of values) {
      const order = this.compare(value, best)
      if (order === null) return null
      if (node.name === 'max' ? order > 0 : order < 0) best = value
    }
    return best
  }

  private within(moment: Value, name: string): boolean {
    const day = this.dayOf(moment)
    const bounds = period(name, this.today())
    if (day === null || bounds === undefined) return false
    return (bounds.from === null || day >= bounds.from) && (bounds.to === null || day < bounds.to)
  }

  private under(place: Node, top: Value): boolean {
    if (top === null || typeof top === 'boolean' || top.type !== 'id') return false
    if (this.environment.under !== undefined) return this.environment.under(place.path, top.id)
    return this.compare(this.value(place), top) === 0
  }
}

export function evaluate(node: Node, environment: Environment): Value {
  return new Evaluation(environment).value(node)
}

/** Null counts as false. */
export function holds(node: Node, environment: Environment): boolean {
  return new Evaluation(environment).holds(node)
}
