import { computed, onScopeDispose } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { Filter, Sort, View } from '@/api/types'
import { defaultView, fieldOf, useMeta } from '@/meta/meta'
import { useSession } from '@/meta/session'
import { isGroupable } from '../grid/grouping'
import { columnsOf } from '../grid/columns'
import { isChanged, plainView, readAddress, writeAddress, type ListAddress } from './address'

/** The list as its address says, over the view that it names. The address is the only state, so reload and sharing bring it back. */
export function useListState(name: () => string, viewId: () => string | undefined) {
  const route = useRoute()
  const router = useRouter()
  const meta = useMeta()
  const session = useSession()

  const object = computed(() => meta.object(name()))
  const views = computed<readonly View[]>(() => (object.value?.views ?? []).map(plainView))
  const view = computed<View | undefined>(() => {
    const wanted = viewId()
    const usual = object.value && defaultView(object.value)
    return views.value.find((one) => wanted && (one.id === wanted || one.code === wanted)) ?? views.value.find((one) => one.id === usual?.id) ?? views.value[0]
  })
  const address = computed(() => readAddress(route.query))
  const kind = computed(() => address.value.kind ?? view.value?.kind ?? 'table')
  const filter = computed<Filter | null>(() => (address.value.filter !== undefined ? address.value.filter : view.value?.filter ?? null))
  const ownSort = computed<Sort>(() => address.value.sort ?? view.value?.sort ?? [])
  /** What is searched for comes newest first, unless an order was asked for. */
  const sort = computed<Sort>(() => (address.value.search ? address.value.sort ?? [] : ownSort.value))
  const search = computed(() => address.value.search)
  const peek = computed(() => address.value.peek)

  const board = computed(() => views.value.find((one) => one.kind === 'board' && one.group))
  const usualColumns = computed(() => {
    const first = views.value.find((one) => one.kind === 'table' && one.columns?.length)?.columns
    return first ?? (object.value ? [object.value.title, ...object.value.layout.compact] : [])
  })
  const columnNames = computed<readonly string[]>(() => address.value.columns ?? (view.value?.columns?.length ? view.value.columns : usualColumns.value))
  const widths = computed<Readonly<Record<string, number>>>(() => session.preference(`widths.${name()}`, {}))
  const columns = computed(() => (object.value ? columnsOf(object.value, columnNames.value, widths.value) : []))

  /** The field that divides a table; a board always has one. */
  const groupField = computed(() => {
    const wanted = address.value.group ?? (view.value?.kind === kind.value ? view.value.group : undefined)
    const field = wanted ? fieldOf(object.value, wanted) : undefined
    if (field && isGroupable(field)) return field
    if (kind.value !== 'board') return undefined
    return boardField.value
  })
  const boardField = computed(() => {
    const wanted = board.value?.group ?? object.value?.layout.path?.field
    return fieldOf(object.value, wanted ?? '') ?? object.value?.fields.find((field) => field.type === 'choice' && !field.system && !field.masked)
  })
  const canBoard = computed(() => boardField.value !== undefined)
  const changed = computed(() => isChanged(route.query))

  let waiting: Partial<ListAddress> = {}
  let timer = 0
  function set(values: Partial<ListAddress>, push = false): void {
    const next = writeAddress({ ...address.value, ...values }, view.value)
    void router[push ? 'push' : 'replace']({ path: route.path, query: next })
  }
  /** Typing changes the address when it pauses. */
  function setSearch(text: string): void {
    waiting = { search: text }
    clearTimeout(timer)
    timer = window.setTimeout(() => set(waiting), 150)
  }
  onScopeDispose(() => clearTimeout(timer))

  function open(one: View): void {
    void router.push({ path: `/o/${name()}/v/${one.id}`, query: search.value ? { q: search.value } : {} })
  }
  let remembering = 0
  function resize(field: string, width: number): void {
    session.preferences[`widths.${name()}`] = { ...widths.value, [field]: width }
    clearTimeout(remembering)
    remembering = window.setTimeout(() => void session.remember(`widths.${name()}`, widths.value), 800)
  }

  return { object, views, view, kind, filter, sort, ownSort, search, peek, columnNames, columns, groupField, boardField, board, canBoard, changed, set, setSearch, open, resize }
}
export type ListState = ReturnType<typeof useListState>
