import type { FieldMeta, Filter, FilterCondition, ObjectMeta } from '@/api/types'
import { say, t } from '@/base/i18n'
import { textOf, widgetOf } from '@/fields/registry'
import type { OperandKind } from '@/fields/widget'
import { isCondition, isNot } from './tree'

/** Words in place of a person or department; the server knows who is meant. */
export const peopleWords = ['me', 'my_subordinates', 'my_team'] as const
export const departmentWords = ['my_department'] as const
const words = new Set<string>([...peopleWords, ...departmentWords, 'today', 'now'])

const counted = /^(last|next|more_than)_(\d+)_days(_ago)?$/
export function periodText(period: string): string {
  const match = counted.exec(period)
  return match ? t(`filter.period.${match[1]!}_n`, { days: match[2]! }) : t(`filter.period.${period}`)
}

export function operandOf(field: FieldMeta, op: string): OperandKind {
  const known = widgetOf(field).ops.find((one) => one.op === op)
  if (known) return known.operand
  if (op === 'empty' || op === 'not_empty') return 'none'
  if (op === 'within') return 'period'
  if (op === 'between') return 'two'
  return op === 'in' || op === 'not_in' || op === 'under' ? 'several' : 'one'
}

/** The field at the end of a path; a step over a reference keeps the name of the way. */
export function pathField(objects: Readonly<Record<string, ObjectMeta>>, object: string, path: string): { readonly field: FieldMeta; readonly label: string } | undefined {
  let here = objects[object]
  const labels: string[] = []
  const steps = path.split('.')
  for (const [index, step] of steps.entries()) {
    const field = here?.fields.find((one) => one.name === step)
    if (!field) return undefined
    labels.push(say(field.label))
    if (index === steps.length - 1) return { field, label: labels.join(t('filter.path')) }
    here = objects[field.to ?? field.of ?? '']
  }
  return undefined
}

function one(value: unknown, field: FieldMeta): string {
  if (typeof value === 'string' && words.has(value)) return t(`filter.word.${value}`)
  if (value && typeof value === 'object' && 'title' in value) return String(value.title)
  if (field.type === 'choice' || field.type === 'choices') return textOf({ code: String(value), title: '' }, { ...field, type: 'choice' })
  if (field.type === 'money' && typeof value === 'string') return textOf({ amount: value, currency: 'CNY' }, field)
  if (['ref', 'refs', 'user', 'department'].includes(field.type)) return t('filter.word.chosen')
  return textOf(value, field) || String(value)
}

export function valueText(value: unknown, field: FieldMeta, op: string): string {
  const operand = operandOf(field, op)
  if (operand === 'none') return ''
  if (operand === 'period') return periodText(String(value))
  if (!Array.isArray(value)) return one(value, field)
  if (operand === 'two') return t('filter.range', { from: one(value[0], field), to: one(value[1], field) })
  const shown = value.slice(0, 3).map((part) => one(part, field)).join(t('base.list.separator'))
  return value.length > 3 ? t('filter.more', { shown, count: value.length }) : shown
}

export interface ChipText { readonly label: string; readonly op: string; readonly value: string }

/** One part of a filter in words: a condition says itself, a group tells its join. */
export function chipText(objects: Readonly<Record<string, ObjectMeta>>, object: string, filter: Filter): ChipText {
  if (isCondition(filter)) {
    const [path, op, value] = filter as FilterCondition
    const found = pathField(objects, object, path)
    if (!found) return { label: path, op: t('filter.op.unknown'), value: '' }
    const list = found.field.type === 'user' || found.field.type === 'ref' || found.field.type === 'choice' || found.field.type === 'department'
    const word = list && op === 'in' && Array.isArray(value) ? 'is' : op
    return { label: found.label, op: t(`filter.op.${word}`), value: valueText(value, found.field, op) }
  }
  const inWords = (part: Filter): string => {
    const text = chipText(objects, object, part)
    return [text.label, text.op, text.value].filter(Boolean).join(' ')
  }
  if (isNot(filter)) return { label: '', op: '', value: t('filter.not', { text: inWords(filter.not) }) }
  const join = filter.or ? 'or' : 'and'
  const parts = (filter.or ?? filter.and ?? []).map(inWords)
  return { label: '', op: '', value: parts.join(` ${t(`filter.join.${join}.short`)} `) }
}
