import { request } from './request'
import type { AccountState, ApiKey, ApplicationState, OpenSession, PortalApplication, Profile, ProviderLink, ProviderState } from './types'

export const readProfile = () => request<Profile>('GET', '/api/profile')
export const changeProfile = (version: number, values: Readonly<Record<string, unknown>>) =>
  request<Profile>('PATCH', '/api/profile', { body: values, headers: { 'If-Match': String(version) } })

interface Sessions { readonly sessions: readonly OpenSession[] }
export const readOwnSessions = () => request<Sessions>('GET', '/api/profile/sessions')
export const endOtherSessions = () => request<void>('DELETE', '/api/profile/sessions')
export const endOwnSession = (id: string) => request<void>('DELETE', `/api/profile/sessions/${id}`)

export const readSessions = () => request<Sessions>('GET', '/api/sessions')
/** All but the own one. */
export const endEverySession = () => request<void>('DELETE', '/api/sessions')
export const endSession = (id: string) => request<void>('DELETE', `/api/sessions/${id}`)

export const readAccounts = (q: string, after: string | null, signal?: AbortSignal) =>
  request<{ accounts: readonly AccountState[]; next: string | null }>('GET', '/api/accounts', { query: { q, after }, signal })
export const makeLink = (id: string) => request<{ path: string; until: string }>('POST', `/api/accounts/${id}/link`)
export const secondFactorOff = (id: string) => request<void>('DELETE', `/api/accounts/${id}/second_factor`)
export const endSessionsOf = (id: string) => request<void>('DELETE', `/api/accounts/${id}/sessions`)

/** The own keys, or those of everybody. */
export const readKeys = (all: boolean) => request<{ keys: readonly ApiKey[]; days_most: number }>('GET', '/api/keys', { query: { all: all ? 1 : undefined } })
export const makeKey = (wish: { name: string; until?: string; reads_only: boolean; password: string }) =>
  request<{ id: string; key: string; until: string }>('POST', '/api/keys', { body: wish })
export const endKey = (id: string) => request<void>('DELETE', `/api/keys/${id}`)

export const readLinks = () => request<{ password: boolean; links: readonly ProviderLink[] }>('GET', '/api/profile/links')
/** Where to send the browser. The password is asked for when there is one. */
export const linkProvider = (code: string, password: string) => request<{ location: string }>('POST', `/api/profile/links/${encodeURIComponent(code)}`, { body: { password } })
export const unlinkProvider = (code: string, password: string) => request<void>('DELETE', `/api/profile/links/${encodeURIComponent(code)}`, { body: { password } })

export const readProviders = () => request<{ site: string; providers: readonly ProviderState[] }>('GET', '/api/providers')
export const setProviderSecret = (id: string, secret: string) => request<void>('PUT', `/api/providers/${id}/secret`, { body: { secret } })
export const checkProvider = (id: string) => request<{ issuer: string; sign_out: boolean; userinfo: boolean }>('POST', `/api/providers/${id}/check`)

/** Applications that one may open with the account here. */
export const readPortal = () => request<{ applications: readonly PortalApplication[] }>('GET', '/api/portal')
export const readApplications = () => request<{ issuer: string; applications: readonly ApplicationState[] }>('GET', '/api/sso_applications')
export const makeApplicationSecret = (id: string) => request<{ secret: string }>('POST', `/api/sso_applications/${id}/secret`)
