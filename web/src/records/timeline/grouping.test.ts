import { describe, expect, it } from 'vitest'
import type { TimelineEntry } from '@/api/types'
import { groupTimeline } from './grouping'

const now = '2026-11-24T14:32:08+08:00'
const entry = (id: string, at: string, more: Partial<TimelineEntry> = {}) => ({ kind: 'activity', at, object: 'activity', id, title: id, who: { id: 'a', title: 'A' }, record: {}, ...more }) as TimelineEntry
const change = (id: string, at: string, changes: unknown[], who = 'a') => entry(id, at, { kind: 'change', who: { id: who, title: who }, record: { changes } })

const life = {
  isOpen: ({ record }: TimelineEntry) => (record.state as { code?: string } | undefined)?.code === 'new',
  doneAt: ({ record }: TimelineEntry) => (typeof record.done_at === 'string' ? record.done_at : undefined),
}

describe('a timeline', () => {
  it('begins with what is to come, the next on top, then today, then earlier days', () => {
    const groups = groupTimeline([entry('far', '2026-12-30T02:00:00Z'), entry('next', '2026-11-25T02:00:00Z'), entry('old', '2026-11-20T02:00:00Z'), entry('today', '2026-11-24T03:20:00Z')], life, now)
    expect(groups.map((group) => [group.kind, group.happenings.map((one) => one.entry.id)])).toEqual([['plan', ['next', 'far']], ['today', ['today']], ['day', ['old']]])
  })
  it('keeps on top what is not done though its time has passed, and lets go what was done early', () => {
    const task = (id: string, at: string, done: string | null, state: string) => entry(id, at, { kind: 'task', object: 'task', record: { done_at: done, state: { code: state } } })
    const groups = groupTimeline([task('late', '2026-11-20T00:00:00Z', null, 'new'), task('early', '2026-12-20T00:00:00Z', '2026-11-23T03:00:00Z', 'done'), task('off', '2026-11-10T00:00:00Z', null, 'cancelled')], life, now)
    expect(groups.map((group) => [group.kind, group.happenings.map((one) => one.entry.id)])).toEqual([['plan', ['late']], ['day', ['early']], ['day', ['off']]])
  })
  it('shows the newest of a day first', () => {
    const [group] = groupTimeline([entry('early', '2026-11-20T01:00:00Z'), entry('late', '2026-11-20T05:00:00Z')], life, now)
    expect(group!.happenings.map((one) => one.entry.id)).toEqual(['late', 'early'])
  })
  it('joins what one person changed within half an hour, from the first old to the last new value', () => {
    const [group] = groupTimeline([
      change('2', '2026-11-24T01:20:00Z', [{ field: 'level', old: 'B', new: 'C' }]),
      change('1', '2026-11-24T01:00:00Z', [{ field: 'level', old: 'A', new: 'B' }, { field: 'phone', old: null, new: '1' }])], life, now)
    expect(group!.happenings).toHaveLength(1)
    expect(group!.happenings[0]!.changes).toEqual([{ field: 'level', old: 'A', new: 'C' }, { field: 'phone', old: null, new: '1' }])
  })
  it('keeps apart the changes of different people and of different hours', () => {
    const one = [{ field: 'level', old: 'A', new: 'B' }]
    const [group] = groupTimeline([change('3', '2026-11-24T03:00:00Z', one), change('2', '2026-11-24T01:20:00Z', one, 'b'), change('1', '2026-11-24T01:00:00Z', one)], life, now)
    expect(group!.happenings).toHaveLength(3)
  })
})
