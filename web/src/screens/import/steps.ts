import type { ImportColumn, ImportState } from '@/api/types'

export const steps = ['upload', 'map', 'rules', 'check', 'run', 'result'] as const
export type Step = (typeof steps)[number]

/** Where an import stands, told by the server's state; going back to an earlier step is the user's own wish. */
export function stepOf(state: ImportState | undefined): Step {
  if (!state) return 'upload'
  switch (state.state) {
    case 'mapping': return 'map'
    case 'checking':
    case 'checked': return 'check'
    case 'running': return 'run'
    default: return 'result'
  }
}

export type ColumnMark = 'sure' | 'doubtful' | 'left'
/** What the mark beside a column says: it goes in, it goes in but somebody should look, it stays out. */
export function markOf(column: ImportColumn): ColumnMark {
  if (!column.field) return 'left'
  const odd = column.state !== undefined && !['ok', 'sure'].includes(column.state)
  return column.confidence === 'likely' || odd ? 'doubtful' : 'sure'
}

export interface ColumnChange { readonly field: string | null; readonly missing?: string; readonly values?: Readonly<Record<string, string>>; readonly multiply?: string | null; readonly currency?: string | null }
/** How a column is read that nobody has said anything about. */
const plain = { missing: 'reject', values: {}, multiply: null, currency: null } as const

/** All columns as the server wants them, with one changed. A field can be filled from one column only: the other gives it up. */
export function mapped(columns: readonly ImportColumn[], index: number, change: Partial<ColumnChange>): ColumnChange[] {
  return columns.map((column, at) => {
    const now: ColumnChange = { field: column.field, ...(column.missing ? { missing: column.missing } : {}), ...(column.values ? { values: column.values } : {}), ...(column.multiply ? { multiply: column.multiply } : {}), ...(column.currency ? { currency: column.currency } : {}) }
    if (at === index) return change.field !== undefined && change.field !== column.field ? { field: change.field, ...plain } : { ...now, ...change }
    return change.field && column.field === change.field ? { field: null, ...plain } : now
  })
}

export interface ValueRule { readonly missing?: string; readonly values: Readonly<Record<string, string>> }
/** All columns, with what wrong texts of some of them are to mean. */
export function withRules(columns: readonly ImportColumn[], rules: ReadonlyMap<number, ValueRule>): ColumnChange[] {
  return columns.map((column, at) => {
    const rule = rules.get(at)
    return { field: column.field, ...(rule?.missing ? { missing: rule.missing } : {}), ...(rule ? { values: { ...column.values, ...rule.values } } : {}) }
  })
}

/** What cannot go in yet: required fields that no column fills. */
export function unfilled(columns: readonly ImportColumn[], required: readonly string[]): string[] {
  const filled = new Set(columns.map((column) => column.field))
  return required.filter((name) => !filled.has(name))
}

export const acceptedEnds = ['.csv', '.tsv', '.txt', '.xlsx', '.xls'] as const
export function isAccepted(name: string): boolean {
  return acceptedEnds.some((end) => name.toLowerCase().endsWith(end))
}
