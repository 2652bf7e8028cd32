import { changeRecord, createRecord, deleteRecord, readRecord } from '@/api/records'
import type { ApiFailure, View } from '@/api/types'
import type { ListState } from './useListState'

const object = 'saved_view'

/** The present list as the parts of a saved view; the record keeps them as text. */
export function partsOf(state: ListState): Record<string, unknown> {
  return {
    kind: state.kind.value,
    columns: JSON.stringify(state.columnNames.value),
    filter: JSON.stringify(state.filter.value),
    sort: JSON.stringify(state.ownSort.value),
    group: state.groupField.value?.name ?? null,
  }
}
export async function createView(state: ListState, name: string, shared: boolean): Promise<{ id?: string; failure?: ApiFailure }> {
  const answer = await createRecord(object, { object: state.object.value!.name, name, shared, settings: JSON.stringify({}), ...partsOf(state) })
  return answer.ok ? { id: answer.value.id } : { failure: answer.failure }
}
export async function changeView(view: View, values: Record<string, unknown>): Promise<ApiFailure | undefined> {
  const now = await readRecord(object, view.id)
  if (!now.ok) return now.failure
  const answer = await changeRecord(object, view.id, now.value.version, values)
  return answer.ok ? undefined : answer.failure
}
export async function deleteView(view: View): Promise<{ batch?: string; failure?: ApiFailure }> {
  const answer = await deleteRecord(object, view.id)
  return answer.ok ? { batch: answer.value.batch } : { failure: answer.failure }
}
