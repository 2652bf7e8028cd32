import { shallowReactive } from 'vue'
import { listRecords } from '@/api/records'
import { say } from '@/base/i18n'
import { defaultView, useMeta } from '@/meta/meta'

/** The list a record was opened from: the way back, and who comes before and after. */
export interface CameFrom { readonly title: string; readonly to: string; readonly ids: readonly string[]; readonly total?: number }

const lists = shallowReactive(new Map<string, CameFrom>())
const keyOf = (object: string) => `guanxi.list.${object}`

/** Lists call this when they show rows; `to` is the address that shows them again. */
export function rememberList(object: string, list: CameFrom): void {
  lists.set(object, list)
  try { sessionStorage.setItem(keyOf(object), JSON.stringify(list)) } catch { /* private windows may refuse; only a reload loses it */ }
}

export function cameFrom(object: string): CameFrom | undefined {
  const known = lists.get(object)
  if (known) return known
  try {
    const kept = JSON.parse(sessionStorage.getItem(keyOf(object)) ?? 'null') as CameFrom | null
    if (kept && Array.isArray(kept.ids)) { lists.set(object, kept); return kept }
  } catch { /* what is not readable is as good as nothing */ }
  return undefined
}

export function besideOf(list: CameFrom | undefined, id: string): { readonly position: number; readonly before?: string; readonly after?: string } {
  const index = list?.ids.indexOf(id) ?? -1
  if (!list || index < 0) return { position: 0 }
  return { position: index + 1, before: list.ids[index - 1], after: list.ids[index + 1] }
}

/** Opened by a link: the default view is taken for the list, read only when somebody asks for the next record. */
export async function listOf(object: string): Promise<CameFrom | undefined> {
  const known = cameFrom(object)
  if (known) return known
  const meta = useMeta().object(object)
  if (!meta) return undefined
  const view = defaultView(meta)
  const answer = await listRecords(object, { view: view?.id, fields: [meta.title], limit: 200, count: 'none' })
  if (!answer.ok) return undefined
  rememberList(object, { title: say(view?.label) || say(meta.plural), to: `/o/${object}`, ids: answer.value.records.map((record) => record.id) })
  return cameFrom(object)
}
