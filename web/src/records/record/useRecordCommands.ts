import { computed, onScopeDispose, shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import { actOnRecord } from '@/api/records'
import type { ActionMeta, ApiFailure, FieldMeta, Reference } from '@/api/types'
import { exactMoment } from '@/base/format'
import { frame } from '@/base/frame'
import { say, t } from '@/base/i18n'
import { textOf } from '@/fields/registry'
import { fieldOf } from '@/meta/meta'
import { openEdit } from '@/records/form/openForm'
import { didAction, whenUndone } from '@/records/undo'
import { toast } from '@/ui/toasts'
import { wordsOf } from './failure'
import { cameFrom } from './neighbours'
import { useRemoval } from './removal'
import type { RecordModel } from './useRecord'
import { titleOf } from './values'

/** What can be done with the record that shows: its own actions, transferring, deleting, editing as a whole. */
export function useRecordCommands(model: RecordModel) {
  const router = useRouter()
  /** The action whose form is open. */
  const asking = shallowRef<{ action: ActionMeta; given: Record<string, unknown> }>()

  const object = model.object
  const { blocked, remove: removeOne } = useRemoval(() => object.value)
  const record = model.record
  const ownerField = computed<FieldMeta | undefined>(() => fieldOf(object.value, 'owner'))
  const assign = computed<ActionMeta | undefined>(() => (ownerField.value && record.value?.rights?.assign
    ? { name: 'assign', label: { zh: t('list.assign'), en: t('list.assign') }, icon: 'user-round', params: [{ ...ownerField.value, required: true, read_only: false, write: true }] } : undefined))
  const actions = computed<readonly ActionMeta[]>(() => [
    ...(object.value?.actions ?? []).filter((action) => !action.on_object && record.value?.actions?.includes(action.name)),
    ...(assign.value ? [assign.value] : []),
  ])

  function tell(failure: ApiFailure): void {
    toast(wordsOf(failure), { icon: 'circle-alert' })
  }
  onScopeDispose(whenUndone(() => void model.load()))

  /** An action with parameters asks for them first, unless they are given. */
  async function act(name: string, given: Record<string, unknown> = {}, form = false): Promise<void> {
    const action = actions.value.find((one) => one.name === name)
    const now = record.value
    if (!action || !now || !object.value) return
    const open = (action.params ?? []).some((param) => param.required && given[param.name] === undefined)
    if (form || open || action.danger || ((action.params?.length ?? 0) > 0 && !Object.keys(given).length)) {
      asking.value = { action, given }
      return
    }
    const answer = await actOnRecord(object.value.name, now.id, name, given)
    if (!answer.ok) return tell(answer.failure)
    model.take(answer.value)
    const path = object.value.layout.path?.field
    const stage = path ? (answer.value[path] as { title?: string } | null)?.title : undefined
    didAction(stage && Object.keys(given).length ? t('record.moved', { stage }) : t('record.actDone', { action: say(action.label) }), answer.value.batch)
  }
  function acted(answer: Parameters<RecordModel['take']>[0] & { batch?: string }): void {
    const action = asking.value?.action
    asking.value = undefined
    model.take(answer)
    if (action) didAction(t('record.actDone', { action: say(action.label) }), answer.batch)
  }

  async function remove(): Promise<void> {
    const now = record.value
    if (!now || !object.value) return
    const { name } = object.value
    const title = titleOf(object.value, now)
    if (!(await removeOne(now.id, title))) return
    await router.push(cameFrom(name)?.to ?? `/o/${name}`)
  }
  async function restore(): Promise<void> {
    const now = record.value
    if (!now || !object.value) return
    const answer = await actOnRecord(object.value.name, now.id, 'restore')
    if (!answer.ok) return tell(answer.failure)
    toast(t('record.restored', { title: titleOf(object.value, now) }), { icon: 'archive-restore' })
    await model.load()
  }
  async function edit(): Promise<void> {
    if (!object.value || !model.stored.value || !record.value?.rights?.change) return
    const saved = await openEdit(object.value.name, model.stored.value)
    if (saved) model.take(saved)
  }
  function info(): void {
    const now = record.value
    if (!now || !object.value) return
    const person = (value: unknown) => (value as Reference | null)?.title ?? ''
    const at = (value: unknown) => (typeof value === 'string' ? exactMoment(value) : '')
    const facts = [
      ...object.value.fields.filter((field) => field.type === 'number' && now[field.name]).map((field) => ({ label: say(field.label), value: textOf(now[field.name], field) })),
      { label: t('record.info.owner'), value: person(now.owner) }, { label: t('record.info.department'), value: person(now.owner_department) },
      { label: t('record.info.created'), value: [person(now.created_by), at(now.created_at)].filter(Boolean).join(' · ') },
      { label: t('record.info.updated'), value: [person(now.updated_by), at(now.updated_at)].filter(Boolean).join(' · ') },
      { label: t('record.info.version'), value: String(now.version) }, { label: t('record.info.id'), value: now.id },
    ]
    frame.openInfo(titleOf(object.value, now), facts.filter((fact) => fact.value))
  }
  return { asking, blocked, actions, act, acted, remove, restore, edit, info }
}
