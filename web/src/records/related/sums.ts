import { add } from '@/base/decimal'
import type { Sum } from '@/base/format'
import type { Amount, FieldMeta, ObjectMeta, RecordRow } from '@/api/types'
import { fieldOf } from '@/meta/meta'
import { isEmptyValue } from '@/records/record/values'

/** The money that counts in a list beside a record: the first that the compact layout shows, else the first there is. */
export function moneyOf(object: ObjectMeta): FieldMeta | undefined {
  return object.layout.compact.map((name) => fieldOf(object, name)).find((field) => field?.type === 'money')
    ?? object.fields.find((field) => field.type === 'money' && !field.formula)
}

/** Adding different currencies would say nothing, so each has its own sum, as in the groups of the server. */
export function sumOf(records: readonly RecordRow[], field: string): Sum | undefined {
  const sums = new Map<string, string>()
  for (const record of records) {
    const value = record[field] as Amount | null | undefined
    if (value) sums.set(value.currency, add(sums.get(value.currency) ?? '0', value.amount))
  }
  const amounts = [...sums].map(([currency, amount]) => ({ amount, currency }))
  return amounts.length > 1 ? amounts : amounts[0]
}

export interface RelatedShape { /** Said by its name where it holds. */ readonly flag?: FieldMeta; readonly aside?: FieldMeta; readonly hint?: FieldMeta; readonly end?: FieldMeta; readonly phone?: FieldMeta }

/** What a narrow row can hold: a word beside the title, a word under it, and a figure or date at the end. */
export function shapeOf(object: ObjectMeta, by: string | undefined, columns: readonly string[] | undefined, records: readonly RecordRow[]): RelatedShape {
  const names = (columns?.length ? columns : [...object.layout.compact, ...(object.views[0]?.columns ?? [])]).filter((name) => name !== by && name !== object.title)
  const fields = names.flatMap((name) => { const field = fieldOf(object, name); return field && field.type !== 'list' ? [field] : [] })
  const filled = (field: FieldMeta) => records.some((record) => !isEmptyValue(record[field.name]))
  const take = (...types: string[]) => fields.find((field) => types.includes(field.type) && filled(field))
  const end = take('money') ?? take('date', 'time') ?? take('integer', 'percent')
  const words = fields.filter((field) => field !== end && ['text', 'choice', 'ref', 'user'].includes(field.type) && field.name !== 'owner' && filled(field))
  const flag = columns?.length ? fields.find((field) => field.type === 'boolean') : undefined
  return { flag, end, hint: words[0], aside: words[1], phone: object.fields.find((field) => field.type === 'phone') }
}
