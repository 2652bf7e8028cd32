// What leaves and enters as files: exports, imports, uploads; and the jobs that do it.
import { read_csv, write_csv } from '../../support/csv.mjs'
import { has_value, objects } from '../declarations.mjs'
import { Mask } from '../model.mjs'
import { company_name, landline, mobile, note, person_name } from '../words.mjs'
import { read_xlsx } from '../xlsx.mjs'
import { roll_filter, usual } from './lists.mjs'

// ── exports ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const rows_by_id = (rows) => new Map(rows.slice(1).map((row) => [row[0], row]))

function check_cell(c, object, name, found, by_boss, record) {
  const field = object.fields.get(name)
  const shown = c.model.shown(c.person, object.name, name, record[name])
  const what = `export of ${object.name} ${record.id}: ${name}`
  if (shown instanceof Mask) return c.ok(shown.fits(found === '' ? null : found), what, found, shown)
  if (field.target && field.name !== 'id' && !c.model.shows_title(c.person, field.target)) return c.equal(found.replaceAll(/[, ]/g, ''), '', `${what}: no title`)
  c.equal(found, by_boss, what)
}

async function export_as(c, format, read) {
  const { model, person } = c
  const object = objects.get(c.random.weighted([[8, c.pick(usual)], [1, 'product'], [1, 'employee']]))
  const path = `/api/exports/${object.name}`
  const shown = model.shown_fields(person, object.name).filter((name) => !['id', 'version', 'deleted_at'].includes(name))
  const fields = c.random.some(shown, c.random.between(2, 8))
  const kept_from = [...object.fields.values()].filter((field) => has_value(field) && model.field_right(person, object.name, field.name) === 'hidden')
  const asks_more = kept_from.length > 0 && c.chance(0.15)
  if (asks_more) fields.push(c.pick(kept_from).name)
  const query = { format, fields: ['id', ...fields].join(',') }
  let expected = model.live(object.name).filter((record) => model.reaches(person, object.name, record, 'export'))
  let named = !asks_more
  if (c.chance(0.3)) {
    const { tree, filter, named: all } = roll_filter(c, object)
    query.filter = filter
    named &&= all
    expected = expected.filter((record) => model.passes(person, object.name, record, tree))
  }
  const answer = await c.get(path, query)
  if (!model.has_menu(person, object.name) || !model.may(person, object.name, 'export')) return c.status(answer, 403)
  if (!named) return c.status(answer, 400, 'an export of a field that is kept from the caller')
  c.status(answer, 200)
  const found = rows_by_id(read(answer))
  c.same_ids([...found.keys()], expected.map((record) => record.id), `${format} of ${object.name}`)
  const whole = await c.as(c.boss, 'GET', path, { query: { ...query, filter: undefined } })
  c.status(whole, 200)
  const by_boss = rows_by_id(read(whole))
  for (const record of expected) fields.forEach((name, i) => check_cell(c, object, name, found.get(record.id)[i + 1] ?? '', by_boss.get(record.id)[i + 1] ?? '', record))
}

const export_csv = (c) => export_as(c, 'csv', (answer) => read_csv(answer.text))
const export_xlsx = (c) => export_as(c, 'xlsx', (answer) => read_xlsx(answer.bytes))

// ── what belongs to the one who brought it ───────────────────────────────────────────────────────────────────────────

// Everybody else, an administrator too, is answered as if it did not exist.
async function only_own(c, requests) {
  const others = [c.pick(c.organisation.users.filter((one) => one !== c.user)).client, c.boss]
  const bytes = ({ status, text }, id) => [status, text.replaceAll(/"request_id":"[^"]*"/g, '').replaceAll(id, '#')]
  for (const { method, path_of, id, body } of requests) {
    const absent = c.absent_id()
    for (const other of others) {
      const real = await c.as(other, method, path_of(id), { body })
      const none = await c.as(other, method, path_of(absent), { body })
      c.equal(bytes(real, id), bytes(none, absent), `${method} ${path_of(id)} by somebody else`)
      c.status(real, 404)
    }
  }
}

async function upload(c, name, text) {
  const form = new FormData()
  form.set('file', new Blob([text], { type: 'text/csv' }), name)
  const answer = await c.ask('POST', '/api/files', { body: form })
  c.status(answer, 201)
  return answer.body.id
}

async function files(c) {
  const text = note(c.random)
  const id = await upload(c, '资料.txt', text)
  const own = await c.get(`/api/files/${id}`)
  c.equal([own.status, own.text], [200, text], 'the own file')
  await only_own(c, [{ method: 'GET', path_of: (one) => `/api/files/${one}`, id }])
}

// ── imports ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const digits_of = (phone) => phone?.replaceAll(/\D/g, '')
const wanted_fields = { customer: ['name', 'phone'], contact: ['name', 'customer', 'mobile'] }

// Rows of new and of known telephone numbers; contacts of customers that the caller sees, that he does not, and of none.
function roll_rows(c, object) {
  const { model, random } = c
  const phone = object.name === 'customer' ? 'phone' : 'mobile'
  return Array.from({ length: 5 }, () => {
    const known = c.chance(0.5) && c.pick(model.live(object.name).filter((record) => record[phone]) ?? [])
    const number = known ? known[phone] : object.name === 'customer' ? landline(random) : mobile(random)
    const name = object.name === 'customer' ? company_name(random) + random.digits(3) : person_name(random)
    const customer = random.weighted([[4, c.pick(model.live('customer')).name], [1, '没有这家公司']])
    return object.name === 'customer' ? { name, phone: number } : { name, customer, mobile: number }
  })
}

// What a check must say of the rows.
function judge_rows(c, object, rows, then) {
  const { model, person } = c
  const phone = object.name === 'customer' ? 'phone' : 'mobile'
  const tally = { create: 0, update: 0, skip: 0, reject: 0 }
  const seen = model.seen(person, object.name)
  const customers = model.seen(person, 'customer')
  const numbers = new Set()
  for (const row of rows) {
    const same = seen.filter((record) => digits_of(record[phone]) === digits_of(row[phone]))
    if (same.length > 1) return undefined // which of them it is, is not the question here
    const of_name = customers.filter((record) => record.name === row.customer)
    const refused = object.name === 'contact' && of_name.length !== 1
    if (refused) {
      ++tally.reject
      continue
    }
    if (same.length === 0 && numbers.has(digits_of(row[phone]))) {
      ++tally.skip
      continue
    }
    numbers.add(digits_of(row[phone]))
    if (same.length === 0) {
      const booked = { owner: { id: person.me }, owner_department: model.find('employee', person.me).department }
      const admitted = person.administrator || model.rules(person, object.name, 'add').some(({ scope }) => model.scope_holds(person, scope, booked))
      ++tally[admitted ? 'create' : 'reject']
      continue
    }
    if (then === 'skip') ++tally.skip
    else if (!model.reaches(person, object.name, same[0], 'change')) ++tally.reject
    else if (object.name === 'customer' && !model.has_special(person, 'customer.rename')) ++tally.reject
    else if (object.name === 'contact' && needs_same_customer(c, same[0]) && same[0].customer.id !== of_name[0].id) return undefined
    else ++tally.update
  }
  return tally
}
const needs_same_customer = (c, contact) => contact.superior || c.model.live('contact').some((one) => one.superior?.id === contact.id) || c.model.live('opportunity').some((one) => one.contact?.id === contact.id)

async function import_rows(c) {
  const { model, person, organisation } = c
  const object = objects.get(c.pick(['customer', 'contact']))
  const fields = wanted_fields[object.name]
  const rows = roll_rows(c, object)
  const file = await upload(c, '名单.csv', write_csv([fields, ...rows.map((row) => fields.map((name) => row[name] ?? ''))]))
  const started = await c.ask('POST', '/api/imports', { body: { object: object.name, file } })
  if (!model.may(person, object.name, 'import')) return c.status(started, 403)
  c.status(started, 201)
  const path = `/api/imports/${started.body.id}`
  const then = c.pick(['skip', 'update'])
  const mapping = { columns: fields.map((field) => ({ field, missing: 'reject' })), duplicates: { by: [fields.at(-1)], then } }
  const mapped = await c.ask('PATCH', path, { body: mapping })
  const writable = fields.every((name) => model.writes(person, object.name, name))
  c.status(mapped, writable ? 200 : 422, 'mapping')
  await only_own(c, [
    { method: 'GET', path_of: (id) => `/api/imports/${id}`, id: started.body.id },
    { method: 'PATCH', path_of: (id) => `/api/imports/${id}`, id: started.body.id, body: mapping },
    ...['check', 'run', 'cancel'].map((step) => ({ method: 'POST', path_of: (id) => `/api/imports/${id}/${step}`, id: started.body.id })),
    ...['rejects', 'rejects.csv'].map((part) => ({ method: 'GET', path_of: (id) => `/api/imports/${id}/${part}`, id: started.body.id })),
    { method: 'PATCH', path_of: (id) => `/api/imports/${id}/rejects`, id: started.body.id, body: { row: 1, cells: { 0: 'x' } } },
  ])
  if (!writable || !model.may(person, object.name, 'add') || !model.may(person, object.name, 'change')) return
  const expected = judge_rows(c, object, rows, then)
  if (!expected) return
  const checking = await c.ask('POST', `${path}/check`)
  c.status(checking, 202)
  await only_own(c, [
    { method: 'GET', path_of: (id) => `/api/jobs/${id}`, id: checking.body.job },
    { method: 'POST', path_of: (id) => `/api/jobs/${id}/cancel`, id: checking.body.job },
  ])
  const job = await c.client.job(checking.body.job)
  const { check } = (await c.get(path)).body
  c.ok(job.state === 'done', 'the check of an import', job, 'done')
  c.equal({ create: check.create, update: check.update, skip: check.skip, reject: check.reject }, expected, `what a check says of ${JSON.stringify(rows)}, known ones to ${then}`)
  const told = (await c.get(`${path}/rejects`)).body.rejects
  c.equal(told.length, expected.reject, 'the rejected rows')
  await organisation.nothing_written(c)
}

export const moving = { export_csv, export_xlsx, files, import_rows }
