import type { ObjectMeta } from '@/api/types'

/** What the composer over a timeline can write, in the order of its tabs. Objects that are not there, or may not be added, have no tab. */
export interface Writing {
  readonly key: string; readonly object: string; readonly icon: string
  /** The field that takes what is written, and what the record begins with. */
  readonly text: string; readonly values: Readonly<Record<string, unknown>>
  /** Further fields under the text. */
  readonly more: readonly string[]
}
export const writings: readonly Writing[] = [
  { key: 'follow', object: 'activity', icon: 'square-pen', text: 'content', values: { kind: 'follow_up' }, more: ['contacts', 'next_step', 'next_on'] },
  { key: 'call', object: 'activity', icon: 'phone', text: 'content', values: { kind: 'call' }, more: ['contacts', 'minutes', 'next_step', 'next_on'] },
  { key: 'visit', object: 'activity', icon: 'map-pin', text: 'content', values: { kind: 'visit' }, more: ['contacts', 'place', 'next_step', 'next_on'] },
  { key: 'task', object: 'task', icon: 'circle-check', text: 'title', values: {}, more: ['due_on', 'owner', 'priority'] },
]

/** The tabs for a record of `object`: what is written must be able to refer to it. */
export function writingsFor(object: ObjectMeta, objects: Readonly<Record<string, ObjectMeta>>): Writing[] {
  return writings.filter((writing) => {
    const target = objects[writing.object]
    return target?.rights.add && target.name !== object.name && target.fields.some((field) => (field.type === 'ref' || field.type === 'refs') && field.to === object.name)
  })
}

const icons: Readonly<Record<string, string>> = { call: 'phone', visit: 'map-pin', mail: 'mail', meeting: 'users-round', demonstration: 'play', follow_up: 'square-pen' }

export function iconOf(kind: string, type: string | undefined, object: ObjectMeta | undefined): string {
  return kind === 'change' ? 'history' : icons[type ?? ''] ?? object?.icon ?? 'circle'
}
