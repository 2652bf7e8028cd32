import type { FieldMeta, ObjectMeta } from '@/api/types'
import { isAskable, widgetOf } from '@/fields/registry'
import { fieldOf } from '@/meta/meta'

export interface GridColumn { readonly field: FieldMeta; readonly width: number }
export const widthLeast = 60
export const widthMost = 640

/** The title stands first and stays in view; fields the user may not read are not there at all. */
export function columnsOf(object: ObjectMeta, names: readonly string[], widths: Readonly<Record<string, number>>): GridColumn[] {
  const wanted = [object.title, ...names.filter((name) => name !== object.title)]
  return wanted.flatMap((name) => {
    const field = fieldOf(object, name)
    if (!field) return []
    const usual = name === object.title ? 236 : widgetOf(field).width
    return [{ field, width: Math.min(widthMost, Math.max(widthLeast, widths[name] ?? usual)) }]
  })
}
export function isNumeric(field: FieldMeta): boolean {
  return ['integer', 'decimal', 'money'].includes(field.type) || (field.type === 'percent')
}
/** Adding up shares says nothing; adding up money and amounts does. */
export function canSum(field: FieldMeta): boolean {
  return widgetOf(field).aggregates.includes('sum') && isAskable(field)
}
