import type { Verb } from '@/api/types'
import { fieldAccesses, scopes, verbs, type FieldAccess, type Scope } from '@/api/rights'

// What a role grants, as its record keeps it (src/access/rights.hpp): read, changed without touching the original,
// compared place by place, and written again.

export interface VerbRight { readonly scope: Scope; readonly where?: string }
export type ByVerb = Readonly<Partial<Record<Verb, VerbRight>>>
export interface Grants {
  readonly administrator: boolean
  readonly objects: Readonly<Record<string, ByVerb>>
  readonly fields: Readonly<Record<string, FieldAccess>>
  /** Areas and objects that the role does not show. */
  readonly hidden: readonly string[]
  readonly special: readonly string[]
}
/** What a row of rights must know of its object. */
export interface Subject { readonly name: string; readonly restricted: boolean }

/** The row for objects that a role does not name. */
export const others: Subject = { name: '*', restricted: false }
export const nothing: VerbRight = { scope: 'none' }
export const noGrants: Grants = { administrator: false, objects: {}, fields: {}, hidden: [], special: [] }

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const oneOf = <T extends string>(all: readonly T[], value: unknown): T | undefined => all.find((one) => one === value)

function readRight(value: unknown): VerbRight {
  const given = isRecord(value) ? value : { scope: value }
  const scope = oneOf(scopes, given.scope) ?? 'none'
  return typeof given.where === 'string' && given.where && scope !== 'none' ? { scope, where: given.where } : { scope }
}

/** From the text of the record, or from what it says. The server has checked it when it was saved. */
export function readGrants(given: unknown): Grants {
  const whole: unknown = typeof given === 'string' ? JSON.parse(given || '{}') : given
  if (!isRecord(whole)) return noGrants
  const objects = Object.entries(isRecord(whole.objects) ? whole.objects : {}).map(([name, rights]) => [name, Object.fromEntries(
    verbs.flatMap((verb) => (isRecord(rights) && rights[verb] !== undefined ? [[verb, readRight(rights[verb])]] : [])),
  )])
  // A list of fields grants writing on each.
  const fields = Array.isArray(whole.fields)
    ? whole.fields.map((name) => [String(name), 'write'])
    : Object.entries(isRecord(whole.fields) ? whole.fields : {}).flatMap(([name, access]) => { const known = oneOf(fieldAccesses, access); return known ? [[name, known]] : [] })
  return {
    administrator: whole.administrator === true,
    objects: Object.fromEntries(objects) as Grants['objects'],
    fields: Object.fromEntries(fields) as Grants['fields'],
    hidden: Object.entries(isRecord(whole.menus) ? whole.menus : {}).flatMap(([name, shown]) => (shown === false ? [name] : [])),
    special: Array.isArray(whole.special) ? whole.special.map(String) : [],
  }
}

/** As the record keeps it, in one order, so that the same rights are the same text. */
export function toRecord(grants: Grants): Record<string, unknown> {
  const objects = Object.keys(grants.objects).sort().map((name) => [name, Object.fromEntries(verbs.flatMap((verb) => {
    const right = grants.objects[name]?.[verb]
    return right ? [[verb, right.where ? right : right.scope]] : []
  }))])
  return {
    administrator: grants.administrator,
    objects: Object.fromEntries(objects),
    fields: Object.fromEntries(Object.keys(grants.fields).sort().map((name) => [name, grants.fields[name]])),
    menus: Object.fromEntries([...grants.hidden].sort().map((name) => [name, false])),
    special: [...grants.special].sort(),
  }
}
export const writeGrants = (grants: Grants): string => JSON.stringify(toRecord(grants))

// ---- one right

export const isNamed = (grants: Grants, subject: Subject): boolean => grants.objects[subject.name] !== undefined
/** Of an object that the role does not name, what it grants on all others; on a restricted one nothing. */
export function rightOf(grants: Grants, subject: Subject, verb: Verb): VerbRight {
  const named = grants.objects[subject.name] ?? (subject.restricted ? undefined : grants.objects['*'])
  return named?.[verb] ?? nothing
}
const rowOf = (grants: Grants, subject: Subject): ByVerb => Object.fromEntries(verbs.map((verb) => [verb, rightOf(grants, subject, verb)]))

/** Naming an object takes over what it had until now, so that the other verbs keep their extent. */
export function setRight(grants: Grants, subject: Subject, verb: Verb, right: VerbRight): Grants {
  const kept: VerbRight = right.where?.trim() && right.scope !== 'none' ? { scope: right.scope, where: right.where } : { scope: right.scope }
  return { ...grants, objects: { ...grants.objects, [subject.name]: { ...rowOf(grants, subject), [verb]: kept } } }
}
/** As all other objects again. */
export function forget(grants: Grants, subject: Subject): Grants {
  return { ...grants, objects: Object.fromEntries(Object.entries(grants.objects).filter(([name]) => name !== subject.name)) }
}
export function setRow(grants: Grants, subject: Subject, row: ByVerb): Grants {
  return { ...grants, objects: { ...grants.objects, [subject.name]: row } }
}

// ---- fields, menus, special rights

/** What a field has that no role speaks of. */
export const usualAccess = (field: { readonly sensitive: boolean }): FieldAccess => (field.sensitive ? 'hidden' : 'write')
export function setField(grants: Grants, name: string, access: FieldAccess | undefined): Grants {
  const rest = Object.entries(grants.fields).filter(([one]) => one !== name)
  return { ...grants, fields: Object.fromEntries(access ? [...rest, [name, access]] : rest) as Grants['fields'] }
}
const toggled = (list: readonly string[], name: string, on: boolean): readonly string[] => (on ? [...new Set([...list, name])] : list.filter((one) => one !== name))
export const showMenu = (grants: Grants, name: string, shown: boolean): Grants => ({ ...grants, hidden: toggled(grants.hidden, name, !shown) })
export const setSpecial = (grants: Grants, name: string, granted: boolean): Grants => ({ ...grants, special: toggled(grants.special, name, granted) })

// ---- place by place

/** Where something stands, in the words of the server: "objects.customer.view", "fields.contact.mobile". */
export type Places = ReadonlyMap<string, string>
const glue = '\n'

export function placesOf(grants: Grants): Places {
  const places = new Map<string, string>()
  if (grants.administrator) places.set('administrator', 'true')
  for (const [name, rights] of Object.entries(grants.objects)) {
    places.set(`objects.${name}`, '')
    for (const verb of verbs) {
      const right = rights[verb]
      if (right && right.scope !== 'none') places.set(`objects.${name}.${verb}`, right.scope + (right.where ? glue + right.where : ''))
    }
  }
  for (const [name, access] of Object.entries(grants.fields)) places.set(`fields.${name}`, access)
  for (const name of grants.hidden) places.set(`menus.${name}`, 'hidden')
  for (const name of grants.special) places.set(`special.${name}`, 'true')
  return places
}
export function fromPlaces(places: Places): Grants {
  const objects: Record<string, Record<string, VerbRight>> = {}
  const fields: Record<string, FieldAccess> = {}
  const hidden: string[] = []
  const special: string[] = []
  for (const [place, value] of places) {
    const [kind = '', name = '', verb] = place.split('.')
    const rest = place.slice(kind.length + 1)
    if (kind === 'objects') {
      const row = (objects[name] ??= {})
      if (verb) row[verb] = rightFrom(value)
    } else if (kind === 'fields') fields[rest] = value as FieldAccess
    else if (kind === 'menus') hidden.push(rest)
    else if (kind === 'special') special.push(rest)
  }
  return { administrator: places.has('administrator'), objects, fields, hidden, special }
}
export function rightFrom(value: string | undefined): VerbRight {
  const [scope, where] = (value ?? 'none').split(glue)
  return readRight({ scope, where })
}

export interface Difference { readonly place: string; readonly old?: string; readonly new?: string }
export function differences(before: Grants, after: Grants): Difference[] {
  const [old, now] = [placesOf(before), placesOf(after)]
  return [...new Set([...old.keys(), ...now.keys()])].filter((place) => old.get(place) !== now.get(place)).sort()
    .map((place) => ({ place, old: old.get(place), new: now.get(place) }))
}
/**
 * What changed for people: of objects that a role names, or named before, every verb as it counts; naming one that
 * grants the same is a change of its own. Objects that are as all others follow their line and are not told one by one.
 */
export function effects(before: Grants, after: Grants, isRestricted: (object: string) => boolean): Difference[] {
  const named = [...new Set([...Object.keys(before.objects), ...Object.keys(after.objects)])].sort()
  const text = (right: VerbRight) => (right.scope === 'none' ? undefined : right.scope + (right.where ? glue + right.where : ''))
  const objects = named.flatMap((name) => {
    const subject = { name, restricted: isRestricted(name) }
    const rights = verbs.map((verb) => ({ place: `objects.${name}.${verb}`, old: text(rightOf(before, subject, verb)), new: text(rightOf(after, subject, verb)) })).filter((one) => one.old !== one.new)
    const naming = isNamed(before, subject) === isNamed(after, subject) || rights.length ? [] : [{ place: `objects.${name}`, old: isNamed(before, subject) ? '' : undefined, new: isNamed(after, subject) ? '' : undefined }]
    return [...rights, ...naming]
  })
  return [...differences(before, after).filter((one) => !one.place.startsWith('objects.')), ...objects].sort((a, b) => (a.place < b.place ? -1 : 1))
}
/** What I changed since `base`, done again on what somebody else saved meanwhile; and the places that both changed. */
export function rebase(base: Grants, mine: Grants, theirs: Grants): { readonly grants: Grants; readonly clashes: readonly string[] } {
  const changed = differences(base, mine)
  const moved = new Map(differences(base, theirs).map((one) => [one.place, one.new]))
  const places = new Map(placesOf(theirs))
  for (const one of changed) {
    if (one.new === undefined) places.delete(one.place)
    else places.set(one.place, one.new)
  }
  return { grants: fromPlaces(places), clashes: changed.filter((one) => moved.has(one.place) && moved.get(one.place) !== one.new).map((one) => one.place) }
}

// ---- several roles of one person

export interface Held { readonly title: string; readonly grants: Grants }
export interface JoinedRight extends VerbRight { readonly role: string }
const wider = (one: Scope, other: Scope) => scopes.indexOf(one) > scopes.indexOf(other)
/** Every rule that the roles bring, the widest first; what a wider one without condition contains is left out. */
export function joined(roles: readonly Held[], subject: Subject, verb: Verb): readonly JoinedRight[] {
  const rules = roles.map(({ title, grants }) => ({ role: title, ...(grants.administrator ? { scope: 'all' as const } : rightOf(grants, subject, verb)) })).filter((rule) => rule.scope !== 'none')
  const plain = rules.filter((rule) => !rule.where).reduce<Scope>((widest, rule) => (wider(rule.scope, widest) ? rule.scope : widest), 'none')
  return rules.filter((rule) => (rule.where ? wider(rule.scope, plain) : rule.scope === plain)).sort((a, b) => scopes.indexOf(b.scope) - scopes.indexOf(a.scope))
}
