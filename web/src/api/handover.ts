import { request } from './request'
import type { HandoverPlan, HandoverPreview } from './types'

const of = (object: string, id: string) => `/api/handovers/${encodeURIComponent(object)}/${encodeURIComponent(id)}`
export const previewHandover = (object: string, id: string, signal?: AbortSignal) => request<HandoverPreview>('GET', of(object, id), { signal })
/** Becomes a job; its result says what has moved. */
export const startHandover = (object: string, id: string, plan: HandoverPlan) => request<{ job: string }>('POST', of(object, id), { body: plan })
