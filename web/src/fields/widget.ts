import type { Component } from 'vue'
import type { Choice, FieldMeta, FieldType, FieldValues } from '@/api/types'

/** Where a value stands: dense row, property list, card, or alone in a corner where only its letter fits. */
export type Place = 'cell' | 'detail' | 'card' | 'mark'

/** `none` needs no value, `period` a word like this_month, `two` a pair, `several` a list. */
export type OperandKind = 'none' | 'one' | 'two' | 'several' | 'period'
export interface FilterOperator { readonly op: string; readonly operand: OperandKind }
export type Aggregate = 'sum' | 'average' | 'minimum' | 'maximum'

export type Parsed<V> = { readonly value: V | null } | { readonly problem: string }

export interface EditProps {
  readonly value: unknown
  readonly field: FieldMeta
  readonly id?: string
  readonly invalid?: boolean
  /** The object and record around the field: a picker narrows by them. */
  readonly object?: string
}

/**
 * Everything the browser knows of one type of field.
 * An editor takes `EditProps` and emits `update` (each change), `done` (take it) and `escape`.
 */
export interface Widget<T extends FieldType> {
  readonly display: Component
  readonly edit: () => Promise<Component>
  /** Plain text: copying, exports, labels for those who do not see. */
  text(value: FieldValues[T] | null, field: FieldMeta): string
  /** Pasting and filling down. A problem is the key of a text. */
  parse(text: string, field: FieldMeta): Parsed<FieldValues[T]>
  /** As the server wants it in a request. */
  send(value: FieldValues[T] | null): unknown
  readonly ops: readonly FilterOperator[]
  readonly aggregates: readonly Aggregate[]
  readonly width: number
  readonly align: 'start' | 'end'
}

export const emptiness: readonly FilterOperator[] = [{ op: 'empty', operand: 'none' }, { op: 'not_empty', operand: 'none' }]
export const textOps: readonly FilterOperator[] = [
  { op: 'contains', operand: 'one' }, { op: 'starts_with', operand: 'one' }, { op: 'is', operand: 'one' }, { op: 'is_not', operand: 'one' }, ...emptiness,
]
export const orderOps: readonly FilterOperator[] = [
  { op: 'is', operand: 'one' }, { op: 'is_not', operand: 'one' }, { op: '>', operand: 'one' }, { op: '>=', operand: 'one' },
  { op: '<', operand: 'one' }, { op: '<=', operand: 'one' }, { op: 'between', operand: 'two' }, ...emptiness,
]
export const dateOps: readonly FilterOperator[] = [
  { op: 'within', operand: 'period' }, { op: 'is', operand: 'one' }, { op: '>=', operand: 'one' }, { op: '<=', operand: 'one' },
  { op: 'between', operand: 'two' }, ...emptiness,
]
export const pickOps: readonly FilterOperator[] = [{ op: 'in', operand: 'several' }, { op: 'not_in', operand: 'several' }, ...emptiness]
/** Periods the server knows; those with a number are made by the filter builder. */
export const periods = [
  'today', 'yesterday', 'tomorrow', 'this_week', 'last_week', 'next_week', 'this_month', 'last_month', 'next_month',
  'this_quarter', 'last_quarter', 'next_quarter', 'this_year', 'last_year', 'last_7_days', 'last_30_days', 'next_7_days',
  'next_30_days', 'more_than_7_days_ago', 'more_than_30_days_ago', 'overdue',
] as const

export function choiceTitle(choice: Choice): string {
  return choice.title || choice.code
}
