import { request } from './request'
import type { AuditVerdict, OperationChange } from './types'

export const verifyAudit = () => request<AuditVerdict>('GET', '/api/audit/verify')
export const readOperation = (batch: string, after?: string | null) =>
  request<{ changes: OperationChange[]; next: string | null }>('GET', `/api/batches/${encodeURIComponent(batch)}/changes`, { query: { after } })
