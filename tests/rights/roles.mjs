// Random roles: what they grant on objects, under which conditions, of which fields, menus and special rights.
import { objects } from './declarations.mjs'

const business = ['customer', 'contact', 'opportunity', 'activity', 'task', 'legal_representative']
const kept_simple = ['product', 'stage', 'opportunity_member', 'opportunity_stage', 'saved_view', 'employee', 'department', 'team', 'product_category']
const restricted = ['role', 'user', 'role_assignment']
const scopes = [[3, 'own'], [2, 'team'], [3, 'department'], [3, 'department_and_below'], [2, 'all']]
const always_read = new Set(['id', 'version', 'created_by', 'created_at', 'updated_by', 'updated_at', 'deleted_at', 'owner_department'])

function right(organisation, object, scope) {
  const { random } = organisation
  if (!random.chance(0.25)) return scope
  return { scope, where: organisation.condition(object) }
}

function rights_on(organisation, object) {
  const { random } = organisation
  const granted = {}
  const scope = () => random.weighted(objects.get(object).owned ? scopes : [[1, 'all'], [0.3, 'own']])
  if (random.chance(0.92)) granted.view = right(organisation, object, scope())
  for (const verb of ['change', 'delete', 'assign', 'export', 'import']) if (random.chance(0.6)) granted[verb] = right(organisation, object, scope())
  if (random.chance(0.6)) granted.add = scope()
  for (const verb of ['approve', 'print']) if (random.chance(0.2)) granted[verb] = scope()
  if (random.chance(0.2)) granted[random.pick(['view', 'change', 'export'])] = 'none'
  return granted
}

function fields_of(organisation, named) {
  const { random } = organisation
  const rights = {}
  for (const object of named) {
    const { title, title_en, fields } = objects.get(object)
    const usable = [...fields.values()].filter((field) => !field.hidden && field.type !== 'list' && field.name !== title && field.name !== title_en && !always_read.has(field.name))
    for (const field of random.some(usable, random.between(0, 6))) rights[`${object}.${field.name}`] = random.weighted([[3, 'hidden'], [3, 'masked'], [3, 'read'], [1, 'write']])
    // What people search by, more often than by chance alone.
    for (const field of usable) if (field.search && random.chance(0.15)) rights[`${object}.${field.name}`] = random.pick(['hidden', 'masked'])
    for (const field of usable) if (field.sensitive && random.chance(0.2)) rights[`${object}.${field.name}`] = random.pick(['read', 'write', 'masked'])
  }
  return rights
}

export function roll_role(organisation) {
  const { random } = organisation
  if (random.chance(0.03)) return { administrator: true }
  const role = { objects: {}, fields: {}, menus: {}, special: [] }
  if (random.chance(0.5)) role.objects['*'] = { view: random.chance(0.8) ? 'all' : 'own', ...(random.chance(0.3) ? { export: 'all', add: 'all' } : {}), ...(random.chance(0.15) ? { change: 'all' } : {}) }
  for (const object of business) if (random.chance(0.75)) role.objects[object] = rights_on(organisation, object)
  for (const object of kept_simple) if (random.chance(0.3)) role.objects[object] = rights_on(organisation, object)
  for (const object of restricted) if (random.chance(0.1)) role.objects[object] = { view: 'all', export: 'all' }
  role.fields = fields_of(organisation, [...business, 'product', 'employee'])
  for (const object of random.some([...business, 'product'], 2)) if (random.chance(0.15)) role.menus[object] = false
  if (random.chance(0.08)) role.menus[random.pick(['sales', 'base_data', 'organisation'])] = false
  for (const special of ['customer.rename', 'opportunity.reopen', 'role.explain']) if (random.chance(0.25)) role.special.push(special)
  return role
}
