import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { useEvents } from '@/api/events'
import { changeRecord, listRecords } from '@/api/records'
import { checkGrants } from '@/api/rights'
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
  async function load(): Promise<void> {
    const answer = await listRecords('role', { fields: ['code', 'name', 'name_en', 'order', 'grants'], sort: [['order', 'asc'], ['name', 'asc']], limit: 500 })
    failure.value = answer.ok ? undefined : answer.failure
    if (answer.ok && !busy.value) roles.value = answer.value.records.map((row) => opened(row, roles.value?.find((one) => one.id === row.id)))
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

  /** Role by role: each is a record of its own, and one that is refused does not keep the others from being saved. */
  async function save(): Promise<void> {
    if (busy.value) return
    busy.value = true
    clearTimeout(timer)
    const refused: Refusal[] = []
    for (const role of dirty.value.filter((one) => !one.clashes.length)) {
      const answer = await changeRecord('role', role.id, role.version, { grants: writeGrants(role.draft) })
      if (answer.ok) {
        const { version, batch } = answer.value
        put(role.id, (one) => ({ ...one, version, base: role.draft }))
        note(role.id, [])
        didAction(t('roles.saved', { role: role.title }), batch)
        continue
      }
      const { current, errors } = answer.failure
      if (current) put(role.id, (one) => opened(current, one))
      refused.push({ role: role.id, failure: answer.failure })
      note(role.id, errors.map((error): [string, string] => [String(error.params?.place ?? error.params?.at ?? ''), error.message]))
    }
    refusals.value = refused
    busy.value = false
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
