import type { FieldMeta, FieldType } from '@/api/types'
import { address } from './address/widget'
import { boolean } from './boolean/widget'
import { choice } from './choice/widget'
import { choices } from './choices/widget'
import { date } from './date/widget'
import { decimal } from './decimal/widget'
import { department } from './department/widget'
import { email } from './email/widget'
import { file } from './file/widget'
import { integer } from './integer/widget'
import { list } from './list/widget'
import { longText } from './long_text/widget'
import { mnemonic } from './mnemonic/widget'
import { money } from './money/widget'
import { number } from './number/widget'
import { percent } from './percent/widget'
import { phone } from './phone/widget'
import { ref } from './ref/widget'
import { refs } from './refs/widget'
import { text } from './text/widget'
import { time } from './time/widget'
import { url } from './url/widget'
import { user } from './user/widget'
import type { Parsed, Widget } from './widget'

/** A type without a widget does not compile. */
export const widgets = {
  text, long_text: longText, integer, decimal, money, percent, date, time, boolean, choice, choices, ref, refs, user,
  department, phone, email, url, address, number, mnemonic, list, file,
} satisfies { readonly [T in FieldType]: Widget<T> }

/** The widget of a field with its types set aside: generated screens hold values of any type. */
export interface AnyWidget extends Omit<Widget<'text'>, 'text' | 'parse' | 'send'> {
  text(value: unknown, field: FieldMeta): string
  parse(text: string, field: FieldMeta): Parsed<unknown>
  send(value: unknown): unknown
}
export function widgetOf(field: FieldMeta): AnyWidget {
  return (widgets[field.type] ?? widgets.text) as unknown as AnyWidget
}

export function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}
export function textOf(value: unknown, field: FieldMeta): string {
  if (field.masked) return typeof value === 'string' ? value : ''
  return isEmpty(value) ? '' : widgetOf(field).text(value, field)
}
/** May this user set the field at all? */
export function isEditable(field: FieldMeta): boolean {
  return field.write !== false && !field.read_only && !field.formula && !field.masked && field.type !== 'list'
}
/** May conditions, orders, groups and sums speak of the field? They would tell what is masked. */
export function isAskable(field: FieldMeta): boolean {
  return !field.masked
}
const withEnds = new Set<FieldType>(['text', 'long_text', 'phone', 'email', 'url', 'number', 'mnemonic'])
/** Nothing of the value is told, not even whether there is one. */
export function isConcealed(field: FieldMeta): boolean {
  return field.masked === true && !withEnds.has(field.type)
}
