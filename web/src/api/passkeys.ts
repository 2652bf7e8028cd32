import { makePasskey, showPasskey, type MakeOptions, type PasskeyAnswer, type PasskeySite, type PasskeyTrouble, type ShowOptions } from '@/base/passkeys'
import { request } from './request'
import type { Answer, ApiFailure, SessionInfo } from './types'

export interface OwnPasskey { readonly id: string; readonly name: string; readonly made: string; readonly last_used: string | null; readonly site: string }
export interface OwnPasskeys { readonly passkeys: readonly OwnPasskey[]; readonly needed: boolean; readonly ask_password: boolean; readonly site: PasskeySite | null }
/** Refused by the server, or not done by the browser. */
export type PasskeyFailure = { readonly failure: ApiFailure } | { readonly trouble: PasskeyTrouble }
export type PasskeyResult<T> = { readonly value: T } | PasskeyFailure

interface Begun<T> { readonly ticket: string; readonly options: T }

/** Challenge, authenticator, answer: the three strides of every use of a passkey. */
async function ceremony<O, T>(begin: string, body: object, ask: (options: O) => Promise<PasskeyAnswer>, end: string, more: object = {}): Promise<PasskeyResult<T>> {
  const begun = await request<Begun<O>>('POST', begin, { body })
  if (!begun.ok) return { failure: begun.failure }
  const said = await ask(begun.value.options)
  if ('trouble' in said) return said
  const answer: Answer<T> = await request<T>('POST', end, { body: { ...more, ticket: begun.value.ticket, credential: said.credential } })
  return answer.ok ? { value: answer.value } : { failure: answer.failure }
}

export const signInByPasskey = () => ceremony<ShowOptions, SessionInfo>('/api/session/passkey/begin', {}, showPasskey, '/api/session/passkey')
export const givePasskey = () => ceremony<ShowOptions, SessionInfo>('/api/session/passkey_step/begin', {}, showPasskey, '/api/session/passkey_step')
/** As a step of a sign-in it answers like the sign-in; otherwise with the id, and it takes the password where there is one. */
export const registerPasskey = (name: string, password?: string) =>
  ceremony<MakeOptions, SessionInfo & { readonly id?: string }>('/api/session/passkeys/begin', password === undefined ? {} : { password }, makePasskey, '/api/session/passkeys', { name })

export const readPasskeys = () => request<OwnPasskeys>('GET', '/api/session/passkeys')
export const renamePasskey = (id: string, name: string) => request<void>('PATCH', `/api/session/passkeys/${id}`, { body: { name } })
export const removePasskey = (id: string, password?: string) => request<void>('DELETE', `/api/session/passkeys/${id}`, { body: password === undefined ? {} : { password } })

export const readPasskeysOf = (account: string) => request<{ passkeys: readonly OwnPasskey[] }>('GET', `/api/accounts/${account}/passkeys`)
export const removePasskeyOf = (account: string, id: string) => request<void>('DELETE', `/api/accounts/${account}/passkeys/${id}`)
