import { request } from './request'

export interface SyncResult { readonly found: number; readonly made: number; readonly changed: number; readonly disabled: number; readonly enabled: number; readonly skipped: number; readonly skipped_names: readonly string[] }
export interface DirectoryState {
  readonly id: string; readonly name: string; readonly address: string; readonly active: boolean; readonly encrypted: boolean; readonly has_password: boolean
  readonly accounts: number; readonly last_run: string | null; readonly last_result: SyncResult | null
}
export interface DirectoryPerson { readonly login: string; readonly name: string; readonly email: string; readonly dn: string }

export const readDirectories = () => request<{ directories: readonly DirectoryState[] }>('GET', '/api/directories')
export const setDirectoryPassword = (id: string, password: string) => request<void>('PUT', `/api/directories/${id}/password`, { body: { password } })
export const checkDirectory = (id: string) => request<{ people: readonly DirectoryPerson[] }>('POST', `/api/directories/${id}/check`, { body: {} })
/** Long work; `evenMany`: also when more than half of the people are gone. */
export const synchronise = (id: string, evenMany: boolean) => request<{ job: string }>('POST', `/api/directories/${id}/synchronise`, { body: evenMany ? { even_many: true } : {} })
