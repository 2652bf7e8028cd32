import { ref, shallowRef } from 'vue'
import { listRecords, type BulkTarget } from '@/api/records'
import { shareRecords, type ShareWish } from '@/api/rights'
import type { ApiFailure } from '@/api/types'
import { t } from '@/base/i18n'
import { toast } from '@/ui/toasts'

/** The server opens at most so many at once: all of them or none. */
export const sharedMost = 10_000
const page = 500

async function idsOf(object: string, target: BulkTarget): Promise<readonly string[] | ApiFailure> {
  if (target.ids) return target.ids
  const ids: string[] = []
  for (let after: string | null = null; ;) {
    const answer = await listRecords(object, { filter: target.filter, search: target.search, fields: ['id'], sort: [['id', 'asc']], limit: page, after })
    if (!answer.ok) return answer.failure
    ids.push(...answer.value.records.map((row) => row.id))
    after = answer.value.next
    if (!after || ids.length > sharedMost) return ids
  }
}

/** Opening the chosen rows of a list, or all that it finds, to somebody. */
export function useBulkShare(object: () => string, target: () => BulkTarget, done: () => void) {
  const open = ref(false)
  const busy = ref(false)
  const failure = shallowRef<ApiFailure>()
  const told = (title: string): ApiFailure => ({ kind: 'problem', status: 400, code: 'too_many_records', title, detail: '', requestId: '', errors: [] })

  function begin(): void {
    failure.value = undefined
    open.value = true
  }
  async function run(wish: ShareWish, title: string): Promise<void> {
    busy.value = true
    const ids = await idsOf(object(), target())
    const tooMany = Array.isArray(ids) && ids.length > sharedMost
    const answer = Array.isArray(ids) && !tooMany ? await shareRecords(object(), ids as readonly string[], wish) : undefined
    busy.value = false
    failure.value = tooMany ? told(t('rights.share.tooMany', { most: sharedMost.toLocaleString('en') })) : answer ? (answer.ok ? undefined : answer.failure) : (ids as ApiFailure)
    if (failure.value) return
    open.value = false
    toast(t('rights.share.doneMany', { count: (ids as readonly string[]).length.toLocaleString('en'), title }), { icon: 'share-2' })
    done()
  }
  return { open, busy, failure, begin, run }
}
