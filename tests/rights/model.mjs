// Who may do what, the slow and obvious way: every rule of docs/decisions/0016-rights-as-one-condition.md asked of plain
// objects, one record at a time. Written from the documents, not from the program.
//
//   What one may do is the union of all roles, given to the account, its departments, teams, positions and level.
//   A right on records is a scope (own, team, department, department and below, all), of which a condition may leave
//   some. Nobody does what he may not see. A share widens the scope for one record, never the function right; one for
//   reading opens no change. A field takes the widest right of the roles that have to do with its object; a sensitive
//   one is hidden unless a role names it. What is hidden or masked is known to no filter, sort, group or search.
import { holds, leaves, plain } from './conditions.mjs'
import { has_value, is_text, objects } from './declarations.mjs'

export const verbs = ['view', 'add', 'change', 'delete', 'assign', 'approve', 'export', 'import', 'print']
const reading = new Set(['view', 'export', 'print'])
const widths = ['hidden', 'masked', 'read', 'write']
const set_by_platform = new Set(['id', 'version', 'created_by', 'created_at', 'updated_by', 'updated_at', 'deleted_at', 'owner_department'])
// Whoever sees a record may know whose it is and where: these titles are always told.
const always_titled = new Set(['employee', 'department', 'region'])

const today = () => new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10)

export class Model {
  // `records`: object -> id -> what an administrator reads, with `bin`. `conditions`: source -> tree. `shares`: plain.
  constructor({ records, conditions, shares }) {
    this.records = records
    this.conditions = conditions
    this.shares = shares
    this.people = new Map()
  }

  all(object) {
    return [...(this.records.get(object)?.values() ?? [])]
  }
  live(object) {
    return this.all(object).filter((record) => !record.bin)
  }
  find(object, id) {
    return this.records.get(object)?.get(id)
  }

  // ── the organisation ─────────────────────────────────────────────────────────────────────────────────────────────

  // Something of the organisation, or a share, has changed.
  forget() {
    this.people.clear()
  }

  above(department) {
    const found = []
    for (let id = department; id && !found.includes(id); id = this.find('department', id)?.parent?.id) found.push(id)
    return found
  }

  // Departments of the main post and of all others that run today.
  departments_of(employee) {
    const ids = new Set()
    const main = this.find('employee', employee)?.department?.id
    if (main) ids.add(main)
    for (const post of this.posts_of(employee)) ids.add(post.department.id)
    return [...ids]
  }
  posts_of(employee) {
    const day = today()
    return this.live('employee_post').filter((post) => post.employee.id === employee && (!post.from_on || post.from_on <= day) && (!post.until_on || post.until_on >= day))
  }
  positions_of(employee) {
    const main = this.find('employee', employee)?.position?.id
    return [...new Set([main, ...this.posts_of(employee).map((post) => post.position?.id)].filter(Boolean))]
  }
  teams_of(employee) {
    return this.live('team').filter((team) => team.members.some((member) => member.id === employee)).map((team) => team.id)
  }

  // One account with all that its rights come from.
  person(user) {
    let person = this.people.get(user)
    if (!person || person.valid_until <= Date.now()) this.people.set(user, (person = this.make_person(user)))
    return person
  }

  make_person(user) {
    const account = this.find('user', user)
    const me = account.employee.id
    const departments = this.departments_of(me)
    const teams = this.teams_of(me)
    const mates = new Set([me])
    for (const team of teams) for (const member of this.find('team', team).members) mates.add(member.id)
    const all_departments = this.all('department').map((one) => one.id)
    const person = {
      user,
      me,
      my_department: this.find('employee', me)?.department?.id ?? null,
      departments: new Set(departments),
      departments_below: new Set(all_departments.filter((id) => this.above(id).some((up) => departments.includes(up)))),
      departments_above: new Set(departments.flatMap((id) => this.above(id))),
      positions: this.positions_of(me),
      level: this.find('employee', me)?.level?.id,
      teams,
      mates,
      roles: [],
      valid_until: Infinity,
    }
    const hold = (role, kind, through, until) => {
      const record = this.find('role', role)
      if (!record || record.bin) return
      person.roles.push({ id: role, code: record.code, kind, through, until: until ?? null, grants: JSON.parse(record.grants ?? '{}') })
    }
    for (const role of account.roles) hold(role.id, 'user', user)
    for (const one of this.live('role_assignment')) {
      const until = one.until ? Date.parse(one.until) : Infinity
      if (until <= Date.now()) continue
      const reached =
        (one.account && one.account.id === user && ['user', user]) ||
        (one.department && (one.below ? person.departments_above : person.departments).has(one.department.id) && ['department', one.department.id]) ||
        (one.team && teams.includes(one.team.id) && ['team', one.team.id]) ||
        (one.position && person.positions.includes(one.position.id) && ['position', one.position.id]) ||
        (one.level && one.level.id === person.level && ['employee_level', one.level.id])
      if (!reached) continue
      hold(one.role.id, ...reached, one.until)
      person.valid_until = Math.min(person.valid_until, until)
    }
    const different = new Map(person.roles.map((role) => [role.code, role.grants]))
    person.grants = [...different.values()]
    person.administrator = person.grants.some((grants) => grants.administrator)
    return person
  }

  // ── function rights ──────────────────────────────────────────────────────────────────────────────────────────────

  // What one role says of an object: by name, else of all that is not restricted.
  granted(grants, object) {
    const named = grants.objects ?? {}
    return named[object] ?? (objects.get(object).restricted ? {} : (named['*'] ?? {}))
  }
  rules(person, object, verb) {
    return person.grants
      .map((grants) => this.granted(grants, object)[verb])
      .map((right) => (typeof right === 'string' ? { scope: right } : right))
      .filter((right) => right && (right.scope ?? 'none') !== 'none')
  }

  may(person, object, verb) {
    if (objects.get(object).kept && !reading.has(verb)) return false
    if (objects.get(object).single && ['add', 'delete', 'import'].includes(verb)) return false
    if (person.administrator) return true
    const has = (one) => this.rules(person, object, one).length > 0
    return has(verb) && (verb === 'view' || verb === 'add' || has('view'))
  }

  has_special(person, name) {
    return person.administrator || person.grants.some((grants) => (grants.special ?? []).includes(name))
  }

  // Hidden when every role hides it, by its own name or by that of its area.
  has_menu(person, object) {
    if (person.administrator) return true
    const hides = (grants) => grants.menus?.[object] === false || grants.menus?.[objects.get(object).area] === false
    return person.grants.length === 0 || !person.grants.every(hides)
  }

  // ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────

  in_scope(person, object, record, verb) {
    return this.rules(person, object, verb).some(
      ({ scope, where }) => (!objects.get(object).owned || this.scope_holds(person, scope, record)) && (!where || this.condition_holds(person, object, where, record)),
    )
  }
  scope_holds(person, scope, record) {
    const owner = record.owner?.id
    const department = record.owner_department?.id
    if (scope === 'all') return true
    if (owner === person.me) return true // what is one's own stays in reach whatever department it was booked on
    if (scope === 'team') return person.mates.has(owner)
    if (scope === 'department') return person.departments.has(department)
    if (scope === 'department_and_below') return person.departments_below.has(department)
    return false
  }
  // Conditions belong to the role: they look at every record, whoever may see it.
  condition_holds(person, object, where, record) {
    const tree = this.conditions.get(where)
    if (!tree) throw new Error(`no tree of the condition ${where}`)
    return holds(tree, (path) => this.value_at(object, record, path), person)
  }

  shared_for(person, object, record, writing) {
    return this.shares.some(
      (share) =>
        share.object === object && share.record === record.id && (!share.until || share.until > Date.now()) && (!writing || share.level === 'write') && this.is_grantee(person, share),
    )
  }
  is_grantee(person, share) {
    if (share.kind === 'employee') return share.grantee === person.me
    if (share.kind === 'team') return person.teams.includes(share.grantee)
    return person.departments_above.has(share.grantee)
  }

  // May this person do this with this record, which may be in the bin?
  reaches(person, object, record, verb = 'view') {
    if (!this.may(person, object, verb)) return false
    if (person.administrator) return true
    const seen = verb === 'view' || verb === 'add' || this.in_scope(person, object, record, 'view')
    if (seen && this.in_scope(person, object, record, verb)) return true
    return objects.get(object).owned && this.shared_for(person, object, record, !reading.has(verb))
  }
  seen(person, object) {
    return this.live(object).filter((record) => this.reaches(person, object, record))
  }

  // ── fields ───────────────────────────────────────────────────────────────────────────────────────────────────────

  field_right(person, object, name) {
    const field = objects.get(object).fields.get(name)
    if (!field || field.hidden) return 'hidden'
    if (person.administrator) return 'write'
    let width = 0
    for (const grants of person.grants) {
      const concerned = Object.values(this.granted(grants, object)).some((right) => (typeof right === 'string' ? right : (right.scope ?? 'none')) !== 'none')
      if (!concerned) continue
      const named = Array.isArray(grants.fields) ? (grants.fields.includes(`${object}.${name}`) ? 'write' : undefined) : grants.fields?.[`${object}.${name}`]
      width = Math.max(width, widths.indexOf(named ?? (field.sensitive ? 'hidden' : 'write')))
    }
    return widths[width]
  }
  reads(person, object, name) {
    return widths.indexOf(this.field_right(person, object, name)) >= 2
  }
  shows(person, object, name) {
    return this.field_right(person, object, name) !== 'hidden'
  }
  writes(person, object, name) {
    const field = objects.get(object).fields.get(name)
    const given = field.read_only || field.formula || field.lookup || field.type === 'list' || field.type === 'number' || set_by_platform.has(name)
    return !given && !objects.get(object).kept && this.field_right(person, object, name) === 'write'
  }
  shown_fields(person, object) {
    return [...objects.get(object).fields.values()].filter((field) => has_value(field) && this.shows(person, object, field.name)).map((field) => field.name)
  }
  hides_words(person, object) {
    return [...objects.get(object).fields.values()].some((field) => field.search && !this.reads(person, object, field.name))
  }

  // ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────

  // The plain value behind a path of field names, whoever asks.
  value_at(object, record, path) {
    for (let step = 0; ; ++step) {
      const field = objects.get(object).fields.get(path[step])
      if (step + 1 === path.length) return plain(field.name === 'id' ? record.id : record[field.name], field)
      const id = record[field.name]?.id
      if (!id) return null
      object = field.target
      record = this.find(object, id)
      if (!record) return null
    }
  }

  // The same for somebody who asks by himself: what lies behind a reference is told of records that he sees, and the
  // title, which stands in the reference, of all.
  value_for(person, object, record, path) {
    let of = object
    let at = record
    for (let step = 0; step + 1 < path.length; ++step) {
      const field = objects.get(of).fields.get(path[step])
      const id = at[field.name]?.id
      if (!id) return null
      of = field.target
      at = this.find(of, id)
      if (!at) return null
      const title_only = step + 2 === path.length && [objects.get(of).title, objects.get(of).title_en].includes(path[step + 1])
      if (!title_only && !this.reaches(person, of, at)) return null
    }
    return this.value_at(object, record, path)
  }
  // May this person name this path in a filter, a sort or a group? With `masked`: as a column, which shows masked ones.
  may_name(person, object, path, masked = false) {
    return path.every((name, step) => {
      const field = objects.get(object)?.fields.get(name)
      if (!field || (step > 0 && !this.shows_title(person, object))) return false
      const last = step + 1 === path.length
      const right = this.field_right(person, object, name)
      object = field.target
      return right === 'read' || right === 'write' || (last && masked && right === 'masked')
    })
  }
  passes(person, object, record, tree) {
    return holds(tree, (path) => this.value_for(person, object, record, path), person)
  }
  may_filter(person, object, tree) {
    return leaves(tree).every((leaf) => this.may_name(person, object, leaf.path))
  }

  shows_title(person, target) {
    return always_titled.has(target) || objects.get(target)?.system || this.may(person, target, 'view')
  }

  // A value of the API as this person may read it. Masked values are judged by `is_mask`.
  shown(person, object, name, value) {
    const field = objects.get(object).fields.get(name)
    const right = this.field_right(person, object, name)
    if (right === 'hidden') return undefined
    if (right === 'masked') return new Mask(field, value)
    if (field.target && !this.shows_title(person, field.target)) return without_titles(value)
    return value
  }
}

function without_titles(value) {
  if (Array.isArray(value)) return value.map(without_titles)
  return value && typeof value === 'object' && 'id' in value ? { ...value, title: null } : value
}

// What a masked value may look like: that there is one, and its ends (138****5678), but a good third of it never.
export class Mask {
  constructor(field, value) {
    this.field = field
    this.value = value
  }
  fits(found) {
    if (this.value === null || !is_text(this.field)) return found === null
    if (typeof found !== 'string' || !found.includes('*')) return false
    const value = String(this.value)
    const at = value.indexOf('@')
    if (this.field.type === 'email' && at >= 0) return found.endsWith(value.slice(at)) && hides_enough(found.slice(0, -value.slice(at).length), value.slice(0, at))
    return hides_enough(found, value)
  }
  toJSON() {
    return `masked(${JSON.stringify(this.value)})`
  }
}
function hides_enough(found, value) {
  const [head, tail] = [found.slice(0, found.indexOf('*')), found.slice(found.lastIndexOf('*') + 1)]
  return value.startsWith(head) && value.endsWith(tail) && [...head].length + [...tail].length <= ([...value].length * 2) / 3
}
