import { readonly, ref } from 'vue'
import { jobAtEnd } from '@/api/files'
import { undoBatch } from '@/api/records'
import type { UndoResult } from '@/api/types'
import { t } from '@/base/i18n'
import { dismiss, toast } from '@/ui/toasts'

interface Step { readonly batch: string; readonly words: string; /** The toast that offers to take it back. */ readonly offer?: number }

/** The last own actions of this tab, newest at the end. */
const steps = ref<Step[]>([])
const most = 20
const listeners = new Set<() => void>()

export const undoSteps = readonly(steps)

/** After an undo the screens read again: the server knows what came back. */
export function whenUndone(run: () => void): () => void {
  listeners.add(run)
  return () => listeners.delete(run)
}

/** Says whether it was taken back. Much of it becomes a job of the server, which is waited for. */
export async function undo(batch?: string): Promise<boolean> {
  const step = batch ? steps.value.find((one) => one.batch === batch) ?? { batch, words: '' } : steps.value.at(-1)
  if (!step) return false
  steps.value = steps.value.filter((one) => one.batch !== step.batch)
  if (step.offer) dismiss(step.offer)
  const answer = await undoBatch(step.batch)
  if (!answer.ok) {
    toast(answer.failure.title, { icon: 'triangle-alert' })
    return false
  }
  let result: UndoResult | undefined = answer.value
  if (result.job) {
    toast(t('records.undo.running', { words: step.words }), { icon: 'undo' })
    const job = await jobAtEnd(result.job)
    result = job?.state === 'done' ? (job.result as UndoResult) : undefined
  }
  if (!result) {
    toast(t('records.undo.failed'), { icon: 'triangle-alert' })
    return false
  }
  listeners.forEach((run) => run())
  const skipped = result.skipped ?? 0
  toast(skipped ? t('records.undo.partly', { count: skipped }) : t('records.undo.done', { words: step.words }), { icon: 'undo' })
  return true
}

/** Remembers an action. With `show` it also tells the user, who can take it back for eight seconds. */
export function didAction(words: string, batch: string | undefined, show = true): void {
  const offer = show ? toast(words, batch ? { action: t('records.undo'), run: () => void undo(batch) } : {}) : undefined
  if (batch) steps.value = [...steps.value.slice(1 - most), { batch, words, offer }]
}
