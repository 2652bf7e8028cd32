import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useEvents } from '@/api/events'
import { groupRecords, listRecords } from '@/api/records'
import type { ApiFailure, FieldMeta, Filter, ObjectMeta, RecordRow, Reference, Sort } from '@/api/types'
import { language } from '@/base/i18n'
import { fieldOf, useMeta } from '@/meta/meta'
import { whenUndone } from '@/records/undo'
import { Forest } from './forest'

const pageSize = 500
/** More than this is read level by level, as it is opened. */
const wholeMost = 5000
/** Ids in one question: they go with the address. */
const idsMost = 150

/** The field that makes records of an object a tree. */
export const treeFieldOf = (object: ObjectMeta | undefined): FieldMeta | undefined => object?.fields.find((field) => field.tree)
export const both = (first: Filter, second: Filter | undefined): Filter => (second ? { and: [first, second] } : first)

/** The records of a tree: all of them when there are not too many, else each level when it is opened. */
export function useTree(object: () => ObjectMeta | undefined) {
  const metas = useMeta()
  const rows = shallowRef(new Map<string, RecordRow>())
  /** Of these the children are here; matters only while the tree is read level by level. */
  const known = shallowRef(new Set<string>())
  const childCounts = shallowRef(new Map<string, number>())
  const complete = ref(true)
  const ready = ref(false)
  const busy = ref(false)
  const failure = shallowRef<ApiFailure>()
  const counts = shallowRef(new Map<string, number>())
  let running = new AbortController()
  let again = 0

  const parent = computed(() => treeFieldOf(object()))
  const layout = computed(() => object()?.layout.tree)
  const forest = computed(() => new Forest(rows.value.values(), parent.value?.name ?? ''))
  const fields = computed(() => {
    const one = object()
    if (!one || !parent.value) return []
    return [...new Set([one.title, one.title_en ?? '', parent.value.name, ...(layout.value?.show ?? []), ...(layout.value?.people ?? [])])].filter((name) => name && fieldOf(one, name))
  })
  const sort = computed<Sort>(() => {
    const one = object()
    if (!one) return []
    return [...(one.sort && fieldOf(one, one.sort)?.sortable !== false ? [[one.sort, 'asc'] as const] : []), [one.title, 'asc'] as const]
  })

  function nameOf(row: RecordRow): string {
    const one = object()
    const english = one?.title_en && language() === 'en' ? row[one.title_en] : undefined
    return String((english || (one && row[one.title])) ?? '')
  }

  /** Every page of a question; nothing when it failed or is no longer asked. */
  async function pages(filter: Filter | null, signal: AbortSignal, most = Infinity): Promise<RecordRow[] | undefined> {
    const one = object()
    if (!one) return undefined
    const found: RecordRow[] = []
    let after: string | null = null
    do {
      const answer: Awaited<ReturnType<typeof listRecords>> = await listRecords(one.name, { filter, fields: fields.value, sort: sort.value, limit: pageSize, after }, signal)
      if (signal.aborted) return undefined
      if (!answer.ok) { failure.value = answer.failure; return undefined }
      found.push(...answer.value.records)
      after = answer.value.next
    } while (after && found.length < most)
    return found
  }

  async function load(): Promise<void> {
    const one = object()
    if (!one || !parent.value) return
    running.abort()
    running = new AbortController()
    const { signal } = running
    busy.value = true
    const size = await listRecords(one.name, { limit: 1, count: 'capped', fields: [one.title] }, signal)
    if (signal.aborted) return
    if (!size.ok) { failure.value = size.failure; busy.value = false; return }
    complete.value = (size.value.count?.value ?? 0) <= wholeMost
    const found = await pages(complete.value ? null : [parent.value.name, 'empty'], signal, complete.value ? Infinity : pageSize)
    if (signal.aborted) return
    busy.value = false
    if (!found) return
    failure.value = undefined
    // What was opened before stays, as long as it is still there.
    const opened = complete.value ? [] : [...known.value].filter((id) => rows.value.has(id))
    rows.value = new Map(found.map((row) => [row.id, row]))
    known.value = new Set()
    ready.value = true
    void countMembers(signal)
    if (!complete.value) {
      void countChildren(found.map((row) => row.id), signal)
      for (const id of opened) await expand(id)
    }
  }

  /** Reads the next level, where it is not here yet. */
  async function expand(id: string): Promise<void> {
    if (complete.value || known.value.has(id) || !parent.value) return
    const { signal } = running
    const found = await pages([parent.value.name, 'is', id], signal, wholeMost)
    if (!found || signal.aborted) return
    rows.value = new Map([...rows.value, ...found.map((row) => [row.id, row] as const)])
    known.value = new Set([...known.value, id])
    void countChildren(found.map((row) => row.id), signal)
  }
  function mayOpen(id: string): boolean {
    const node = forest.value.node(id)
    if (!node) return false
    if (complete.value || known.value.has(id)) return node.children.length > 0
    return node.children.length > 0 || (childCounts.value.get(id) ?? 0) > 0
  }
  async function countChildren(ids: readonly string[], signal: AbortSignal): Promise<void> {
    const one = object()
    if (!one || !parent.value) return
    const name = parent.value.name
    const parts = Array.from({ length: Math.ceil(ids.length / idsMost) }, (_, index) => ids.slice(index * idsMost, (index + 1) * idsMost))
    const answers = await Promise.all(parts.map((part) => groupRecords(one.name, { by: [name], filter: [name, 'in', part] }, signal)))
    if (signal.aborted) return
    const now = new Map(childCounts.value)
    for (const answer of answers) if (answer.ok) for (const group of answer.value.groups) now.set(idOf(group.key), group.count)
    childCounts.value = now
  }

  /** How many there are of the first list that the tree tells: of a department its people. */
  async function countMembers(signal: AbortSignal): Promise<void> {
    const one = object()
    const first = layout.value?.members?.[0]
    const list = first && fieldOf(one, first.field)
    const target = list?.to ? metas.object(list.to) : undefined
    if (!list?.by || !target || !fieldOf(target, list.by)) return
    const answer = await groupRecords(target.name, { by: [list.by], filter: first?.filter }, signal)
    if (answer.ok && !signal.aborted) counts.value = new Map(answer.value.groups.map((group) => [idOf(group.key), group.count]))
  }
  const idOf = (key: unknown): string => (typeof key === 'object' && key !== null ? (key as Reference).id : String(key ?? ''))

  /** Ids of the records that these words find, with the way to each of them read. */
  async function find(words: string, signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
    const one = object()
    if (!one || !parent.value) return undefined
    const answer = await listRecords(one.name, { search: words, fields: fields.value, limit: 200 }, signal)
    if (!answer.ok || signal.aborted) return undefined
    const found = answer.value.records
    if (!complete.value) await readAbove(found, signal)
    return signal.aborted ? undefined : new Set(found.map((row) => row.id))
  }
  async function readAbove(found: readonly RecordRow[], signal: AbortSignal): Promise<void> {
    const name = parent.value!.name
    const now = new Map([...rows.value, ...found.map((row) => [row.id, row] as const)])
    const asked = new Set<string>()
    for (let depth = 0; depth < 32 && !signal.aborted; depth += 1) {
      const missing = [...now.values()].map((row) => (row[name] as Reference | null)?.id ?? '').filter((id) => id && !now.has(id) && !asked.has(id))
      const next = [...new Set(missing)].slice(0, idsMost)
      if (!next.length) break
      for (const id of next) asked.add(id)
      for (const row of await pages(['id', 'in', next], signal) ?? []) now.set(row.id, row)
    }
    if (!signal.aborted) rows.value = now
  }

  function put(row: RecordRow): void { rows.value = new Map([...rows.value, [row.id, row]]) }
  function later(): void {
    clearTimeout(again)
    again = window.setTimeout(() => void load(), 250)
  }
  const memberObjects = computed(() => (layout.value?.members ?? []).map((one) => fieldOf(object(), one.field)?.to))
  useEvents({
    change(event) {
      if (event.object === object()?.name) later()
      else if (memberObjects.value[0] === event.object) void countMembers(running.signal)
    },
    resync: later,
  })
  onScopeDispose(whenUndone(later))
  onScopeDispose(() => { running.abort(); clearTimeout(again) })
  watch(() => object()?.name, () => { rows.value = new Map(); known.value = new Set(); counts.value = new Map(); ready.value = false; void load() }, { immediate: true })

  return { forest, parent, layout, complete, ready, busy, failure, counts, nameOf, load, expand, mayOpen, find, put }
}
export type Tree = ReturnType<typeof useTree>
