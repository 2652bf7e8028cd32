import type { FieldMeta, FieldValue, ObjectMeta, RecordRow } from '@/api/types'
import { isEditable, widgetOf } from '@/fields/registry'
import { fieldOf } from '@/meta/meta'
import { titleOf } from '@/records/title'

export function isEmptyValue(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
    || (typeof value === 'object' && 'region' in value && 'street' in value && !value.region && !value.street)
}

/** A value as a request carries it: references by id, choices by code, nothing as null. */
export function toRequest(field: FieldMeta, value: unknown): unknown {
  return isEmptyValue(value) ? null : widgetOf(field).send(value)
}

/** The same to the server, whatever titles it brought along. */
export function sameValue(field: FieldMeta, first: unknown, second: unknown): boolean {
  return JSON.stringify(toRequest(field, first)) === JSON.stringify(toRequest(field, second))
}

/** May this field be changed by this user at all? Whether this record may is said by the record's own rights. */
export function isWritable(field: FieldMeta, creating = false): boolean {
  return isEditable(field) && field.type !== 'number' && field.type !== 'mnemonic' && (creating || !field.fixed)
}

/** The object at the other end of a reference or list. */
export function targetOf(field: FieldMeta): string | undefined {
  return field.of ?? field.to
}

/** What a new record begins with so that it belongs to `record`: the field of the list, and what both refer to. */
export function linkedDefaults(target: ObjectMeta, from: ObjectMeta, record: RecordRow, by?: string): Record<string, FieldValue> {
  const self = { id: record.id, title: titleOf(from, record) }
  const values: Record<string, FieldValue> = {}
  const own = by ? fieldOf(target, by) : target.fields.find((field) => field.type === 'ref' && field.to === from.name)
    ?? target.fields.find((field) => field.type === 'refs' && field.to === from.name)
  if (own) values[own.name] = own.type === 'refs' ? [self] : self
  for (const field of target.fields) {
    // A field named as the object it refers to means the same thing on both sides.
    if (field.type !== 'ref' || field.name !== field.to || values[field.name] !== undefined) continue
    const shared = fieldOf(from, field.name)
    if (shared?.type === 'ref' && shared.to === field.to && record[field.name]) values[field.name] = record[field.name] as FieldValue
  }
  return values
}

export { titleOf }
