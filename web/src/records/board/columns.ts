import type { DictionaryItem, FieldMeta, GroupRow, ObjectMeta } from '@/api/types'
import { say, t } from '@/base/i18n'
import { readSteps, type StepRecord } from '../steps'

export interface BoardColumn {
  readonly key: string
  /** What is written into the field when a card comes here. */
  readonly value: unknown
  readonly title: string
  readonly color?: string
  readonly outcome?: 'won' | 'lost'
  /** Share of the way for the ring of a stage. */
  readonly share?: number
  readonly chance?: string
  readonly plannedDays?: number
}
export const emptyKey = ''

/** Steps have an order of their own; their records make the columns, also those without cards. */
export function columnsOfSteps(steps: readonly StepRecord[]): BoardColumn[] {
  return steps.filter((step) => step.active).map(({ id, title, outcome, share, chance, plannedDays }) => ({ key: id, value: { id, title }, title, outcome, share, chance, plannedDays }))
}
export function columnsOfItems(items: readonly DictionaryItem[]): BoardColumn[] {
  return items.filter((item) => item.active !== false).map((item) => ({ key: item.code, value: { code: item.code, title: say(item.label) }, title: say(item.label), color: item.color }))
}
export function columnsOfGroups(groups: readonly GroupRow[], field: FieldMeta): BoardColumn[] {
  return groups.map((group) => {
    const title = Array.isArray(group.title) ? group.title.join(' ') : String(group.title)
    const key = group.key === null ? emptyKey : String(group.key)
    const value = key === emptyKey ? null : field.type === 'boolean' ? key === 'true' : { id: key, title }
    return { key, value, title: title || t('board.none') }
  })
}

/** Records in the order in which the process goes through them; won comes last and lost is a place to drop, not a column. */
export async function readColumns(object: ObjectMeta, field: FieldMeta, target: ObjectMeta | undefined, items: readonly DictionaryItem[], groups: readonly GroupRow[]): Promise<BoardColumn[]> {
  const withEmpty = (columns: BoardColumn[]) => {
    const empty = groups.find((group) => group.key === null || group.key === '')
    return empty && empty.count > 0 ? [...columns, { key: emptyKey, value: null, title: t('board.none') }] : columns
  }
  if (field.type === 'choice') return withEmpty(columnsOfItems(items))
  if (field.type === 'ref' && target?.layout.steps) {
    const steps = await readSteps(target)
    const canLose = object.actions.some((action) => action.name === object.layout.path?.lost)
    if (steps.length) return withEmpty(columnsOfSteps(steps).filter((column) => column.outcome !== 'lost' || !canLose))
  }
  return columnsOfGroups(groups, field)
}

export function keyOfValue(value: unknown): string {
  if (value === null || value === undefined) return emptyKey
  if (typeof value !== 'object') return String(value)
  const one = value as { id?: string; code?: string }
  return one.id ?? one.code ?? emptyKey
}
