import { request, url } from './request'
import type { FactorStart, FactorState, LinkHolder, Meta, PublicInfo, SessionInfo, SignInWays } from './types'

export const signIn = (login: string, password: string) => request<SessionInfo>('POST', '/api/session', { body: { login, password } })
export const readSession = () => request<SessionInfo>('GET', '/api/session')
export const signOut = () => request<void>('DELETE', '/api/session')
export const changePassword = (old: string, next: string) => request<void>('POST', '/api/session/password', { body: { old, new: next } })
export const changeSession = (values: Record<string, unknown>) => request<void>('PATCH', '/api/session', { body: values })
export const readPublic = () => request<PublicInfo>('GET', '/api/public')
export const readWays = () => request<SignInWays>('GET', '/api/public/sign_in')

/** Where a provider's button leads: the browser goes there by itself. */
export const providerAddress = (code: string, next?: string) => url(`/api/sso/${encodeURIComponent(code)}`, { next })
/** An address of this system that is no page: the browser goes there by itself. */
export const serverAddress = (path: string) => url(path)
export const providerSignOutAddress = () => url('/api/session/provider_sign_out')

// Steps of a sign-in; each answers like the sign-in itself.
export const giveCode = (code: string) => request<SessionInfo>('POST', '/api/session/code', { body: { code } })
export const choosePassword = (next: string) => request<SessionInfo>('POST', '/api/session/password', { body: { new: next } })
export const confirmFactor = (code: string) => request<SessionInfo>('POST', '/api/session/second_factor/confirm', { body: { code } })
/** The password is asked for unless this is a step of the sign-in. */
export const beginFactor = (password?: string) => request<FactorStart>('POST', '/api/session/second_factor', { body: password === undefined ? {} : { password } })
export const readFactor = () => request<FactorState>('GET', '/api/session/second_factor')
export const newRecoveryCodes = (password: string) => request<{ recovery_codes: readonly string[] }>('POST', '/api/session/recovery_codes', { body: { password } })
export const removeFactor = (password: string) => request<void>('DELETE', '/api/session/second_factor', { body: { password } })

// Looking as somebody else: the server refuses whatever writes until it ends.
export const findViewable = (q: string, signal?: AbortSignal) =>
  request<{ users: readonly { id: string; login: string; name: string }[] }>('GET', '/api/session/view', { query: { q }, signal })
export const beginView = (user: string) => request<SessionInfo>('POST', '/api/session/view', { body: { user } })
export const endView = () => request<SessionInfo>('DELETE', '/api/session/view')

// Without an account, or without its password.
export const askForLink = (login: string) => request<unknown>('POST', '/api/recovery', { body: { login } })
export const readLink = (token: string) => request<LinkHolder>('POST', '/api/recovery/link', { body: { token } })
export const usePasswordLink = (token: string, password: string) => request<void>('POST', '/api/recovery/password', { body: { token, password } })
export const applyForAccount = (values: Readonly<Record<string, unknown>>) => request<unknown>('POST', '/api/applications', { body: values })

export const readMeta = (etag?: string) => request<Meta | undefined>('GET', '/api/meta', { headers: etag ? { 'If-None-Match': etag } : {} })
export const readHelp = (object: string, language: string, signal?: AbortSignal) =>
  request<{ markdown: string }>('GET', `/api/help/${encodeURIComponent(object)}`, { query: { language }, signal })
