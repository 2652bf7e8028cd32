// One case: somebody asks a route, and the answer is held against the model. What differs is told with everything that
// is needed to ask again.
import { isDeepStrictEqual } from 'node:util'
import { Mask } from './model.mjs'
import { pinyin } from './words.mjs'

export class Difference extends Error {
  constructor(what, found, expected) {
    super(what)
    this.found = found
    this.expected = expected
  }
}

export class Case {
  constructor(organisation, user, random) {
    this.organisation = organisation
    this.model = organisation.model
    this.random = random
    this.user = user
    this.client = user.client
    this.boss = organisation.boss
    this.person = this.model.person(user.user)
    this.asked = []
    this.requests = []
  }

  // ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────

  async as(client, method, path, options = {}) {
    const { status, ...answer } = await client.request(method, path, options)
    this.requests.push({ method, path })
    const query = Object.keys(options.query ?? {}).length ? ` ${JSON.stringify(options.query)}` : ''
    const body = options.body === undefined || options.body instanceof FormData ? '' : ` ${JSON.stringify(options.body)}`
    this.asked.push(`${client === this.boss ? '(administrator) ' : ''}${method} ${path}${query}${body}${options.headers ? ` ${JSON.stringify(options.headers)}` : ''} -> ${status}`)
    // Whatever is asked: a defect of the program is never the right answer.
    if (status >= 500) throw new Difference(`${method} ${path} fails`, `${status} ${answer.text.slice(0, 500)}`, 'an answer')
    return { status, ...answer }
  }
  ask(method, path, options) {
    return this.as(this.client, method, path, options)
  }
  get(path, query, options) {
    return this.ask('GET', path, { query, ...options })
  }

  // The administrator's answer to the same question: for what is no matter of rights.
  async told_boss(path, query) {
    const answer = await this.as(this.boss, 'GET', path, { query })
    if (answer.status !== 200) throw new Error(`the administrator gets ${answer.status} for ${path} ${JSON.stringify(query)}: ${answer.text.slice(0, 300)}`)
    return answer.body
  }

  // ── judging ──────────────────────────────────────────────────────────────────────────────────────────────────────

  equal(found, expected, what) {
    if (!isDeepStrictEqual(found, expected)) throw new Difference(what, found, expected)
  }
  ok(condition, what, found, expected) {
    if (!condition) throw new Difference(what, found, expected)
  }
  status(answer, expected, what = 'status') {
    const wanted = [expected].flat()
    this.ok(wanted.includes(answer.status), what, `${answer.status} ${answer.text.slice(0, 400)}`, wanted.join(' or '))
  }
  same_ids(found, expected, what) {
    const [a, b] = [new Set(found), new Set(expected)]
    const more = [...a].filter((id) => !b.has(id))
    const missing = [...b].filter((id) => !a.has(id))
    if (more.length || missing.length) throw new Difference(what, { too_many: more.slice(0, 10), missing: missing.slice(0, 10), found: a.size }, { count: b.size })
    if (found.length !== a.size) throw new Difference(`${what}, each once`, found, [...a])
  }

  // A value as this person may read it.
  value(found, object, name, value, what) {
    const expected = this.model.shown(this.person, object, name, value)
    if (expected instanceof Mask) this.ok(expected.fits(found), what, found, expected)
    else this.equal(found, expected, what)
  }

  // One record of a list: exactly these fields, each as it may be read. A path through a reference is a field too.
  record(found, object, record, fields, what = object) {
    this.equal(Object.keys(found).sort(), ['id', 'version', ...fields].filter((name, i, all) => all.indexOf(name) === i).sort(), `${what} ${record.id}: the fields that are told`)
    this.equal(found.version, record.version, `${what} ${record.id}: version`)
    for (const name of fields) if (name !== 'id' && name !== 'version' && name in record) this.value(found[name], object, name, record[name], `${what} ${record.id}: ${name}`)
  }

  // What is refused to one who may not know of it is refused as what is not there, byte for byte.
  async same_refusal(method, path_of, there, options = {}) {
    const absent = this.absent_id()
    const [real, none] = [await this.ask(method, path_of(there), options), await this.ask(method, path_of(absent), options)]
    const bytes = (answer, id) => answer.text.replaceAll(/"request_id":"[^"]*"/g, '').replaceAll(id, '#')
    const kept = ([name]) => !['date', 'x-request-id', 'content-length'].includes(name)
    const headers = (answer) => [...answer.headers].filter(kept)
    this.equal({ status: real.status, headers: headers(real), bytes: bytes(real, there) }, { status: none.status, headers: headers(none), bytes: bytes(none, absent) }, `${method} ${path_of(there)}: answered as what does not exist`)
    return real
  }
  absent_id(taken = () => false) {
    const ids = this.model.all(this.random.pick(['customer', 'contact', 'task'])).map((record) => BigInt(record.id))
    for (let id = this.random.pick(ids) + 1n; ; ++id) {
      const text = String(id)
      if (![...this.model.records.values()].some((records) => records.has(text)) && !taken(text)) return text
    }
  }

  // ── choosing ─────────────────────────────────────────────────────────────────────────────────────────────────────

  pick(list) {
    return this.random.pick(list)
  }
  chance(probability) {
    return this.random.chance(probability)
  }
  // Of the words that somebody may type to find one of these records.
  typed(object, records) {
    const { random } = this
    const fields = [...object.fields.values()].filter((field) => field.search)
    for (let tries = 0; tries < 20; ++tries) {
      const record = random.pick(records)
      const field = random.pick(fields)
      const value = record?.[field.name]
      if (typeof value !== 'string' || value.length < 2) continue
      const from = random.below(value.length - 1)
      if (field.type === 'phone') return random.pick([value, value.replaceAll(/[- ]/g, '').slice(-4)])
      if (/^[\x20-\x7f]+$/.test(value)) return random.pick([value, value.slice(0, 4)]).trim()
      return random.weighted([[3, value.slice(from, from + 2)], [1, pinyin(value.slice(0, 2))], [1, pinyin(value)[0] + pinyin(value.slice(1))[0]], [1, value]]).replaceAll(' ', '')
    }
    return '华信'
  }
}
