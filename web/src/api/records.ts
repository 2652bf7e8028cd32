import { request } from './request'
import type {
  Batch, BulkResult, Duplicate, Filter, Groups, HistoryEntry, Hit, ListQuery, Option, RecordFull, RecordPage,
  Timeline, UndoResult,
} from './types'

function query(list: ListQuery): Record<string, unknown> {
  return {
    ...list,
    sort: list.sort?.map(([field, direction]) => `${field}:${direction}`).join(','),
    fields: list.fields?.join(','),
    bin: list.bin ? 1 : undefined,
  }
}
const of = (object: string, id?: string) => `/api/records/${encodeURIComponent(object)}${id === undefined ? '' : `/${encodeURIComponent(id)}`}`

export const listRecords = (object: string, list: ListQuery = {}, signal?: AbortSignal) =>
  request<RecordPage>('GET', of(object), { query: query(list), signal })

export interface GroupQuery extends Pick<ListQuery, 'view' | 'filter' | 'search' | 'as_of'> {
  readonly by?: readonly string[]; readonly sum?: readonly string[]; readonly average?: readonly string[]
  readonly minimum?: readonly string[]; readonly maximum?: readonly string[]
}
export const groupRecords = (object: string, groups: GroupQuery, signal?: AbortSignal) =>
  request<Groups>('GET', `${of(object)}/groups`, {
    query: {
      ...groups, by: groups.by?.join(','), sum: groups.sum?.join(','), average: groups.average?.join(','),
      minimum: groups.minimum?.join(','), maximum: groups.maximum?.join(','),
    },
    signal,
  })

export const readRecord = (object: string, id: string, include: readonly string[] = [], signal?: AbortSignal) =>
  request<RecordFull>('GET', of(object, id), { query: { include: include.join(',') }, signal })

export const createRecord = (object: string, fields: Record<string, unknown>, how: { readonly key?: string; readonly refuseDuplicates?: boolean } = {}) =>
  request<RecordFull>('POST', of(object), { body: fields, headers: how.key ? { 'Idempotency-Key': how.key } : {}, query: how.refuseDuplicates ? { duplicates: 'refuse' } : {} })
export const createRecords = (object: string, records: readonly Record<string, unknown>[]) =>
  request<{ batch: string; ids: string[] }>('POST', of(object), { body: records })

export const changeRecord = (object: string, id: string, version: number, fields: Record<string, unknown>) =>
  request<RecordFull & { batch?: string }>('PATCH', of(object, id), { body: fields, headers: { 'If-Match': String(version) } })

export const deleteRecord = (object: string, id: string) => request<{ batch: string }>('DELETE', of(object, id))
export const actOnRecord = (object: string, id: string, action: string, params: Record<string, unknown> = {}) =>
  request<RecordFull & { batch?: string }>('POST', `${of(object, id)}/${encodeURIComponent(action)}`, { body: params })
export const actOnRecords = (object: string, action: string, body: Record<string, unknown>) =>
  request<BulkResult>('POST', `${of(object)}/${encodeURIComponent(action)}`, { body })

export interface BulkTarget extends Pick<ListQuery, 'view' | 'filter' | 'search'> { readonly ids?: readonly string[] }
export const changeAll = (object: string, target: BulkTarget, values: Record<string, unknown>) =>
  actOnRecords(object, 'change_all', { ...target, values })
export const deleteAll = (object: string, target: BulkTarget) => actOnRecords(object, 'delete_all', { ...target })

export const readHistory = (object: string, id: string, after?: string | null, signal?: AbortSignal) =>
  request<{ history: HistoryEntry[]; next: string | null }>('GET', `${of(object, id)}/history`, { query: { after }, signal })
export const readTimeline = (object: string, id: string, more: { after?: string | null; kinds?: readonly string[] } = {}, signal?: AbortSignal) =>
  request<Timeline>('GET', `${of(object, id)}/timeline`, { query: { after: more.after, kinds: more.kinds?.join(',') }, signal })
export const findOptions = (object: string, q: string, more: { filter?: Filter; limit?: number } = {}, signal?: AbortSignal) =>
  request<{ options: Option[] }>('GET', `${of(object)}/options`, { query: { q, ...more }, signal })
export const findDuplicates = (object: string, fields: Record<string, unknown>, signal?: AbortSignal) =>
  request<{ duplicates: Duplicate[] }>('POST', `${of(object)}/duplicates`, { body: fields, signal })

export const listBatches = (limit = 20) => request<{ batches: Batch[] }>('GET', '/api/batches', { query: { limit } })
export const undoBatch = (batch: string) => request<UndoResult>('POST', `/api/batches/${encodeURIComponent(batch)}/undo`, { body: {} })
export const search = (q: string, more: { objects?: readonly string[]; limit?: number } = {}, signal?: AbortSignal) =>
  request<{ hits: Hit[] }>('GET', '/api/search', { query: { q, objects: more.objects?.join(','), limit: more.limit }, signal })
