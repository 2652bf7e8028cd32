import type { ObjectMeta, RecordRow } from '@/api/types'

export function titleOf(object: ObjectMeta | undefined, record: Readonly<Record<string, unknown>> | undefined): string {
  const value = object && record ? record[object.title] : undefined
  if (value === null || value === undefined || value === '') return record ? `#${String((record as RecordRow).id ?? '')}` : ''
  return typeof value === 'object' ? String((value as { title?: string }).title ?? '') : String(value)
}

/** People have a round badge: an object says that its records are people by its icon. */
export function isPersonal(object: ObjectMeta | undefined): boolean {
  return ['contact', 'user-round', 'id-card', 'users-round', 'key-round'].includes(object?.icon ?? '')
}
