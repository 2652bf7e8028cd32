import type { PasskeySite } from '@/base/passkeys'
import type { Label, Language } from '@/base/text'
import type { Amount, Sum } from '@/base/format'

// Shapes of docs/api.md. Ids, money and decimals are text and stay text.

export interface Reference { readonly id: string; readonly title: string }
export interface Choice { readonly code: string; readonly title: string }
export interface Address { readonly region: Reference | null; readonly street: string | null }
export interface ListSummary { readonly count: number }

export type FieldType =
  | 'text' | 'long_text' | 'integer' | 'decimal' | 'money' | 'percent' | 'date' | 'time' | 'boolean'
  | 'choice' | 'choices' | 'ref' | 'refs' | 'user' | 'department' | 'phone' | 'email' | 'url' | 'address'
  | 'number' | 'mnemonic' | 'list' | 'file'

/** What a value of each type is on the wire. Adding a type here makes the compiler name every missing face. */
export interface FieldValues {
  text: string; long_text: string; integer: number; decimal: string; money: Amount; percent: string; date: string
  time: string; boolean: boolean; choice: Choice; choices: readonly Choice[]; ref: Reference
  refs: readonly Reference[]; user: Reference; department: Reference; phone: string; email: string; url: string
  address: Address; number: string; mnemonic: string; list: ListSummary; file: FileInfo
}
export type FieldValue = FieldValues[FieldType] | null
export type { Amount, Sum }

export interface FieldMeta {
  readonly name: string
  readonly type: FieldType
  readonly label: Label
  readonly help?: Label
  readonly group?: string
  readonly required?: boolean
  readonly unique?: boolean
  readonly read_only?: boolean
  readonly fixed?: boolean
  readonly write?: boolean
  readonly length_max?: number
  readonly scale?: number
  readonly least?: string | number
  readonly most?: string | number
  readonly to?: string
  readonly of?: string
  readonly by?: string
  readonly dictionary?: string
  readonly formula?: boolean
  readonly tree?: boolean
  readonly searchable?: boolean
  readonly sortable?: boolean
  /** Shown by its ends at most; nothing asks, orders or groups by it. */
  readonly masked?: boolean
  /** Text that says what a role grants. */
  readonly rights?: boolean
  readonly system?: boolean
  readonly unit?: Label
  readonly default?: unknown
}

export interface FieldItem { readonly f: string; readonly span?: number; readonly show?: string; readonly req?: string; readonly ro?: string }
export interface SectionItem { readonly t: 'section'; readonly key: string; readonly label?: Label; readonly cols?: number; readonly show?: string; readonly closed?: boolean; readonly items: readonly FieldItem[] }
export interface TimelineItem { readonly t: 'timeline' }
export interface RelatedItem { readonly t: 'related'; readonly field: string; readonly limit?: number; readonly label?: Label; readonly columns?: readonly string[] }
export interface SlotItem { readonly t: 'slot'; readonly name: string }
export type LayoutItem = SectionItem | TimelineItem | RelatedItem | SlotItem
export interface Layout {
  readonly compact: readonly string[]
  readonly form: { readonly sections: readonly SectionItem[] }
  readonly record: { readonly left: readonly LayoutItem[]; readonly main: readonly LayoutItem[]; readonly right: readonly LayoutItem[] }
  /** How far a record got on its way, how the way ends, and since when and until when. */
  readonly path?: { readonly field: string; readonly entered?: string; readonly expected?: string; readonly won?: string; readonly lost?: string }
  /** The records are the steps of a way. */
  readonly steps?: { readonly order?: string; readonly outcome?: string; readonly chance?: string; readonly days?: string }
  /** The records tell when another went through a step. */
  readonly passage?: { readonly step: string; readonly entered?: string; readonly left?: string; readonly planned?: string }
  /** How a record shows in the timelines of those it refers to, and what may be written there. */
  readonly event?: EventLayout
  /** The records are to be done: until when, which ones, and by which action. */
  readonly todo?: { readonly on: string; readonly open?: Filter; readonly done?: string }
  /** Dates that are plans: late in the past while their condition holds. */
  readonly due?: Readonly<Record<string, string>>
  readonly tree?: TreeLayout
  /** The records are groups: their members may be chosen by the name of the group. */
  readonly stands_for?: { readonly members: string; readonly first?: string }
}
/** How the records show as a tree: what stands beside each name, who leads it, and which lists are told beside the tree. */
export interface TreeLayout {
  readonly show?: readonly string[]; readonly people?: readonly string[]; readonly members?: readonly TreeMembers[]
}
export interface TreeMembers { readonly field: string; readonly filter?: Filter; readonly label?: Label; readonly columns?: readonly string[] }
export interface WayToWrite {
  readonly key: string; readonly label: Label; readonly hint: Label; readonly save: Label; readonly icon?: string
  /** The field that takes what is written, what the record begins with, and further fields under the text. */
  readonly text: string; readonly set?: Readonly<Record<string, unknown>>; readonly more: readonly string[]
}
export interface EventLayout {
  readonly text?: readonly string[]; readonly facts?: readonly string[]; readonly open?: string; readonly done?: string
  readonly write: readonly WayToWrite[]
}

/** A question for the first page: which records, what to add up, which dates to show. */
export interface HomeBlock {
  readonly label?: Label; readonly unit?: Label; readonly object: string; readonly filter?: Filter; readonly sum?: string; readonly by?: string
  readonly at?: string; readonly last?: string; readonly show?: string; readonly done?: string; readonly note?: Label; readonly note_sum?: string
}
export type HomeCard =
  | { readonly t: 'figures' | 'agenda'; readonly label?: Label; readonly items: readonly HomeBlock[] }
  | ({ readonly t: 'list' | 'funnel' } & HomeBlock)

/** A filter is ["field", "operator", value], {and|or: […]} or {not: …}; the same tree goes to the server as JSON. */
export type FilterCondition = readonly [string, string, unknown?]
export interface FilterGroup { readonly and?: readonly Filter[]; readonly or?: readonly Filter[] }
export interface FilterNot { readonly not: Filter }
export type Filter = FilterCondition | FilterGroup | FilterNot
export type Sort = readonly (readonly [string, 'asc' | 'desc'])[]

export interface View {
  readonly id: string; readonly code: string; readonly label: Label; readonly kind: 'table' | 'board'
  readonly columns?: readonly string[]; readonly filter?: Filter | null; readonly sort?: Sort; readonly group?: string
  readonly card?: readonly string[]; readonly sum?: readonly string[]; readonly settings?: Record<string, unknown> | null
  readonly shipped?: boolean; readonly own?: boolean; readonly shared?: boolean; readonly default?: boolean; readonly owner?: Reference | null
}

export interface ActionMeta {
  readonly name: string; readonly label: Label; readonly right?: string; readonly bulk?: boolean; readonly on_object?: boolean
  readonly icon?: string; readonly danger?: boolean; readonly params?: readonly FieldMeta[]
}

export type Verb = 'view' | 'add' | 'change' | 'delete' | 'assign' | 'approve' | 'export' | 'import' | 'print'
export interface ObjectMeta {
  readonly name: string; readonly label: Label; readonly plural: Label; readonly icon?: string; readonly area: string
  readonly title: string; readonly title_en?: string; readonly sort?: string; readonly owned?: boolean; readonly searchable?: boolean; readonly menu?: boolean; readonly tree?: boolean
  /** There is exactly one record: its list opens it. */
  readonly single?: boolean
  /** What giving up everything that a record answers for is called; absent where nothing can be given up. */
  readonly hand_over?: Label
  /** Written by the system alone: no history, no bin. */
  readonly kept_by_platform?: boolean
  /** Roles must name it: what they grant on all other objects is not meant. */
  readonly restricted?: boolean
  readonly rights: Readonly<Partial<Record<Verb, boolean>>>
  readonly fields: readonly FieldMeta[]
  readonly groups: readonly { readonly code: string; readonly label: Label }[]
  readonly layout: Layout
  readonly views: readonly View[]
  readonly actions: readonly ActionMeta[]
}

export interface DictionaryItem { readonly code: string; readonly label: Label; readonly color?: string; readonly active?: boolean; readonly extra?: { readonly mark?: Label; readonly strong?: boolean; readonly icon?: string } | null }
export interface AreaMeta { readonly code: string; readonly label: Label; readonly icon?: string; readonly objects: readonly string[]; readonly home?: readonly HomeCard[] }
export interface Person {
  readonly id: string; readonly login: string; readonly name: string; readonly employee: Reference | null
  readonly department: Reference | null; readonly roles: readonly Choice[]; readonly administrator: boolean
  /** Special rights by name, as "role.explain". */
  readonly special: readonly string[]
  readonly language: Language; readonly theme: 'light' | 'dark' | 'system'; readonly density: 'compact' | 'default' | 'roomy'
  readonly preferences: Readonly<Record<string, unknown>>
  /** Who looks as this person, for reading only. */
  readonly seen_by?: { readonly id: string; readonly login: string; readonly name: string }
}
export interface Meta {
  readonly version: string; readonly language: Language; readonly user: Person
  readonly company: { readonly name: string; readonly currency: string; readonly time_zone: string }
  readonly areas: readonly AreaMeta[]
  readonly objects: Readonly<Record<string, ObjectMeta>>
  readonly dictionaries: Readonly<Record<string, readonly DictionaryItem[]>>
}

export interface RecordRow { readonly id: string; readonly version: number; readonly [field: string]: unknown }
export interface Count { readonly value: number; readonly exact: boolean }
export interface RecordPage { readonly records: readonly RecordRow[]; readonly next: string | null; readonly count?: Count }
export interface TimelineEntry {
  readonly kind: string; readonly at: string; readonly object: string; readonly id: string; readonly title: string
  readonly who: Reference | null; readonly record: Readonly<Record<string, unknown>>
}
export interface Timeline { readonly items: readonly TimelineEntry[]; readonly next: string | null }
export interface RecordFull extends RecordRow {
  readonly actions?: readonly string[]
  readonly rights?: { readonly change?: boolean; readonly delete?: boolean; readonly assign?: boolean; readonly restore?: boolean }
  readonly included?: Readonly<Record<string, RelatedRecords>> & { readonly timeline?: Timeline }
}
export interface RelatedRecords { readonly records: readonly RecordRow[]; readonly count: number }
/** By field. Money: an amount, or a list of amounts when the records hold several currencies. */
export type Sums = Readonly<Record<string, Sum | null>>
export interface GroupRow {
  readonly key: unknown; readonly title: string | readonly string[]; readonly count: number
  readonly sum?: Sums; readonly average?: Sums; readonly minimum?: Sums; readonly maximum?: Sums
}
export interface Groups { readonly groups: readonly GroupRow[]; readonly total: { readonly count: number; readonly sum?: Sums; readonly average?: Sums } }
/** What a check of the audit found. */
export interface AuditVerdict { readonly whole: boolean; readonly fault: { readonly key: string; readonly text: string } | null; readonly entries: number; readonly history: number; readonly head: string }
export interface AuditArchives {
  /** After so many months entries are archived by themselves; 0: never. */
  readonly months: number
  readonly key: string
  readonly archives: readonly { readonly name: string; readonly bytes: number; readonly made_at: string; readonly before: string; readonly first: number; readonly last: number }[]
}
export interface ArchiveCheck { readonly whole: boolean; readonly entries: number; readonly fault: { readonly key: string; readonly text: string } | null }
/** One record of an operation of the operation log. */
export interface OperationChange { readonly object: string; readonly record: Reference; readonly version: number; readonly operation: string; readonly changes: readonly HistoryChange[] }
export interface HistoryChange { readonly field: string; readonly old: unknown; readonly new: unknown }
export interface HistoryEntry {
  readonly version: number; readonly at: string; readonly who: Reference | null; readonly operation: string
  readonly batch: string | null; readonly note: string | null; readonly changes: readonly HistoryChange[]
}
export interface Option { readonly id: string; readonly title: string; readonly hint?: string | null }
export interface Duplicate { readonly id: string; readonly title: string; readonly matched: string; readonly visible: boolean }
export interface Hit { readonly object: string; readonly id: string; readonly title: string; readonly matched?: string | null; readonly hint?: string | null }
export interface Batch { readonly id: string; readonly at: string; readonly operation: string; readonly note: string | null; readonly object: string; readonly count: number; readonly undone: boolean }
export interface UndoResult { readonly undone?: number; readonly skipped?: number; readonly batch?: string; readonly job?: string }
export interface BulkResult { readonly batch?: string; readonly updated?: number; readonly job?: string }
export interface Job { readonly id: string; readonly kind: string; readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'; readonly done: number; readonly all: number; readonly result?: unknown; readonly problem?: string | null }
export interface FileInfo { readonly id: string; readonly name: string; readonly bytes: number; readonly type: string }
export interface PublicInfo { readonly company: { readonly name: string }; readonly languages: readonly Language[]; readonly version: string }
/** What is still to do before a session can be used. */
export type SignInStep = 'code' | 'enrol' | 'password' | 'passkey' | 'enrol_passkey'
export interface SessionInfo { readonly user?: Person; readonly csrf: string; readonly next?: SignInStep; readonly passkey?: boolean; readonly recovery_codes?: readonly string[] }
export interface PasswordRules { readonly length_least: number; readonly classes_least: number }
/** Who signs people in instead of a password of ours. */
export interface ProviderName { readonly code: string; readonly name: Label }
/** How somebody who forgot the password gets a link. */
export interface RecoveryWays { readonly mail: boolean; readonly sms: boolean }
export interface SignInWays {
  readonly recovery: RecoveryWays; readonly applications: boolean; readonly password: PasswordRules; readonly providers: readonly ProviderName[]
  readonly passkeys: { readonly in_use: boolean; readonly site: PasskeySite | null }
  /** Code of the provider with which this browser signed in last. */
  readonly signed_in_with?: string
}
export interface ProviderLink extends ProviderName { readonly linked: boolean; readonly as?: string; readonly since?: string }
/** Another application of the company, as people open it. */
export interface PortalApplication { readonly id: string; readonly name: Label; readonly description: string; readonly address: string }
export interface ApplicationState {
  readonly id: string; readonly name: Label; readonly client_id: string; readonly active: boolean; readonly open_client: boolean; readonly secret: boolean
}
export interface ProviderState extends ProviderName {
  readonly id: string; readonly issuer: string; readonly client_id: string; readonly active: boolean; readonly secret: boolean; readonly redirect: string
}
export interface FactorState { readonly set_up: boolean; readonly needed: boolean; readonly recovery_codes_left: number }
export interface FactorStart { readonly secret: string; readonly uri: string }
export interface LinkHolder { readonly login: string; readonly name: string; readonly password: PasswordRules }
/** `needs_password`: names of fields that change only together with the current password. */
export interface Profile { readonly object: ObjectMeta; readonly record: RecordRow; readonly needs_password: readonly string[] }
export interface OpenSession {
  readonly id: string; readonly user: { readonly id: string; readonly login: string; readonly name: string }
  readonly since: string; readonly seen: string; readonly address: string; readonly agent: string; readonly strength: string; readonly view_as: string | null; readonly this: boolean
}
export interface ApiKey {
  readonly id: string; readonly name: string; readonly begins: string; readonly user: { readonly id: string; readonly login: string; readonly name: string }
  readonly reads_only: boolean; readonly made: string; readonly until: string; readonly last_used: string | null; readonly last_address: string
  readonly ended: string | null; readonly end_reason: string
}
export interface AccountState {
  readonly id: string; readonly login: string; readonly name: string; readonly active: boolean; readonly password: 'own' | 'temporary' | 'none'
  readonly password_since: string | null; readonly second_factor: boolean; readonly passkeys: number; readonly last_sign_in: string | null; readonly failures: number; readonly sessions: number
}

export interface ImportColumn { readonly heading: string; readonly samples: readonly string[]; readonly field: string | null; readonly confidence: 'sure' | 'likely' | 'none'; readonly state?: string; readonly missing?: string; readonly values?: Readonly<Record<string, string>>; readonly multiply?: string; readonly currency?: string }
/** A text that did not fit its field, and how often it stands in the column. */
export interface WrongText { readonly column: number; readonly value: string; readonly rule: string; readonly count: number }
export interface ImportState {
  readonly id: string; readonly object: string; readonly file: FileInfo; readonly encoding?: string; readonly separator?: string
  readonly sheets?: readonly string[]; readonly sheet?: string; readonly header_row?: number; readonly rows: number; readonly columns: readonly ImportColumn[]
  readonly state: 'mapping' | 'checking' | 'checked' | 'running' | 'done' | 'cancelled' | 'failed'
  readonly check?: { readonly create: number; readonly update: number; readonly skip: number; readonly reject: number; readonly kinds: readonly { readonly rule: string; readonly count: number }[]; readonly wrong?: readonly WrongText[] }
  readonly result?: { readonly create?: number; readonly update?: number; readonly skip?: number; readonly reject?: number; readonly [more: string]: unknown }
  /** Of the records that were written, when there are any. */
  readonly batch?: string | null; readonly undone?: boolean
  readonly progress?: { readonly done: number; readonly all: number }
  readonly duplicates?: { readonly by: readonly string[]; readonly then: string }; readonly owner?: string
}
export interface ImportReject { readonly row: number; readonly line: number; readonly cells: readonly string[]; readonly problems: readonly { readonly column: number; readonly field?: string; readonly rule: string; readonly message: string; readonly value?: string }[] }

export interface FieldProblem { readonly field: string; readonly rule: string; readonly params?: Readonly<Record<string, unknown>>; readonly message: string }

/** Records of one object that refer to what was to be deleted, with the first few that may be seen. */
export interface Blocker { readonly object: string; readonly field: string; readonly label: string; readonly field_label: string; readonly count: number; readonly records: readonly Reference[] }

export interface HandoverItem {
  readonly object: string; readonly field: string; readonly label: Label; readonly field_label: Label
  readonly all: number; readonly open: number; readonly divided: boolean; readonly beyond: boolean; readonly required: boolean; readonly owner: boolean
}
export interface HandoverEnding {
  readonly object: string; readonly field?: string; readonly label: Label; readonly count: number; readonly beyond: boolean
  readonly values: readonly { readonly label: Label; readonly value: string }[]
}
export interface HandoverPreview { readonly items: readonly HandoverItem[]; readonly ending: readonly HandoverEnding[] }
export type HandoverShare = 'none' | 'open' | 'all'
export interface HandoverPlan {
  readonly to: string | null; readonly end: boolean
  readonly items: readonly { readonly object: string; readonly field: string; readonly to?: string | null; readonly share: HandoverShare }[]
}
export interface HandoverResult {
  readonly batch: string | null; readonly moved: number; readonly ended: number
  readonly items: readonly { readonly object: string; readonly field: string; readonly moved: number; readonly taken: number }[]
  readonly refused: readonly { readonly object: string; readonly id: string; readonly title: string; readonly messages: readonly string[] }[]
}

/** Records that somebody has made the reader's own; `record` when it is one that may still be seen. */
export interface Notice {
  readonly id: string; readonly at: string; readonly object: string; readonly operation: string; readonly count: number
  readonly record: Reference | null; readonly who: Reference | null; readonly read: boolean
}
export interface NoticePage { readonly notices: readonly Notice[]; readonly next: string | null; readonly unread: number }

/** Why a request brought nothing. A value that a screen shows, never thrown. */
export interface ApiFailure {
  readonly kind: 'problem' | 'network' | 'aborted'
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly requestId: string
  readonly errors: readonly FieldProblem[]
  readonly current?: RecordFull
  readonly duplicates?: readonly Duplicate[]
  /** Who refers to the records that were to be deleted. */
  readonly blockers?: readonly Blocker[]
  readonly retryAfter?: number
}
export type Answer<T> = { readonly ok: true; readonly value: T; readonly etag?: string } | { readonly ok: false; readonly failure: ApiFailure }

export interface ListQuery {
  readonly view?: string; readonly filter?: Filter | null; readonly search?: string; readonly sort?: Sort
  readonly fields?: readonly string[]; readonly limit?: number; readonly after?: string | null; readonly offset?: number
  readonly count?: 'none' | 'capped' | 'exact'; readonly as_of?: string; readonly bin?: boolean
}
