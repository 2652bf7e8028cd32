import type { Choice, FieldMeta } from '@/api/types'
import { say } from '@/base/i18n'
import { useMeta } from '@/meta/meta'

/** The colour of an option; it is data and comes from the dictionary. */
export function colorOf(choice: Choice, field: FieldMeta): string | undefined {
  return useMeta().dictionary(field.dictionary).find((item) => item.code === choice.code)?.color
}

export function titleOf(choice: Choice, field: FieldMeta): string {
  const item = useMeta().dictionary(field.dictionary).find((one) => one.code === choice.code)
  return item ? say(item.label) : choice.title || choice.code
}

export function findChoice(text: string, field: FieldMeta): Choice | undefined {
  const clean = text.trim().toLowerCase()
  const item = useMeta().dictionary(field.dictionary).find((one) => [one.code, one.label.zh, one.label.en].some((name) => name?.toLowerCase() === clean))
  return item ? { code: item.code, title: say(item.label) } : undefined
}

/** One letter in a box in place of a colour, for levels and the like; declared with the option. */
export function markOf(choice: Choice, field: FieldMeta): { readonly text: string; readonly strong: boolean } | undefined {
  const extra = useMeta().dictionary(field.dictionary).find((item) => item.code === choice.code)?.extra
  return extra?.mark ? { text: say(extra.mark), strong: extra.strong === true } : undefined
}
export const hasMark = (value: unknown, field: FieldMeta): boolean => field.type === 'choice' && Boolean(value) && markOf(value as Choice, field) !== undefined
