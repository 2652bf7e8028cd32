import dayjs from 'dayjs'
import type { HistoryChange, TimelineEntry } from '@/api/types'

/** An event, or several changes that one person made in a row. */
export interface Happening { readonly key: string; readonly entry: TimelineEntry; readonly changes: readonly HistoryChange[]; readonly count: number }
export interface Stretch { readonly key: string; readonly kind: 'plan' | 'today' | 'day'; readonly day: string; readonly happenings: readonly Happening[] }

export function changesOf(entry: TimelineEntry): readonly HistoryChange[] {
  const changes = entry.record.changes
  return Array.isArray(changes) ? (changes as HistoryChange[]) : []
}

/** How events of an object come to be done: which are open, and when the others were. */
export interface Life { isOpen(entry: TimelineEntry): boolean; doneAt(entry: TimelineEntry): string | undefined }

const minutesTogether = 30

function belongsTo(last: Happening | undefined, entry: TimelineEntry): boolean {
  return last?.entry.kind === 'change' && entry.kind === 'change' && last.entry.who?.id === entry.who?.id
    && last.changes.length > 0 && changesOf(entry).length > 0
    && Math.abs(dayjs(last.entry.at).diff(entry.at, 'minute')) <= minutesTogether
}

/** Of several changes of one field in a row, only where it came from and where it went counts. Entries come newest first. */
function joined(newer: readonly HistoryChange[], older: readonly HistoryChange[]): HistoryChange[] {
  const result = newer.map((change) => ({ ...change }))
  for (const change of older) {
    const at = result.findIndex((one) => one.field === change.field)
    if (at < 0) result.push({ ...change })
    else result[at] = { ...result[at]!, old: change.old }
  }
  return result
}

/** What is still to come first, its next on top; then today; then day by day backwards. */
/** What is open stays on top even when its time has passed; what was done before its time happened when it was done. */
export function groupTimeline(entries: readonly TimelineEntry[], life: Life, now: dayjs.ConfigType = undefined): Stretch[] {
  const at = dayjs(now)
  const coming: Happening[] = []
  const days = new Map<string, Happening[]>()
  const dated = entries.map((entry) => ({ entry, when: (dayjs(entry.at).isAfter(at) && life.doneAt(entry)) || entry.at }))
  for (const { entry, when } of dated.sort((a, b) => (a.when < b.when ? 1 : a.when > b.when ? -1 : 0))) {
    const happening: Happening = { key: `${entry.kind}.${entry.object}.${entry.id}.${entry.at}`, entry, changes: changesOf(entry), count: 1 }
    if (life.isOpen(entry) || dayjs(when).isAfter(at)) { coming.unshift(happening); continue }
    const day = dayjs(when).format('YYYY-MM-DD')
    const list = days.get(day) ?? []
    const last = list.at(-1)
    if (belongsTo(last, entry)) list[list.length - 1] = { ...last!, changes: joined(last!.changes, happening.changes), count: last!.count + 1 }
    else list.push(happening)
    days.set(day, list)
  }
  const stretches: Stretch[] = [...days].map(([day, happenings]) => ({ key: day, kind: at.isSame(day, 'day') ? 'today' : 'day', day, happenings }))
  if (coming.length) stretches.unshift({ key: 'plan', kind: 'plan', day: '', happenings: coming })
  return stretches
}
