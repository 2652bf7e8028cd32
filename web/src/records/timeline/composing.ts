import type { Choice, DictionaryItem, FieldMeta, ObjectMeta, WayToWrite } from '@/api/types'
import { fieldOf } from '@/meta/meta'

/** What can be written over a timeline, in the order in which the objects declare it. */
export interface Writing extends WayToWrite { readonly object: string }

/** The tabs for a record of `object`: what is written must be able to refer to it, and the user must be allowed to add it. */
export function writingsFor(object: ObjectMeta, objects: Readonly<Record<string, ObjectMeta>>, order: readonly string[]): Writing[] {
  const place = (name: string) => { const at = order.indexOf(name); return at < 0 ? order.length : at }
  const refers = (target: ObjectMeta) => target.fields.some((field) => (field.type === 'ref' || field.type === 'refs') && field.to === object.name)
  return Object.values(objects).filter((target) => target.layout.event?.write.length && target.rights.add && target.name !== object.name && refers(target))
    .sort((a, b) => place(a.name) - place(b.name)).flatMap((target) => target.layout.event!.write.map((way) => ({ ...way, object: target.name })))
}

/** The choice that says of what kind an event is: the one whose options have pictures of their own. */
export function kindFieldOf(object: ObjectMeta | undefined, dictionary: (code: string | undefined) => readonly DictionaryItem[]): FieldMeta | undefined {
  return object?.fields.find((field) => field.type === 'choice' && dictionary(field.dictionary).some((item) => item.extra?.icon))
}

export function iconOf(kind: string, type: Choice | null | undefined, object: ObjectMeta | undefined, dictionary: (code: string | undefined) => readonly DictionaryItem[]): string {
  if (kind === 'change') return 'history'
  const field = kindFieldOf(object, dictionary)
  return dictionary(field?.dictionary).find((item) => item.code === type?.code)?.extra?.icon ?? object?.icon ?? 'circle'
}

/** The fields of an event that hold what was written, the most telling first. */
export const textsOf = (object: ObjectMeta | undefined): FieldMeta[] => (object?.layout.event?.text ?? []).flatMap((name) => fieldOf(object, name) ?? [])
