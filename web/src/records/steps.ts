import { computed, shallowReactive, watch } from 'vue'
import { listRecords } from '@/api/records'
import { useEvents, type ChangeEvent } from '@/api/events'
import type { FieldMeta, ObjectMeta, RecordRow } from '@/api/types'
import { language } from '@/base/i18n'
import { fieldOf, useMeta } from '@/meta/meta'

/** One step of a way: a stage that a record can be in. */
export interface StepRecord {
  readonly id: string; readonly title: string; readonly outcome?: 'won' | 'lost'; readonly active: boolean
  /** Share of the way for the ring; a step that ends it has none. */
  readonly share?: number
  readonly chance?: string; readonly plannedDays?: number
}

const codeOf = (value: unknown): string => String((value as { code?: string } | null)?.code ?? value ?? '')

/** The rings fill along the open steps, whatever their chances are. */
export function stepsOfRows(rows: readonly RecordRow[], object: Pick<ObjectMeta, 'title' | 'title_en' | 'layout'>): StepRecord[] {
  const roles = object.layout.steps ?? {}
  const outcomeOf = (row: RecordRow) => { const code = roles.outcome ? codeOf(row[roles.outcome]) : ''; return code === 'won' || code === 'lost' ? code : undefined }
  const open = rows.filter((row) => !outcomeOf(row)).length
  let place = 0
  return rows.map((row) => {
    const outcome = outcomeOf(row)
    const share = outcome ? undefined : place / Math.max(1, open)
    if (!outcome) place += 1
    const english = object.title_en && language() === 'en' ? row[object.title_en] : undefined
    const chance = roles.chance ? row[roles.chance] : undefined
    const days = roles.days ? row[roles.days] : undefined
    return {
      id: row.id, title: String((english || row[object.title]) ?? ''), outcome, share, active: row.active !== false,
      chance: typeof chance === 'string' ? chance : undefined, plannedDays: typeof days === 'number' ? days : undefined,
    }
  })
}

const known = shallowReactive(new Map<string, readonly RecordRow[]>())
/** Every row of a list hears of a change; one of them reads. */
let told: ChangeEvent | undefined
const asked = new Map<string, Promise<readonly RecordRow[]>>()

/** The steps that an object declares, in their order; read once and kept until one of them changes. */
export async function readSteps(object: ObjectMeta, signal?: AbortSignal): Promise<readonly StepRecord[]> {
  const order = object.layout.steps?.order
  if (!asked.has(object.name)) {
    asked.set(object.name, listRecords(object.name, { limit: 100, count: 'none', sort: order ? [[order, 'asc']] : undefined }, signal).then((answer) => {
      if (!answer.ok) { asked.delete(object.name); return [] }
      known.set(object.name, answer.value.records)
      return answer.value.records
    }))
  }
  return stepsOfRows(await asked.get(object.name)!, object)
}

/** The steps behind a field, where its object declares that its records are steps. */
export function useSteps(field: () => FieldMeta | undefined) {
  const meta = useMeta()
  const object = computed(() => { const target = field()?.type === 'ref' ? meta.object(field()?.to ?? '') : undefined; return target?.layout.steps ? target : undefined })
  watch(object, (now) => { if (now) void readSteps(now) }, { immediate: true })
  useEvents({
    change(event) {
      if (event.object !== object.value?.name || event === told) return
      told = event
      asked.delete(event.object)
      void readSteps(object.value)
    },
  })
  const steps = computed<readonly StepRecord[]>(() => { const rows = object.value && known.get(object.value.name); return rows && object.value ? stepsOfRows(rows, object.value) : [] })
  const find = (id: string | undefined) => steps.value.find((step) => step.id === id)
  return { object, steps, find }
}

/** The field that says how far the records of an object are, if it leads to steps. */
export const pathFieldOf = (object: ObjectMeta | undefined): FieldMeta | undefined => fieldOf(object, object?.layout.path?.field ?? '')
