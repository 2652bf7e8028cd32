import type { FieldMeta, ObjectMeta } from '@/api/types'
import { say, t } from '@/base/i18n'
import { textOf } from '@/fields/registry'

/** One thing that changed, as people read it. */
export interface Difference { readonly key: string; readonly label: string; readonly before: string; readonly after: string }

/** A value of the log without knowing its field: references and choices by their title. */
export function plainText(value: unknown): string {
  if (value === null || value === undefined || value === '') return t('base.none')
  if (Array.isArray(value)) return value.length ? value.map(plainText).join(t('base.list.separator')) : t('base.none')
  if (typeof value === 'boolean') return t(value ? 'base.yes' : 'base.no')
  if (typeof value !== 'object') return String(value)
  const { title, code, id, amount, currency } = value as Record<string, unknown>
  if (amount !== undefined) return `${String(amount)} ${String(currency ?? '')}`.trim()
  return String(title ?? code ?? id ?? JSON.stringify(value))
}

function parsed(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'string' || !value.trim().startsWith('{')) return undefined
  try {
    const read: unknown = JSON.parse(value)
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
/** Every value of a tree by its path; lists are one value. */
function leaves(tree: Readonly<Record<string, unknown>>, path = '', into = new Map<string, string>()): Map<string, string> {
  for (const [name, value] of Object.entries(tree)) {
    const at = path ? `${path}.${name}` : name
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) leaves(value as Record<string, unknown>, at, into)
    else into.set(at, Array.isArray(value) ? value.map(String).sort().join(', ') : String(value ?? ''))
  }
  return into
}
/** What differs inside of a field that holds a document, such as the rights of a role; nothing when it holds none. */
export function insideOf(before: unknown, after: unknown): Difference[] | undefined {
  const [old, fresh] = [parsed(before), parsed(after)]
  if (!fresh && !old) return undefined
  if ((before && !old) || (after && !fresh)) return undefined
  const [from, to] = [leaves(old ?? {}), leaves(fresh ?? {})]
  const paths = [...new Set([...from.keys(), ...to.keys()])].filter((path) => (from.get(path) ?? '') !== (to.get(path) ?? ''))
  return paths.map((path) => ({ key: path, label: path, before: from.get(path) || t('base.none'), after: to.get(path) || t('base.none') }))
}

/** `changes` is {field: {old, new}} or [{field, old, new}]. */
export function differencesOf(object: ObjectMeta | undefined, changes: unknown): Difference[] {
  const list = Array.isArray(changes)
    ? (changes as { field: string; old: unknown; new: unknown }[])
    : Object.entries((changes ?? {}) as Record<string, { old: unknown; new: unknown }>).map(([field, both]) => ({ field, ...both }))
  return list.flatMap(({ field, old, new: fresh }) => {
    const meta = object?.fields.find((one) => one.name === field)
    const label = say(meta?.label) || field
    const inside = meta ? undefined : insideOf(old, fresh)
    if (inside) return inside.map((one) => ({ ...one, key: `${field}.${one.key}`, label: `${label} · ${one.label}` }))
    return [{ key: field, label, before: words(meta, old), after: words(meta, fresh) }]
  })
}
function words(meta: FieldMeta | undefined, value: unknown): string {
  return (meta && textOf(value, meta)) || plainText(value)
}

export interface Detail { readonly changes?: unknown; readonly ids?: readonly string[]; readonly rest: readonly (readonly [string, string])[] }
/** The detail of an entry: what changed, which records, and everything else as it stands. */
export function readDetail(text: unknown): Detail {
  const tree = parsed(text) ?? {}
  const { changes, ids, ...others } = tree
  return {
    changes,
    ids: Array.isArray(ids) ? ids.map(String) : undefined,
    rest: [...leaves(others)].filter(([, value]) => value !== ''),
  }
}
