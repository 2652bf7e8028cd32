import { request } from './request'
import type { Meta, PublicInfo, SessionInfo } from './types'

export const signIn = (login: string, password: string) => request<SessionInfo>('POST', '/api/session', { body: { login, password } })
export const readSession = () => request<SessionInfo>('GET', '/api/session')
export const signOut = () => request<void>('DELETE', '/api/session')
export const changePassword = (old: string, next: string) => request<void>('POST', '/api/session/password', { body: { old, new: next } })
export const changeSession = (values: Record<string, unknown>) => request<void>('PATCH', '/api/session', { body: values })
export const readPublic = () => request<PublicInfo>('GET', '/api/public')
export const readMeta = (etag?: string) => request<Meta | undefined>('GET', '/api/meta', { headers: etag ? { 'If-None-Match': etag } : {} })
export const readHelp = (object: string, language: string, signal?: AbortSignal) =>
  request<{ markdown: string }>('GET', `/api/help/${encodeURIComponent(object)}`, { query: { language }, signal })
