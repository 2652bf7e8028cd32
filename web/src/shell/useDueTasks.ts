import { ref, shallowRef } from 'vue'
import { useEvents } from '@/api/events'
import { listRecords } from '@/api/records'
import type { ApiFailure, Filter, RecordRow } from '@/api/types'
import { useMeta } from '@/meta/meta'
import { useSession } from '@/meta/session'

/** My tasks that are not done, the nearest first. Empty where there is no such object. */
export function useDueTasks() {
  const meta = useMeta()
  const session = useSession()
  const rows = shallowRef<readonly RecordRow[]>([])
  const count = ref(0)
  const failure = shallowRef<ApiFailure>()

  async function load(): Promise<void> {
    if (!meta.object('task') || !session.employee) return
    const filter: Filter = { and: [['owner', 'is', session.employee.id], ['state', 'is_not', 'done']] }
    const answer = await listRecords('task', { filter, sort: [['due_on', 'asc']], limit: 50, count: 'capped' })
    failure.value = answer.ok ? undefined : answer.failure
    if (!answer.ok) return
    rows.value = answer.value.records
    count.value = answer.value.count?.value ?? answer.value.records.length
  }
  useEvents({ change: (event) => { if (event.object === 'task') void load() }, resync: () => void load() })
  return { rows, count, failure, load }
}
export type DueTasks = ReturnType<typeof useDueTasks>
