import { computed } from 'vue'
import type { FieldMeta, ObjectMeta } from '@/api/types'
import { condition } from './record/conditions'
import { useSituation } from './record/useSituation'

/** The fields that tell whether a date is still a plan; whoever shows such dates reads them too. */
export function dueFields(object: ObjectMeta | undefined): string[] {
  const words = Object.values(object?.layout.due ?? {}).flatMap((source) => source.replaceAll(/'[^']*'/g, '').match(/[a-z_]+/g) ?? [])
  return [...new Set(words)].filter((word) => object?.fields.some((field) => field.name === word))
}

/** Says of a date that is declared as a plan whether it has passed while the plan still holds. */
export function useDue(object: () => ObjectMeta | undefined) {
  const situation = useSituation()
  const plans = computed(() => object()?.layout.due ?? {})
  return (field: FieldMeta, row: Readonly<Record<string, unknown>>): boolean => {
    const source = plans.value[field.name]
    const value = row[field.name]
    if (source === undefined || typeof value !== 'string') return false
    const past = field.type === 'date' ? new Date(`${value}T00:00:00`).getTime() < new Date().setHours(0, 0, 0, 0) : new Date(value).getTime() < Date.now()
    return past && condition(object()!, source || undefined, row, situation.value, true)
  }
}

/** How many days ago a day was, at least one. */
export function daysLate(text: string): number {
  const day = new Date(text.length > 10 ? text : `${text}T00:00:00`).setHours(0, 0, 0, 0)
  return Math.max(1, Math.round((new Date().setHours(0, 0, 0, 0) - day) / 864e5))
}
