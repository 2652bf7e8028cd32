import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useEvents } from '@/api/events'
import { groupRecords, listRecords } from '@/api/records'
import type { ApiFailure, FieldMeta, Filter, GroupRow, RecordRow, Sort, Sums } from '@/api/types'
import { joined } from '../filter/tree'
import { groupBy, groupFilter, Outline } from './grouping'
import { PageCache } from './pages'

export interface ListAsk {
  readonly object: string
  readonly filter: Filter | null
  readonly search: string
  readonly sort: Sort
  readonly fields: readonly string[]
  readonly group?: FieldMeta
  readonly sums: readonly string[]
  readonly averages: readonly string[]
}
export interface Totals { readonly count: number; readonly sum: Sums; readonly average: Sums }
export type Line = { readonly kind: 'row'; readonly row: RecordRow | undefined } | { readonly kind: 'header'; readonly section: number; readonly group: GroupRow; readonly open: boolean }

/** Not now, too many, no line: the rows that are there are still worth looking at. These statuses will not change. */
const refusals: ReadonlySet<number> = new Set([400, 403, 404, 422])
interface Shown { readonly ask: ListAsk; readonly caches: readonly PageCache[]; readonly outline: Outline | undefined }

/**
 * The rows of a list, wherever one looks. A new question keeps the old rows on the screen until the first answer is there.
 * `hold` puts off what would move rows about, for instance while a cell is being written.
 */
export function useSource(ask: () => ListAsk, hold: () => boolean = () => false) {
  const shown = shallowRef<Shown>()
  const count = ref(0)
  const counted = ref(false)
  const totals = shallowRef<Totals>()
  const failure = shallowRef<ApiFailure>()
  const version = ref(0)
  const slow = ref(false)
  const busy = ref(false)
  let running = new AbortController()
  let again = 0
  let view: readonly [number, number] = [0, 0]
  const closed = new Set<string>()
  const touched = () => { version.value += 1 }

  function cache(asked: ListAsk, more: Filter | null): PageCache {
    return new PageCache(async ({ offset, limit, after, signal }) => {
      const answer = await listRecords(asked.object, {
        filter: joined(asked.filter, more), search: asked.search, sort: asked.sort, fields: asked.fields, limit,
        ...(after ? { after } : { offset }), count: 'none',
      }, signal)
      if (!answer.ok && answer.failure.kind !== 'aborted' && shown.value?.ask === asked) failure.value = answer.failure
      return answer.ok ? answer.value : undefined
    }, touched)
  }

  /** Asks anew; the rows in view come first and the totals follow. */
  async function load(keepPlace: boolean): Promise<void> {
    running.abort()
    running = new AbortController()
    const { signal } = running
    const asked = ask()
    busy.value = true
    const timer = window.setTimeout(() => { slow.value = !shown.value }, 150)
    const ready = asked.group ? await loadGroups(asked, asked.group, signal) : await loadPlain(asked, keepPlace, signal)
    clearTimeout(timer)
    if (signal.aborted) return
    busy.value = false
    slow.value = false
    if (!ready) {
      // What is refused has no rows: those of the question before would stand under the name of this one.
      if (refusals.has(failure.value?.status ?? 0)) shown.value = undefined
      return
    }
    const before = shown.value
    shown.value = ready
    before?.caches.forEach((one) => one.stop())
    failure.value = undefined
    touched()
    if (keepPlace) want(...view)
    void loadTotals(asked, signal)
  }

  async function loadPlain(asked: ListAsk, keepPlace: boolean, signal: AbortSignal): Promise<Shown | undefined> {
    const made = cache(asked, null)
    const page = keepPlace ? Math.floor(view[0] / made.size) : 0
    const answer = await listRecords(asked.object, {
      filter: asked.filter, search: asked.search, sort: asked.sort, fields: asked.fields, limit: made.size, offset: page * made.size, count: 'capped',
    }, signal)
    if (signal.aborted) return undefined
    if (!answer.ok) { failure.value = answer.failure; return undefined }
    made.put(page, answer.value)
    // A capped count while the exact one of the same question is already known would let the scroll bar jump.
    if (!keepPlace || answer.value.count?.exact) {
      count.value = answer.value.count?.value ?? answer.value.records.length
      counted.value = answer.value.count?.exact ?? false
    }
    return { ask: asked, caches: [made], outline: undefined }
  }

  async function loadGroups(asked: ListAsk, group: FieldMeta, signal: AbortSignal): Promise<Shown | undefined> {
    const answer = await groupRecords(asked.object, { by: [groupBy(group)], sum: asked.sums, filter: asked.filter, search: asked.search }, signal)
    if (signal.aborted) return undefined
    if (!answer.ok) { failure.value = answer.failure; return undefined }
    count.value = answer.value.total.count
    counted.value = true
    return {
      ask: asked,
      caches: answer.value.groups.map((one) => cache(asked, groupFilter(group, one.key))),
      outline: new Outline(answer.value.groups.map((one) => ({ group: one, open: !closed.has(JSON.stringify(one.key)) }))),
    }
  }

  async function loadTotals(asked: ListAsk, signal: AbortSignal): Promise<void> {
    const answer = await groupRecords(asked.object, { sum: asked.sums, average: asked.averages, filter: asked.filter, search: asked.search }, signal)
    if (!answer.ok || signal.aborted) return
    const { total } = answer.value
    totals.value = { count: total.count, sum: total.sum ?? {}, average: total.average ?? {} }
    count.value = total.count
    counted.value = true
  }

  const lines = computed(() => shown.value?.outline?.lines ?? (shown.value ? count.value : 0))
  function at(line: number): Line | undefined {
    void version.value
    const now = shown.value
    if (!now) return undefined
    if (!now.outline) return line < count.value ? { kind: 'row', row: now.caches[0]!.row(line) } : undefined
    const place = now.outline.at(line)
    if (!place) return undefined
    if (place.kind === 'header') return { kind: 'header', section: place.section, ...now.outline.sections[place.section]! }
    return { kind: 'row', row: now.caches[place.section]!.row(place.index) }
  }
  function rowAt(line: number): RecordRow | undefined {
    const found = at(line)
    return found?.kind === 'row' ? found.row : undefined
  }

  function want(first: number, end: number): void {
    view = [first, end]
    const now = shown.value
    if (!now) return
    if (!now.outline) { now.caches[0]!.want(first, Math.min(end, count.value)); return }
    const ranges = new Map<number, [number, number]>()
    for (let line = first; line < end; line += 1) {
      const place = now.outline.at(line)
      if (place?.kind !== 'row') continue
      const range = ranges.get(place.section)
      if (range) range[1] = place.index + 1
      else ranges.set(place.section, [place.index, place.index + 1])
    }
    for (const [section, range] of ranges) now.caches[section]!.want(...range)
  }

  function toggle(section: number): void {
    const now = shown.value
    const part = now?.outline?.sections[section]
    if (!now || !part) return
    const key = JSON.stringify(part.group.key)
    if (part.open) closed.add(key)
    else closed.delete(key)
    shown.value = { ...now, outline: new Outline(now.outline!.sections.map((one, index) => (index === section ? { ...one, open: !one.open } : one))) }
    touched()
  }

  function replace(row: RecordRow): void {
    shown.value?.caches.forEach((one) => one.replace(row))
    touched()
  }
  function* loaded(): Generator<RecordRow> {
    for (const one of shown.value?.caches ?? []) for (const [, row] of one.loaded()) yield row
  }
  function holds(ids: readonly string[]): boolean {
    const wanted = new Set(ids)
    for (const row of loaded()) if (wanted.has(row.id)) return true
    return false
  }

  function refresh(after = 400): void {
    clearTimeout(again)
    again = window.setTimeout(() => { if (hold()) refresh(); else void load(true) }, after)
  }
  useEvents({
    change(event) {
      if (event.object !== ask().object) return
      if (event.ids === null || event.operation !== 'change' || holds(event.ids)) refresh()
    },
    // What may no longer be seen goes at once.
    resync: (why) => refresh(why === 'rights' ? 0 : undefined),
  })

  watch(() => { const { fields, ...rest } = ask(); return JSON.stringify([rest, fields]) }, (now, before) => {
    if (before && shown.value?.ask.object !== ask().object) { shown.value = undefined; totals.value = undefined; count.value = 0 }
    if (now !== before) void load(false)
  }, { immediate: true })
  onScopeDispose(() => {
    running.abort()
    clearTimeout(again)
    shown.value?.caches.forEach((one) => one.stop())
  })

  return {
    count, counted, totals, failure, slow, busy, version, lines, at, rowAt, want, toggle, replace, loaded, refresh,
    ready: computed(() => shown.value !== undefined),
    grouped: computed(() => shown.value?.outline !== undefined),
    load: () => load(true),
  }
}
export type Source = ReturnType<typeof useSource>
