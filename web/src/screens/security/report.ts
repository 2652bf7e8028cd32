import dayjs from 'dayjs'
import type { Filter, GroupRow } from '@/api/types'

/** What the report counts: a column of its tables and a figure at its top. */
export interface Measure { readonly key: string; readonly filter: Filter; readonly bad?: boolean }
export const measures: readonly Measure[] = [
  { key: 'refused', filter: ['kind', 'is', 'refused'], bad: true },
  { key: 'failed', filter: { and: [['kind', 'is', 'sign_in'], ['outcome', 'is', 'refused']] }, bad: true },
  { key: 'exports', filter: ['kind', 'in', ['export', 'print']] },
  { key: 'deletes', filter: ['kind', 'in', ['delete', 'purge']] },
  { key: 'rights', filter: ['kind', 'in', ['rights', 'view_as']] },
  { key: 'sensitive', filter: ['kind', 'is', 'sensitive'] },
]

export type Counts = Readonly<Record<string, number>>
const none: Counts = Object.fromEntries(measures.map(({ key }) => [key, 0]))

/** Which measure an entry of this kind and outcome counts for. */
export function measureOf(kind: string, outcome: string): string | undefined {
  if (kind === 'refused') return 'refused'
  if (kind === 'sign_in') return outcome === 'refused' ? 'failed' : undefined
  if (kind === 'export' || kind === 'print') return 'exports'
  if (kind === 'delete' || kind === 'purge') return 'deletes'
  if (kind === 'rights' || kind === 'view_as') return 'rights'
  return kind === 'sensitive' ? 'sensitive' : undefined
}

export interface Line { readonly key: string; readonly title: string; readonly counts: Counts; readonly all: number }

/** Groups by [who or when, kind, outcome] as lines of a table, most first; what no measure counts is in `all` alone. */
export function linesOf(groups: readonly GroupRow[]): Line[] {
  const lines = new Map<string, { title: string; counts: Record<string, number>; all: number }>()
  for (const group of groups) {
    const [key, kind, outcome] = (group.key as readonly unknown[]).map(codeOf)
    const line = lines.get(key ?? '') ?? { title: String((group.title as readonly string[])[0] ?? ''), counts: { ...none }, all: 0 }
    lines.set(key ?? '', line)
    line.all += group.count
    const measure = measureOf(kind ?? '', outcome ?? '')
    if (measure) line.counts[measure] = (line.counts[measure] ?? 0) + group.count
  }
  return [...lines].map(([key, line]) => ({ key, ...line })).sort((a, b) => b.all - a.all || a.key.localeCompare(b.key))
}
export const totalOf = (lines: readonly Line[]): Counts =>
  lines.reduce<Counts>((sum, line) => Object.fromEntries(measures.map(({ key }) => [key, (sum[key] ?? 0) + (line.counts[key] ?? 0)])), none)

/** The key of a choice may be its code or {code, title}. */
export function codeOf(key: unknown): string {
  if (key === null || key === undefined) return ''
  if (typeof key === 'object' && 'code' in key) return String((key as { code: unknown }).code)
  return String(key)
}

export type Period = 'today' | 'week' | 'month' | 'own'
export interface Days { readonly from: string; readonly until: string }
/** Whole days, both included. */
export function daysOf(period: Exclude<Period, 'own'>, now: dayjs.ConfigType = undefined): Days {
  const until = dayjs(now).format('YYYY-MM-DD')
  const back = { today: 0, week: 6, month: 29 }[period]
  return { from: dayjs(now).subtract(back, 'day').format('YYYY-MM-DD'), until }
}
export function filterOf({ from, until }: Days): Filter {
  return {
    and: [
      ['kind', 'is_not', 'sealed'],
      ['at', 'on_or_after', dayjs(from).startOf('day').toISOString()],
      ['at', 'before', dayjs(until).add(1, 'day').startOf('day').toISOString()],
    ],
  }
}
