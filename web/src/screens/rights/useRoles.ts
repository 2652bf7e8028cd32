import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { useEvents } from '@/api/events'
import { listRecords } from '@/api/records'
import { changeRoles, checkGrants } from '@/api/rights'
import type { ApiFailure, RecordRow } from '@/api/types'
import { language, t } from '@/base/i18n'
import { differences, effects, readGrants, rebase, toRecord, writeGrants, type Difference, type Grants } from '@/records/rights/grants'
import { didAction, whenUndone } from '@/records/undo'

/** One of all roles as they are edited side by side. */
export interface OpenRole {
  readonly id: string; readonly code: string; readonly title: string; readonly version: number
  readonly base: Grants; readonly draft: Grants
  /** Places that somebody else changed too, since the edits here began: mine stay until somebody decides. */
  readonly clashes: readonly string[]
}
/** `role` is empty when none is to blame. */
export interface Refusal { readonly role: string; readonly failure: ApiFailure }

/** How long after the last change the server is asked whether all of it can be. */
const checkPause = 400
const titleOf = (row: RecordRow) => String((language() === 'en' && row.name_en) || row.name || row.code)

/** All roles at once. What is not saved yet stays, whatever others do meanwhile. */
export function useRoles(isRestricted: (object: string) => boolean) {
  const roles = shallowRef<readonly OpenRole[]>()
  const failure = shallowRef<ApiFailure>()
  const refusals = shallowRef<readonly Refusal[]>([])
  /** "id place" of what cannot be, in the words of the server. */
  const problems = shallowRef<ReadonlyMap<string, string>>(new Map())
  const busy = ref(false)
  let timer = 0
  let reads = 0
  let checking = new AbortController()

  const changes = computed<ReadonlyMap<string, readonly Difference[]>>(() => new Map((roles.value ?? []).map((role) => [role.id, effects(role.base, role.draft, isRestricted)])))
  const dirty = computed(() => (roles.value ?? []).filter((role) => differences(role.base, role.draft).length > 0))
  const count = computed(() => [...changes.value.values()].reduce((sum, list) => sum + list.length, 0))

  function opened(row: RecordRow, before: OpenRole | undefined): OpenRole {
    const base = readGrants(row.grants)
    const fresh: OpenRole = { id: row.id, code: String(row.code), title: titleOf(row), version: row.version, base, draft: base, clashes: [] }
    if (!before || !differences(before.base, before.draft).length) return fresh
    const { grants, clashes } = rebase(before.base, before.draft, base)
    return { ...fresh, draft: grants, clashes: [...new Set([...before.clashes, ...clashes])] }
  }
  /** What happens elsewhere waits for a save that is under way: it reads everything at its end. */
  async function load(): Promise<void> { if (!busy.value) await read() }
  async function read(): Promise<void> {
    const mine = ++reads
    const answer = await listRecords('role', { fields: ['code', 'name', 'name_en', 'order', 'grants'], sort: [['order', 'asc'], ['name', 'asc']], limit: 500 })
    if (mine !== reads) return // a later one knows more
    failure.value = answer.ok ? undefined : answer.failure
    if (answer.ok) roles.value = answer.value.records.map((row) => opened(row, roles.value?.find((one) => one.id === row.id)))
  }
  const put = (id: string, next: (role: OpenRole) => OpenRole): void => { roles.value = roles.value?.map((role) => (role.id === id ? next(role) : role)) }

  function set(id: string, draft: Grants): void {
    put(id, (role) => ({ ...role, draft }))
    refusals.value = refusals.value.filter((one) => one.role !== id)
    clearTimeout(timer)
    timer = window.setTimeout(() => void check(id), checkPause)
  }
  function note(id: string, found: Iterable<readonly [string, string]>): void {
    problems.value = new Map([...[...problems.value].filter(([key]) => !key.startsWith(`${id} `)), ...[...found].map(([place, words]): [string, string] => [`${id} ${place}`, words])])
  }
  async function check(id: string): Promise<void> {
    checking.abort()
    checking = new AbortController()
    const { signal } = checking
    const role = roles.value?.find((one) => one.id === id)
    const answer = role && await checkGrants(toRecord(role.draft), signal)
    if (answer?.ok && !signal.aborted) note(id, answer.value.problems.map((one): [string, string] => [one.place, one.message]))
  }

  /** All of them in one save: what one role is given may only be right with what another one loses. */
  async function save(): Promise<void> {
    const saving = dirty.value.filter((one) => !one.clashes.length)
    if (busy.value || !saving.length) return
    busy.value = true
    clearTimeout(timer)
    const answer = await changeRoles(saving.map(({ id, version, draft }) => ({ id, version, grants: writeGrants(draft) })))
    if (answer.ok) {
      for (const role of saving) { put(role.id, (one) => ({ ...one, base: role.draft })); note(role.id, []) }
      didAction(t('roles.saved', { role: saving.map((role) => role.title).join(t('base.list.separator')) }), answer.value.batch)
    }
    // New versions; and where somebody was faster, what he saved is merged in before it is said.
    await read()
    refusals.value = answer.ok ? [] : refusalsOf(answer.failure, saving)
    busy.value = false
  }
  /** Errors by role, as the server counts them; what concerns no single one is told without a name. */
  function refusalsOf(failure: ApiFailure, saving: readonly OpenRole[]): Refusal[] {
    const named = saving.map((role, index) => ({ role: role.id, errors: failure.errors.filter(({ field }) => saving.length === 1 || field.startsWith(`[${index}]`)) })).filter(({ errors }) => errors.length)
    for (const { role, errors } of named) note(role, errors.map((error): [string, string] => [String(error.params?.place ?? error.params?.at ?? ''), error.message]))
    return named.length ? named.map(({ role, errors }) => ({ role, failure: { ...failure, errors } })) : [{ role: '', failure }]
  }
  /** Where both changed something: mine stays, or what the other saved. */
  function keep(id: string): void { put(id, (role) => ({ ...role, clashes: [] })) }
  function discard(id?: string): void {
    roles.value = roles.value?.map((role) => (id === undefined || role.id === id ? { ...role, draft: role.base, clashes: [] } : role))
    problems.value = new Map(id === undefined ? [] : [...problems.value].filter(([key]) => !key.startsWith(`${id} `)))
    refusals.value = id === undefined ? [] : refusals.value.filter((one) => one.role !== id)
  }

  onScopeDispose(whenUndone(() => void load()))
  onScopeDispose(() => { clearTimeout(timer); checking.abort() })
  useEvents({ change(event) { if (event.object === 'role') void load() }, resync: () => void load() })
  return { roles, failure, refusals, problems, busy, changes, dirty, count, load, set, save, keep, discard }
}
