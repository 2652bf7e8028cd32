import type { Label } from '@/base/text'
import { request } from './request'
import type { FieldType, Reference, Verb } from './types'

// Shapes of "Rights" in docs/api.md.

export const verbs: readonly Verb[] = ['view', 'add', 'change', 'delete', 'assign', 'approve', 'export', 'import', 'print']
export const scopes = ['none', 'own', 'team', 'department', 'department_and_below', 'all'] as const
export type Scope = (typeof scopes)[number]
export const fieldAccesses = ['hidden', 'masked', 'read', 'write'] as const
export type FieldAccess = (typeof fieldAccesses)[number]

export interface RightsField {
  readonly name: string; readonly label: Label; readonly type: FieldType; readonly dictionary?: string
  readonly sensitive: boolean; readonly always_read: boolean; readonly read_only: boolean
}
export interface RightsObject {
  readonly name: string; readonly area: string; readonly label: Label; readonly owned: boolean; readonly menu: boolean
  /** Roles must name it: what they grant on all other objects is not meant. */
  readonly restricted: boolean
  /** Nobody changes it by hand. */
  readonly kept_by_platform: boolean
  readonly fields: readonly RightsField[]; readonly special: readonly { readonly name: string; readonly label?: Label }[]
}
export interface RightsModel { readonly areas: readonly { readonly code: string; readonly label: Label }[]; readonly objects: readonly RightsObject[] }

export interface Through { readonly kind: 'user' | 'department' | 'team' | 'position' | 'employee_level'; readonly id?: string; readonly title: string }
export interface UserRights {
  readonly user: { readonly id: string; readonly login: string; readonly name: string }
  readonly administrator: boolean
  readonly roles: readonly { readonly role: string; readonly title: string; readonly through: Through; readonly until: string | null }[]
  readonly objects: readonly {
    readonly name: string; readonly menu: boolean
    readonly verbs: Readonly<Record<Verb, { readonly allowed: boolean; readonly rules: readonly { readonly from: number; readonly scope: Scope; readonly where?: string }[] }>>
    readonly fields: readonly { readonly name: string; readonly access: FieldAccess; readonly from: readonly number[] }[]
  }[]
  readonly special: readonly { readonly name: string; readonly from: readonly number[] }[]
}
export interface DepartmentRights {
  readonly department: string
  /** Each with what it grants, as its record has it. */
  readonly roles: readonly { readonly role: string; readonly title: string; readonly grants: unknown }[]
  readonly people: readonly {
    readonly user: string; readonly login: string; readonly employee: Reference
    readonly roles: readonly { readonly role: string; readonly title: string; readonly through: Through['kind'] }[]
  }[]
}
export interface ExplainedRole { readonly role: string; readonly through: Through; readonly scope?: Scope; readonly where?: string; readonly reaches?: boolean; readonly access?: FieldAccess }
export interface ExplainedStep {
  readonly step: 'function' | 'record' | 'field'; readonly allowed: boolean; readonly text: string; readonly field?: string
  readonly roles?: readonly ExplainedRole[]; readonly shares?: readonly { readonly kind: ShareKind; readonly title: string; readonly level: ShareLevel }[]
}
/** `titles`: names of the roles by their codes. */
export interface Explanation { readonly allowed: boolean; readonly steps: readonly ExplainedStep[]; readonly titles: Readonly<Record<string, string>> }
export interface AccountOption { readonly id: string; readonly login: string; readonly name: string; readonly department: string; readonly active: boolean }
export interface PlaceProblem { readonly place: string; readonly message: string }

export type ShareKind = 'employee' | 'department' | 'team'
export type ShareLevel = 'read' | 'write'
export interface Share {
  readonly id: string; readonly kind: ShareKind; readonly grantee: Reference; readonly level: ShareLevel
  readonly until: string | null; readonly expired?: boolean; readonly by: Reference | null; readonly at: string
}
export interface ShareWish { readonly kind: ShareKind; readonly grantee: string; readonly level: ShareLevel; readonly until?: string | null }

const part = encodeURIComponent
const of = (object: string, id: string) => `/api/records/${part(object)}/${part(id)}`

export const readRightsModel = () => request<RightsModel>('GET', '/api/rights/model')
export const readUserRights = (user: string) => request<UserRights>('GET', `/api/rights/users/${part(user)}`)
export const readDepartmentRights = (department: string) => request<DepartmentRights>('GET', `/api/rights/departments/${part(department)}`)
export const findAccounts = (q: string, signal?: AbortSignal, limit = 20) => request<{ users: AccountOption[] }>('GET', '/api/rights/users', { query: { q, limit }, signal })
/** All of them, or none. */
export const changeRoles = (roles: readonly { id: string; version: number; grants: string }[]) => request<{ batch: string }>('PATCH', '/api/records/role', { body: roles })
export const checkGrants = (grants: unknown, signal?: AbortSignal) => request<{ problems: PlaceProblem[] }>('POST', '/api/rights/check', { body: { grants }, signal })
export const explainAccess = (object: string, id: string, ask: { readonly verb: Verb; readonly field?: string; readonly user?: string }, signal?: AbortSignal) =>
  request<Explanation>('GET', `${of(object, id)}/access`, { query: ask, signal })

export const readShares = (object: string, id: string) => request<{ shares: Share[] }>('GET', `${of(object, id)}/shares`)
export const shareRecord = (object: string, id: string, wish: ShareWish) => request<{ shares: Share[] }>('POST', `${of(object, id)}/shares`, { body: wish })
export const unshareRecord = (object: string, id: string, share: string) => request<void>('DELETE', `${of(object, id)}/shares/${part(share)}`)
export const shareRecords = (object: string, ids: readonly string[], wish: ShareWish) => request<void>('POST', `/api/records/${part(object)}/shares`, { body: { ...wish, ids } })
