import { request, url } from './request'
import type { ArchiveCheck, AuditArchives, AuditVerdict, OperationChange } from './types'

export const verifyAudit = () => request<AuditVerdict>('GET', '/api/audit/verify')
export const readArchives = () => request<AuditArchives>('GET', '/api/audit/archives')
/** Moves the entries before a day (2026-01-31) into a signed file. */
export const makeArchive = (before: string) => request<{ entries: number }>('POST', '/api/audit/archives', { body: { before } })
export const archiveAddress = (name: string) => url(`/api/audit/archives/${encodeURIComponent(name)}`)
export const checkArchive = (name: string) => request<ArchiveCheck>('GET', `/api/audit/archives/${encodeURIComponent(name)}/check`)
export const readOperation = (batch: string, after?: string | null) =>
  request<{ changes: OperationChange[]; next: string | null }>('GET', `/api/batches/${encodeURIComponent(batch)}/changes`, { query: { after } })
