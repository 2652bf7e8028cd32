import dayjs from 'dayjs'
import type { Layout, ObjectMeta, RecordRow } from '@/api/types'

export interface Stage {
  readonly id: string; readonly title: string; readonly outcome?: 'won' | 'lost'; readonly plannedDays?: number; readonly share?: number
}
/** When a record went through a stage, and until when it was meant to. */
export interface Passage { readonly stage: string; readonly entered?: string; readonly left?: string; readonly planned?: string }
export interface Step extends Stage {
  readonly state: 'done' | 'now' | 'ahead' | 'won' | 'lost'
  readonly days?: number; readonly plannedOn?: string; readonly late?: boolean
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined)

export function passagesOf(rows: readonly RecordRow[], roles: NonNullable<Layout['passage']>): Passage[] {
  const value = (row: RecordRow, role: string | undefined) => (role ? text(row[role]) : undefined)
  return rows.map((row) => ({ stage: String((row[roles.step] as { id?: string } | null)?.id ?? ''), entered: value(row, roles.entered), left: value(row, roles.left), planned: value(row, roles.planned) }))
}

/** The list that keeps through which stages the record went. */
export function passageList(object: ObjectMeta, objects: Readonly<Record<string, ObjectMeta>>): { readonly list: string; readonly roles: NonNullable<Layout['passage']> } | undefined {
  for (const list of object.fields) {
    const roles = list.type === 'list' ? objects[list.of ?? list.to ?? '']?.layout.passage : undefined
    if (roles) return { list: list.name, roles }
  }
  return undefined
}

/**
 * Open stages in their order, then how it ends. A lost stage shows only when the record is there, for nobody plans to lose;
 * a lost record shows where it came from as grey, not as done.
 */
export function stepsOf(stages: readonly Stage[], current: string, passages: readonly Passage[], now: dayjs.ConfigType = undefined): Step[] {
  const ended = stages.find((stage) => stage.id === current)?.outcome
  const shown = stages.filter((stage) => (ended ? stage.outcome === undefined || stage.id === current : stage.outcome !== 'lost'))
  const open = shown.filter((stage) => !stage.outcome)
  const ends = ended ? shown.filter((stage) => stage.outcome) : shown.filter((stage) => stage.outcome).slice(0, 1)
  const all = [...open, ...ends]
  const place = all.findIndex((stage) => stage.id === current)
  return all.map((stage, index) => {
    const passed = passages.filter((one) => one.stage === stage.id)
    const last = passed.at(-1)
    const state = index === place ? (stage.outcome ?? 'now') : index < place ? (ended === 'lost' && !passed.length ? 'ahead' : 'done') : 'ahead'
    const from = passed[0]?.entered
    const until = state === 'now' ? dayjs(now) : last?.left ? dayjs(last.left) : undefined
    const days = from && until && !stage.outcome ? Math.max(1, Math.ceil(until.diff(from, 'day', true))) : undefined
    const plannedOn = last?.planned
    const late = plannedOn !== undefined && (until ?? dayjs(now)).startOf('day').isAfter(dayjs(plannedOn)) && state !== 'ahead'
    return { ...stage, state, days, plannedOn, late }
  })
}
