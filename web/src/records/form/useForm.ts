import { computed, getCurrentScope, onScopeDispose, reactive, ref, shallowRef, watch } from 'vue'
import { changeRecord, createRecord, findDuplicates } from '@/api/records'
import type { ApiFailure, Duplicate, FieldMeta, ObjectMeta, RecordFull } from '@/api/types'
import { say, t } from '@/base/i18n'
import { fieldOf, useMeta } from '@/meta/meta'
import { useSession } from '@/meta/session'
import { weighForm, type Conflict } from '@/records/record/conflicts'
import { wordsOf } from '@/records/record/failure'
import { useSituation } from '@/records/record/useSituation'
import { defaultsOf, firstWithProblem, isDirty, missing, payloadOf, problemsByField, quickSection, sectionsOf, type Values } from './formState'

const duplicatePause = 400
const telling = new Set(['text', 'phone', 'email', 'url', 'ref', 'mnemonic'])

/** The state of one form: values, what shows, what is wrong, saving, and who might be the same. */
export function useForm(object: ObjectMeta, record: RecordFull | undefined, given: Readonly<Record<string, unknown>>, whole: () => boolean) {
  const metas = useMeta()
  const session = useSession()
  const situation = useSituation()
  const creating = record === undefined
  const version = ref(record?.version ?? 0)

  function start(): Values {
    if (record) return Object.fromEntries(object.fields.map((field) => [field.name, record[field.name] ?? null]))
    const choice = (dictionary: string, code: string) => {
      const item = metas.dictionary(dictionary).find((one) => one.code === code)
      return { code, title: item ? say(item.label) : code }
    }
    return { ...defaultsOf(object, choice, session.employee), ...given }
  }

  const before = shallowRef<Values>(start())
  const values = reactive<Values>({ ...before.value })
  const problems = ref<Record<string, string>>({})
  const conflicts = shallowRef<readonly Conflict[]>([])
  const duplicates = shallowRef<readonly Duplicate[]>([])
  const busy = ref(false)
  /** Who sees what is there already and still saves means it. */
  const anyway = computed(() => creating && duplicates.value.length > 0)

  const layout = computed(() => (whole() ? object.layout.form.sections : [quickSection(object, given)]))
  const sections = computed(() => sectionsOf(object, layout.value, values, situation.value, creating))
  const dirty = computed(() => isDirty(object, before.value, values))
  const shown = computed(() => new Set(sections.value.flatMap((section) => section.fields.map((one) => one.field.name))))

  function set(field: FieldMeta, value: unknown): void {
    values[field.name] = value
    // What was wrong with the whole may be right now.
    const settled = new Set([field.name, ''])
    problems.value = Object.fromEntries(Object.entries(problems.value).filter(([name]) => !settled.has(name)))
    if (telling.has(field.type)) look()
  }

  let timer = 0
  let looking = new AbortController()
  function look(): void {
    clearTimeout(timer)
    timer = window.setTimeout(async () => {
      looking.abort()
      looking = new AbortController()
      const { signal } = looking
      const answer = await findDuplicates(object.name, payloadOf(object, undefined, values), signal)
      if (!signal.aborted && answer.ok) duplicates.value = answer.value.duplicates.filter((one) => one.id !== record?.id)
    }, duplicatePause)
  }

  // After a save the record itself would be found.
  function stopLooking(): void {
    clearTimeout(timer)
    looking.abort()
  }
  if (getCurrentScope()) onScopeDispose(stopLooking)

  function refuse(failure: ApiFailure): void {
    problems.value = failure.errors.length ? problemsByField(failure.errors, shown.value) : { '': wordsOf(failure) }
  }

  /** The saved record, or nothing: then `problems` or `conflicts` say why. */
  async function save(): Promise<RecordFull | undefined> {
    const empty = missing(sections.value, values)
    problems.value = Object.fromEntries(empty.map((field) => [field.name, t('form.needed', { field: say(field.label) })]))
    // Saving past an open choice would write over what the other one wrote.
    if (empty.length || busy.value || conflicts.value.length) return undefined
    busy.value = true
    stopLooking()
    const answer = record
      ? await changeRecord(object.name, record.id, version.value, payloadOf(object, before.value, values))
      : await createRecord(object.name, payloadOf(object, undefined, values), { key: crypto.randomUUID?.(), refuseDuplicates: !anyway.value })
    busy.value = false
    if (answer.ok) {
      before.value = { ...values }
      return answer.value
    }
    const { current } = answer.failure
    if (answer.failure.duplicates?.length) duplicates.value = answer.failure.duplicates
    if (answer.failure.status === 412 && current) {
      const weighed = weighForm(object.fields, before.value, values, current)
      for (const field of weighed.taken) values[field.name] = current[field.name] ?? null
      before.value = Object.fromEntries(object.fields.map((field) => [field.name, current[field.name] ?? null]))
      version.value = current.version
      conflicts.value = weighed.conflicts
      if (!weighed.conflicts.length) return save()
    } else {
      refuse(answer.failure)
    }
    return undefined
  }

  function settle(conflict: Conflict, keep: 'mine' | 'theirs'): void {
    if (keep === 'theirs') values[conflict.field.name] = conflict.theirs
    conflicts.value = conflicts.value.filter((one) => one !== conflict)
  }

  function again(): void {
    before.value = start()
    for (const key of Object.keys(values)) delete values[key]
    Object.assign(values, before.value)
    problems.value = {}
    duplicates.value = []
  }

  const first = computed(() => firstWithProblem(sections.value, problems.value))
  const hasMore = computed(() => !whole() && object.layout.form.sections.some((section) => section.items.some((item) => { const field = fieldOf(object, item.f); return field && !shown.value.has(item.f) })))
  watch(whole, () => { problems.value = {} })
  return { creating, values, sections, problems, conflicts, duplicates, anyway, busy, dirty, first, hasMore, set, save, settle, again }
}
export type FormModel = ReturnType<typeof useForm>
