import { request } from './request'
import type { NoticePage } from './types'

export const listNotices = (more: { after?: string | null; limit?: number } = {}, signal?: AbortSignal) =>
  request<NoticePage>('GET', '/api/notices', { query: more, signal })
export const markRead = (which: { readonly ids: readonly string[] } | { readonly all: true }) =>
  request<{ unread: number }>('POST', '/api/notices/read', { body: which })
