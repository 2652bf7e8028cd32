import type { FieldMeta, RecordRow } from '@/api/types'
import { sameValue } from './values'

/** Somebody else changed a field while this user was changing it too. */
export interface Conflict {
  readonly field: FieldMeta
  readonly mine: unknown
  readonly theirs: unknown
  readonly current: RecordRow
}

export type Staleness = { readonly kind: 'merge'; readonly current: RecordRow } | { readonly kind: 'same'; readonly current: RecordRow } | { readonly kind: 'conflict'; readonly conflict: Conflict }

/**
 * What to do after "stale": when the others changed other fields, ours is simply sent again on top of theirs;
 * when they wrote the same, there is nothing to do; else the user chooses.
 */
export function weigh(field: FieldMeta, base: unknown, mine: unknown, current: RecordRow): Staleness {
  const theirs = current[field.name]
  if (sameValue(field, theirs, mine)) return { kind: 'same', current }
  if (sameValue(field, theirs, base)) return { kind: 'merge', current }
  return { kind: 'conflict', conflict: { field, mine, theirs, current } }
}

/** The same for a whole form: what the others changed without touching ours, and where both differ. */
export function weighForm(fields: readonly FieldMeta[], base: Readonly<Record<string, unknown>>, mine: Readonly<Record<string, unknown>>, current: RecordRow): { readonly conflicts: readonly Conflict[]; readonly taken: readonly FieldMeta[] } {
  const conflicts: Conflict[] = []
  const taken: FieldMeta[] = []
  for (const field of fields) {
    const theirs = current[field.name]
    if (sameValue(field, theirs, base[field.name])) continue
    const touched = !sameValue(field, mine[field.name], base[field.name])
    if (!touched) taken.push(field)
    else if (!sameValue(field, theirs, mine[field.name])) conflicts.push({ field, mine: mine[field.name], theirs, current })
  }
  return { conflicts, taken }
}
