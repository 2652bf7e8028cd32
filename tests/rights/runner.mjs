// Runs cases: organisation after organisation, each on a server of its own, and tells what differs.
import { Case, Difference } from './case.mjs'
import { families } from './families.mjs'
import { Template } from './installations.mjs'
import { Organisation } from './organisation.mjs'
import { Random, seed_of } from './random.mjs'
import { compare_routes, route_of, routes } from './routes.mjs'
import { compare_times } from './timing.mjs'

export const cases_an_organisation = 100
// A long run says now and then how far it is.
const cases_told = 5000

const text_of = (value) => {
  const plain = (_, one) => (one instanceof Set ? [...one] : one instanceof Map ? Object.fromEntries(one) : typeof one === 'bigint' ? String(one) : one)
  const text = typeof value === 'string' ? value : (JSON.stringify(value, plain) ?? 'undefined')
  return text.length > 3000 ? text.slice(0, 3000) + ' …' : text
}

export class Run {
  constructor({ seed, database, cases, organisation, only, family, kept, differences_max = 5, log = console.log }) {
    Object.assign(this, { seed, database, cases, organisation, only, family, kept, differences_max, log })
    this.differences = []
    this.done = 0
    this.by_family = new Map()
    this.routes = new Map() // how often each was asked
    this.times = []
  }

  async run() {
    const template = await Template.make(this.database, this.kept)
    const first = this.organisation ?? 0
    const count = this.organisation === undefined ? Math.ceil(this.cases / cases_an_organisation) : 1
    for (let number = first; number < first + count && this.differences.length < this.differences_max; ++number) {
      await this.run_organisation(template, number)
      if (this.done > 0 && this.done % cases_told === 0 && this.done < this.cases) this.log(`${this.done} cases, ${this.differences.length} differences`)
    }
    return this
  }

  async run_organisation(template, number) {
    const organisation = await Organisation.build(await template.start(), this.seed, number)
    try {
      if (!this.described) await this.look_at_description(organisation)
      const last = this.only ?? Math.min(cases_an_organisation, this.organisation === undefined ? this.cases - this.done : Infinity) - 1
      for (let i = 0; i <= last && this.differences.length < this.differences_max; ++i) await this.run_case(organisation, i)
      if (this.differences.length < this.differences_max) await this.run_end(organisation, last)
      if (this.only === undefined && !this.times.length) this.times = await compare_times(organisation)
    } finally {
      await organisation.stop()
    }
  }

  // The case is the same whatever ran before it, but for what was written: to ask one alone, the writing ones before it
  // are asked again.
  async run_case(organisation, number) {
    const random = new Random(seed_of('case', this.seed, organisation.number, number))
    const user = random.pick(organisation.users)
    const rolled = random.weighted(families.map((one) => [one.weight, one]))
    // Each kind comes once at the beginning, however few cases are asked.
    const family = this.family ? families.find((one) => one.name === this.family) : organisation.number === 0 && number < families.length ? families[number] : rolled
    if (this.only !== undefined && number < this.only && !family.writes) return
    const one = new Case(organisation, user, random)
    const started = performance.now()
    try {
      await family.run(one)
    } catch (difference) {
      if (!(difference instanceof Difference)) difference.message = `${this.named(organisation, number, family, user)}: ${difference.message}`
      if (!(difference instanceof Difference)) throw difference
      if (this.only === undefined || number === this.only) this.tell(organisation, number, family, user, one, difference)
      if (family.writes) await organisation.written()
    }
    ++this.done
    for (const { method, path } of one.requests) {
      const route = route_of(method, path)
      this.routes.set(route, (this.routes.get(route) ?? 0) + 1)
    }
    const sum = this.by_family.get(family.name) ?? { cases: 0, milliseconds: 0 }
    this.by_family.set(family.name, { cases: sum.cases + 1, milliseconds: sum.milliseconds + performance.now() - started })
  }

  async look_at_description(organisation) {
    const { paths } = await organisation.boss.expect(200, 'GET', '/api/openapi.json')
    this.described = compare_routes(paths)
  }
  // Routes that no case has come by.
  unasked() {
    return Object.keys(routes).filter((route) => Array.isArray(routes[route]) && !this.routes.has(route))
  }

  // At the end of an organisation all records are as the model has them.
  async run_end(organisation, last) {
    for (const [object, records] of await organisation.dump()) {
      for (const [id, record] of records) {
        const known = JSON.stringify(organisation.model.find(object, id))
        if (known === JSON.stringify(record)) continue
        this.tell(organisation, last, { name: 'end' }, { login: '-' }, { asked: [] }, new Difference(`${object} ${id} has changed behind the back of the cases`, record, known))
        return
      }
    }
  }

  // The records that are missing or too many, as they are.
  named_records(organisation, found) {
    const ids = [...(found?.missing ?? []), ...(found?.too_many ?? [])].slice(0, 3)
    const all = [...organisation.model.records.values()]
    return ids.map((id) => text_of(all.find((records) => records.has(id))?.get(id)).slice(0, 1500))
  }

  named(organisation, number, family, user) {
    return `seed ${this.seed}, organisation ${organisation.number}, case ${number}, ${family.name}, ${user.login}, ${this.database}`
  }

  tell(organisation, number, family, user, one, difference) {
    this.differences.push({ family: family.name, what: difference.message })
    this.log(
      [
        `DIFFERENCE ${this.named(organisation, number, family, user)}: ${difference.message}`,
        `  expected ${text_of(difference.expected)}`,
        `  found    ${text_of(difference.found)}`,
        ...this.named_records(organisation, difference.found).map((record) => `  record   ${record}`),
        ...one.asked.slice(-12).map((asked) => `  asked    ${asked.slice(0, 700)}`),
        `  again    node tests/rights/run.mjs --seed ${this.seed} --database ${this.database} --organisation ${organisation.number} --case ${number}`,
      ].join('\n'),
    )
  }
}
