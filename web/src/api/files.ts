import { request, url } from './request'
import type { FileInfo, ImportReject, ImportState, Job, ListQuery } from './types'

export function uploadFile(file: File, signal?: AbortSignal) {
  const body = new FormData()
  body.append('file', file)
  return request<FileInfo>('POST', '/api/files', { body, signal })
}
export const fileAddress = (id: string) => url(`/api/files/${encodeURIComponent(id)}`)

const one = (id: string) => `/api/imports/${encodeURIComponent(id)}`
export const startImport = (object: string, file: string) => request<ImportState>('POST', '/api/imports', { body: { object, file } })
export const readImport = (id: string, signal?: AbortSignal) => request<ImportState>('GET', one(id), { signal })
export const changeImport = (id: string, values: Record<string, unknown>) => request<ImportState>('PATCH', one(id), { body: values })
export const checkImport = (id: string) => request<{ job: string }>('POST', `${one(id)}/check`, { body: {} })
export const runImport = (id: string) => request<{ job: string }>('POST', `${one(id)}/run`, { body: {} })
export const cancelImport = (id: string) => request<void>('POST', `${one(id)}/cancel`, { body: {} })
export const readRejects = (id: string, more: { after?: string | null; rule?: string } = {}, signal?: AbortSignal) =>
  request<{ rejects: ImportReject[]; next: string | null }>('GET', `${one(id)}/rejects`, { query: more, signal })
export const fixReject = (id: string, values: Record<string, unknown>) =>
  request<{ problems: ImportReject['problems'] }>('PATCH', `${one(id)}/rejects`, { body: values })
export const rejectsAddress = (id: string) => url(`${one(id)}/rejects.csv`)

export function exportAddress(object: string, format: 'csv' | 'xlsx', list: Pick<ListQuery, 'view' | 'filter' | 'search' | 'sort' | 'fields'> & { language?: string }) {
  return url(`/api/exports/${encodeURIComponent(object)}`, {
    ...list, format, fields: list.fields?.join(','), sort: list.sort?.map(([field, direction]) => `${field}:${direction}`).join(','),
  })
}
export const readJob = (id: string, signal?: AbortSignal) => request<Job>('GET', `/api/jobs/${encodeURIComponent(id)}`, { signal })
const ended = (job: Job) => ['done', 'failed', 'cancelled'].includes(job.state)
/** The job when it is over, however long it takes; nothing when the server cannot be asked. */
export async function jobAtEnd(id: string): Promise<Job | undefined> {
  for (;;) {
    const answer = await readJob(id)
    if (!answer.ok) return undefined
    if (ended(answer.value)) return answer.value
    await new Promise((resolve) => setTimeout(resolve, 400))
  }
}
export const cancelJob = (id: string) => request<void>('POST', `/api/jobs/${encodeURIComponent(id)}/cancel`, { body: {} })
