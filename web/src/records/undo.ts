import { readonly, ref } from 'vue'
import { undoBatch } from '@/api/records'
import { t } from '@/base/i18n'
import { toast } from '@/ui/toasts'

interface Step { readonly batch: string; readonly words: string }

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

export async function undo(batch?: string): Promise<void> {
  const step = batch ? steps.value.find((one) => one.batch === batch) ?? { batch, words: '' } : steps.value.at(-1)
  if (!step) return
  steps.value = steps.value.filter((one) => one.batch !== step.batch)
  const answer = await undoBatch(step.batch)
  if (!answer.ok) {
    toast(answer.failure.title, { icon: 'triangle-alert' })
    return
  }
  listeners.forEach((run) => run())
  const skipped = answer.value.skipped ?? 0
  toast(skipped ? t('records.undo.partly', { count: skipped }) : t('records.undo.done', { words: step.words }), { icon: 'undo' })
}

/** Remembers an action. With `show` it also tells the user, who can take it back for eight seconds. */
export function didAction(words: string, batch: string | undefined, show = true): void {
  if (batch) steps.value = [...steps.value.slice(1 - most), { batch, words }]
  if (show) toast(words, batch ? { action: t('records.undo'), run: () => void undo(batch) } : {})
}
