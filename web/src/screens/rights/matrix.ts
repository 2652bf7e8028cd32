import { scopes, verbs, type RightsModel, type RightsObject, type Scope } from '@/api/rights'
import type { Verb } from '@/api/types'
import { forget, isNamed, others, rightOf, setRight, type Grants, type Subject, type VerbRight } from '@/records/rights/grants'

/** The lines of the matrix: all other objects first, then each area with its objects under it. */
export type MatrixRow =
  | { readonly kind: 'others'; readonly key: '*' }
  | { readonly kind: 'area'; readonly key: string; readonly objects: readonly RightsObject[] }
  | { readonly kind: 'object'; readonly key: string; readonly object: RightsObject }

export interface Cell {
  /** Nothing when the objects of an area differ. */
  readonly right?: VerbRight
  /** Taken from the line for all other objects. */
  readonly inherited: boolean
}

const reading: readonly Verb[] = ['view', 'export', 'print']
/** What can be done with records of the object at all. */
export function isPossible(object: RightsObject, verb: Verb): boolean {
  if (object.kept_by_platform) return reading.includes(verb)
  return verb !== 'assign' || object.owned
}
/** Without an owner there is everything or nothing. */
export function scopesOf(row: MatrixRow): readonly Scope[] {
  return row.kind === 'object' && !row.object.owned ? ['none', 'all'] : scopes
}
/** What an area sets: restricted objects are named one by one, so that nobody grants them in passing. */
const settable = (row: MatrixRow & { kind: 'area' }, verb: Verb) => row.objects.filter((object) => !object.restricted && isPossible(object, verb))

export function isOpen(row: MatrixRow, verb: Verb): boolean {
  if (row.kind === 'object') return isPossible(row.object, verb)
  return row.kind === 'others' || settable(row, verb).length > 0
}

/** The condition of a place stands at single objects: of all others there is no field to ask, and a new record is not there yet. */
export const mayHaveCondition = (row: MatrixRow, verb: Verb): boolean => row.kind === 'object' && verb !== 'add'

export const subjectOf = (row: MatrixRow): Subject => (row.kind === 'object' ? row.object : others)

export function rowsOf(model: RightsModel, text: string, label: (object: RightsObject) => string): MatrixRow[] {
  const wanted = text.trim().toLowerCase()
  const fits = (object: RightsObject) => [label(object), object.name, object.label.zh, object.label.en].some((name) => name.toLowerCase().includes(wanted))
  const areas = model.areas.flatMap((area) => {
    const objects = model.objects.filter((object) => object.area === area.code && fits(object))
    return objects.length ? [{ kind: 'area' as const, key: area.code, objects }, ...objects.map((object) => ({ kind: 'object' as const, key: object.name, object }))] : []
  })
  return wanted ? areas : [{ kind: 'others', key: '*' }, ...areas]
}

const same = (one: VerbRight, other: VerbRight) => one.scope === other.scope && (one.where ?? '') === (other.where ?? '')
export function cellOf(grants: Grants, row: MatrixRow, verb: Verb): Cell {
  if (row.kind !== 'area') return { right: rightOf(grants, subjectOf(row), verb), inherited: row.kind === 'object' && !isNamed(grants, row.object) }
  const [first, ...rest] = settable(row, verb).map((object) => rightOf(grants, object, verb))
  return { right: first && rest.every((one) => same(one, first)) ? first : undefined, inherited: false }
}

/** Another extent keeps the condition of the place. An area sets what knows that extent and leaves the rest alone. */
export function setScope(grants: Grants, row: MatrixRow, verb: Verb, scope: Scope): Grants {
  if (!isOpen(row, verb)) return grants
  if (row.kind === 'area') {
    return settable(row, verb).filter((object) => object.owned || scope === 'none' || scope === 'all')
      .reduce((now, object) => setRight(now, object, verb, { scope }), grants)
  }
  if (!scopesOf(row).includes(scope)) return grants
  const subject = subjectOf(row)
  return setRight(grants, subject, verb, { scope, where: mayHaveCondition(row, verb) ? rightOf(grants, subject, verb).where : undefined })
}
export function setWhole(grants: Grants, row: MatrixRow, scope: Scope): Grants {
  return verbs.reduce((now, verb) => setScope(now, row, verb, scope), grants)
}
export function setCondition(grants: Grants, row: MatrixRow, verb: Verb, where: string): Grants {
  if (!mayHaveCondition(row, verb)) return grants
  const subject = subjectOf(row)
  return setRight(grants, subject, verb, { scope: rightOf(grants, subject, verb).scope, where })
}
export function asOthers(grants: Grants, row: MatrixRow): Grants {
  if (row.kind === 'area') return row.objects.reduce<Grants>((now, object) => forget(now, object), grants)
  return row.kind === 'object' ? forget(grants, row.object) : grants
}

// ---- by keyboard

export interface Spot { readonly row: number; readonly column: number }
/** Columns: the name of the line, then one a verb. */
export const columnCount = verbs.length + 1

export function move(spot: Spot, key: string, rows: number, control: boolean, columns = columnCount): Spot | undefined {
  const last = rows - 1
  const clamp = (row: number, column: number): Spot => ({ row: Math.max(0, Math.min(last, row)), column: Math.max(0, Math.min(columns - 1, column)) })
  switch (key) {
    case 'ArrowUp': return clamp(spot.row - 1, spot.column)
    case 'ArrowDown': return clamp(spot.row + 1, spot.column)
    case 'ArrowLeft': return clamp(spot.row, spot.column - 1)
    case 'ArrowRight': return clamp(spot.row, spot.column + 1)
    case 'PageUp': return clamp(spot.row - 10, spot.column)
    case 'PageDown': return clamp(spot.row + 10, spot.column)
    case 'Home': return clamp(control ? 0 : spot.row, 0)
    case 'End': return clamp(control ? last : spot.row, columns - 1)
    default: return undefined
  }
}
/** The first letter of each extent in English, or its place in the list; nothing for other keys. */
export const letters: Readonly<Record<Scope, string>> = { none: 'n', own: 'o', team: 't', department: 'd', department_and_below: 'b', all: 'a' }
export function scopeOfKey(key: string): Scope | undefined {
  const small = key.toLowerCase()
  if (key === 'Delete' || key === 'Backspace') return 'none'
  return scopes.find((scope, place) => letters[scope] === small || String(place) === small)
}
