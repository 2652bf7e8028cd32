import type { TimelineEntry } from '@/api/types'
import { useMeta } from '@/meta/meta'
import { condition } from '@/records/record/conditions'
import { useSituation } from '@/records/record/useSituation'
import type { Life } from './grouping'

/** Which events are still to be done, and when the others were, as their objects declare it. */
export function useLife(): Life {
  const meta = useMeta()
  const situation = useSituation()
  return {
    isOpen(entry: TimelineEntry): boolean {
      const object = entry.kind === 'change' ? undefined : meta.object(entry.object)
      return Boolean(object?.layout.event?.open) && condition(object!, object!.layout.event!.open, entry.record, situation.value, false)
    },
    doneAt(entry: TimelineEntry): string | undefined {
      const done = entry.kind === 'change' ? undefined : entry.record[meta.object(entry.object)?.layout.event?.done ?? '']
      return typeof done === 'string' ? done : undefined
    },
  }
}
