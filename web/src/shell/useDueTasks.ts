import { computed, ref, shallowRef } from 'vue'
import { useEvents } from '@/api/events'
import { listRecords } from '@/api/records'
import type { ApiFailure, RecordRow } from '@/api/types'
import { useMeta } from '@/meta/meta'
import { useSession } from '@/meta/session'

/** What I have to do, the nearest first. Empty where no object declares it. */
export function useDueTasks() {
  const meta = useMeta()
  const session = useSession()
  const rows = shallowRef<readonly RecordRow[]>([])
  const count = ref(0)
  const failure = shallowRef<ApiFailure>()
  const object = computed(() => meta.todo)

  async function load(): Promise<void> {
    const todo = object.value?.layout.todo
    if (!object.value || !todo || !session.employee) return
    const answer = await listRecords(object.value.name, { filter: todo.open, sort: [[todo.on, 'asc']], limit: 50, count: 'capped' })
    failure.value = answer.ok ? undefined : answer.failure
    if (!answer.ok) return
    rows.value = answer.value.records
    count.value = answer.value.count?.value ?? answer.value.records.length
  }
  useEvents({ change: (event) => { if (event.object === object.value?.name) void load() }, resync: () => void load() })
  return { object, rows, count, failure, load }
}
export type DueTasks = ReturnType<typeof useDueTasks>
