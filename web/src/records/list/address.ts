import type { Filter, Sort, View } from '@/api/types'
import { readFilter, sameFilter } from '../filter/tree'

/** What stands in the address of a list; what is not there is as the view says. */
export interface ListAddress {
  readonly search: string
  readonly filter: Filter | null | undefined
  readonly sort: Sort | undefined
  readonly columns: readonly string[] | undefined
  readonly group: string | undefined
  readonly kind: 'table' | 'board' | undefined
  readonly peek: string
}
type Query = Readonly<Record<string, unknown>>
const name = /^[a-z][a-z0-9_.]*$/
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

export function readSort(given: unknown): Sort | undefined {
  if (typeof given !== 'string') return undefined
  return given.split(',').filter(Boolean).flatMap((part) => {
    const [field = '', way = 'asc'] = part.split(':')
    return name.test(field) ? [[field, way === 'desc' ? 'desc' : 'asc'] as const] : []
  })
}
export const writeSort = (sort: Sort) => sort.map(([field, way]) => `${field}:${way}`).join(',')

export function readAddress(query: Query): ListAddress {
  const columns = text(query.c).split(',').filter((one) => name.test(one))
  const kind = text(query.k)
  return {
    search: text(query.q).slice(0, 200),
    filter: readFilter(query.f),
    sort: readSort(query.s),
    columns: columns.length ? columns : undefined,
    group: query.g === undefined ? undefined : name.test(text(query.g)) ? text(query.g) : '',
    kind: kind === 'table' || kind === 'board' ? kind : undefined,
    peek: /^\d+$/.test(text(query.peek)) ? text(query.peek) : '',
  }
}

/** The query of an address without what the view says already: it stays short and follows the view when that changes. */
export function writeAddress(address: ListAddress, view: View | undefined): Record<string, string> {
  const query: Record<string, string> = {}
  if (address.search) query.q = address.search
  if (address.filter !== undefined && !sameFilter(address.filter, view?.filter)) query.f = JSON.stringify(address.filter)
  if (address.sort && (address.search || writeSort(address.sort) !== writeSort(view?.sort ?? []))) query.s = writeSort(address.sort)
  if (address.columns && address.columns.join() !== (view?.columns ?? []).join()) query.c = address.columns.join(',')
  if (address.group !== undefined && address.group !== (view?.group ?? '')) query.g = address.group
  if (address.kind && address.kind !== (view?.kind ?? 'table')) query.k = address.kind
  if (address.peek) query.peek = address.peek
  return query
}

/** Something the view could keep differs from what it keeps. A search and a peek belong to nobody. */
export function isChanged(query: Query): boolean {
  return ['f', 's', 'c', 'g', 'k'].some((key) => query[key] !== undefined)
}

/** Saved views hold their parts as JSON text in the record and as values in the metadata; both are taken. */
export function plainView(view: View): View {
  const parse = <T>(value: unknown): T | undefined => {
    if (typeof value !== 'string') return (value ?? undefined) as T | undefined
    try { return JSON.parse(value) as T } catch { return undefined }
  }
  const kind = typeof view.kind === 'object' ? (view.kind as { code: string }).code : view.kind
  return {
    ...view, kind: kind === 'board' ? 'board' : 'table', columns: parse(view.columns), filter: parse(view.filter) ?? null, sort: parse(view.sort),
    settings: parse(view.settings) ?? null, group: view.group || undefined,
  }
}

/** A click sorts by one column: rising, falling, not at all. With Shift it joins those that sort already. */
export function nextSort(sort: Sort, field: string, more: boolean): Sort {
  const now = sort.find(([one]) => one === field)?.[1]
  const next = now === undefined ? 'asc' : now === 'asc' ? 'desc' : undefined
  if (!more) return next ? [[field, next]] : []
  if (now === undefined) return [...sort, [field, 'asc']]
  return sort.flatMap((one) => (one[0] !== field ? [one] : next ? [[field, next] as const] : []))
}
