import { shallowRef } from 'vue'
import { deleteRecord } from '@/api/records'
import type { Blocker, ObjectMeta } from '@/api/types'
import { t } from '@/base/i18n'
import { didAction } from '@/records/undo'
import { toast } from '@/ui/toasts'
import { wordsOf } from './failure'

/** A record that could not be deleted, and what keeps it. */
export interface Blocked { readonly id: string; readonly title: string; readonly blockers: readonly Blocker[] }

/** Deletes, and where others keep the record, says who they are. */
export function useRemoval(object: () => ObjectMeta | undefined) {
  const blocked = shallowRef<Blocked>()
  async function remove(id: string, title: string): Promise<boolean> {
    const one = object()
    if (!one) return false
    const answer = await deleteRecord(one.name, id)
    if (answer.ok) {
      didAction(t('record.deleted', { title }), answer.value.batch)
      return true
    }
    if (answer.failure.blockers?.length) blocked.value = { id, title, blockers: answer.failure.blockers }
    else toast(wordsOf(answer.failure), { icon: 'circle-alert' })
    return false
  }
  return { blocked, remove }
}
