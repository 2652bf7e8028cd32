import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { useEvents } from '@/api/events'
import { changeRecord, readRecord } from '@/api/records'
import { checkGrants } from '@/api/rights'
import type { ApiFailure, RecordFull } from '@/api/types'
import { t } from '@/base/i18n'
import { differences, effects, noGrants, readGrants, rebase, toRecord, writeGrants, type Difference, type Grants } from '@/records/rights/grants'
import { didAction, whenUndone } from '@/records/undo'

/** Somebody else saved the role: what they have now, and what both changed. */
export interface Stale { readonly current: RecordFull; readonly theirs: readonly Difference[]; readonly clashes: readonly string[] }

/** How long after the last change the server is asked whether all of it can be. */
const checkPause = 400

/** One role as it is edited. What is not saved yet stays, whatever others do meanwhile. */
export function useRole(id: Ref<string | undefined>, isRestricted: (object: string) => boolean) {
  const record = shallowRef<RecordFull>()
  const base = shallowRef<Grants>(noGrants)
  const draft = shallowRef<Grants>(noGrants)
  const failure = shallowRef<ApiFailure>()
  const refused = shallowRef<ApiFailure>()
  const stale = shallowRef<Stale>()
  /** By place, in the words of the server. */
  const problems = shallowRef<ReadonlyMap<string, string>>(new Map())
  const busy = ref(false)
  let timer = 0
  let checking = new AbortController()

  const changes = computed(() => effects(base.value, draft.value, isRestricted))
  const changed = computed<ReadonlySet<string>>(() => new Set(changes.value.map((one) => one.place)))
  const dirty = computed(() => differences(base.value, draft.value).length > 0)

  function start(from: RecordFull): void {
    record.value = from
    base.value = readGrants(from.grants)
    draft.value = base.value
    stale.value = undefined
    refused.value = undefined
    problems.value = new Map()
  }
  async function load(): Promise<void> {
    const wanted = id.value
    if (!wanted) return
    const answer = await readRecord('role', wanted)
    if (wanted !== id.value) return
    failure.value = answer.ok ? undefined : answer.failure
    if (answer.ok) start(answer.value)
  }
  function outdated(current: RecordFull): void {
    const theirs = readGrants(current.grants)
    stale.value = { current, theirs: effects(base.value, theirs, isRestricted), clashes: rebase(base.value, draft.value, theirs).clashes }
  }
  /** Somebody else may have saved it: nothing that was edited here is lost by that. */
  async function renew(): Promise<void> {
    const wanted = id.value
    if (!wanted || busy.value) return
    const answer = await readRecord('role', wanted)
    if (wanted !== id.value || busy.value || !answer.ok || answer.value.version === record.value?.version) return
    if (!dirty.value) start(answer.value)
    else if (differences(base.value, readGrants(answer.value.grants)).length) outdated(answer.value)
    else record.value = answer.value
  }

  function set(next: Grants): void {
    draft.value = next
    refused.value = undefined
    clearTimeout(timer)
    timer = window.setTimeout(() => void check(), checkPause)
  }
  async function check(): Promise<void> {
    checking.abort()
    checking = new AbortController()
    const { signal } = checking
    const answer = await checkGrants(toRecord(draft.value), signal)
    if (!signal.aborted && answer.ok) problems.value = new Map(answer.value.problems.map((one) => [one.place, one.message]))
  }

  async function save(): Promise<boolean> {
    const now = record.value
    if (!now || busy.value || !dirty.value) return false
    busy.value = true
    clearTimeout(timer)
    const answer = await changeRecord('role', now.id, now.version, { grants: writeGrants(draft.value) })
    busy.value = false
    if (answer.ok) {
      start({ ...answer.value, grants: answer.value.grants ?? writeGrants(draft.value) })
      didAction(t('roles.saved', { role: String(answer.value.name) }), answer.value.batch)
      return true
    }
    const why = answer.failure
    if (why.status === 412 && why.current) outdated(why.current)
    else refused.value = why
    problems.value = new Map(why.errors.map((error) => [String(error.params?.place ?? error.params?.at ?? ''), error.message]))
    return false
  }
  /** My changes on what the others saved; they are looked at once more before they are saved. */
  function onTop(): void {
    const open = stale.value
    if (!open) return
    const theirs = readGrants(open.current.grants)
    const mine = rebase(base.value, draft.value, theirs).grants
    start(open.current)
    set(mine)
  }
  function discard(): void {
    if (stale.value) start(stale.value.current)
    else draft.value = base.value
    problems.value = new Map()
    refused.value = undefined
  }

  watch(id, () => { record.value = undefined; failure.value = undefined; void load() }, { immediate: true })
  onScopeDispose(whenUndone(() => void renew()))
  onScopeDispose(() => { clearTimeout(timer); checking.abort() })
  useEvents({
    change(event) { if (event.object === 'role' && (event.ids === null || event.ids.includes(id.value ?? ''))) void renew() },
    resync: () => void renew(),
  })
  return { record, draft, changes, changed, dirty, failure, refused, stale, problems, busy, load, set, save, onTop, discard, renew }
}
export type RoleModel = ReturnType<typeof useRole>
