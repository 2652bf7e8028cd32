import { onScopeDispose, ref, shallowRef } from 'vue'
import { useEvents } from '@/api/events'
import { cancelJob, readJob } from '@/api/files'
import { actOnRecords, changeAll, deleteAll, type BulkTarget } from '@/api/records'
import type { Answer, ApiFailure, BulkResult, Job } from '@/api/types'
import { t } from '@/base/i18n'

/** A job of the server as it goes on: told by events, and asked for when none come. */
export function useJob() {
  const job = shallowRef<Job>()
  let resolve: ((job: Job | undefined) => void) | undefined
  let timer = 0
  const ended = (one: Job) => ['done', 'failed', 'cancelled'].includes(one.state)

  function take(one: Job): void {
    if (one.id !== job.value?.id) return
    job.value = { ...job.value, ...one }
    if (!ended(job.value)) return
    clearInterval(timer)
    resolve?.(job.value)
    resolve = undefined
  }
  async function ask(): Promise<void> {
    if (!job.value) return
    const answer = await readJob(job.value.id)
    if (answer.ok) take(answer.value)
  }
  useEvents({
    job(one) {
      if (one.id !== job.value?.id) return
      // The event has no result; the job itself does.
      if (ended(one)) void ask()
      else take(one)
    },
  })
  function follow(id: string): Promise<Job | undefined> {
    job.value = { id, kind: '', state: 'waiting', done: 0, all: 0 }
    clearInterval(timer)
    timer = window.setInterval(() => void ask(), 1000)
    void ask()
    return new Promise((done) => { resolve = done })
  }
  function clear(): void { clearInterval(timer); job.value = undefined }
  onScopeDispose(() => { clearInterval(timer); resolve?.(undefined) })
  return { job, follow, clear, cancel: () => (job.value ? cancelJob(job.value.id) : undefined) }
}

/** Changes to many records: one batch, so one undo takes all of it back. Never shown before the server has done it. */
export function useBulk(object: () => string, target: () => BulkTarget, done: (what: 'change' | 'assign' | 'delete', count: number, batch: string | undefined) => void) {
  const busy = ref(false)
  const failure = shallowRef<ApiFailure>()
  const progress = useJob()

  async function run(what: 'change' | 'assign' | 'delete', count: number, send: () => Promise<Answer<BulkResult>>): Promise<boolean> {
    busy.value = true
    failure.value = undefined
    const answer = await send()
    if (!answer.ok) {
      busy.value = false
      failure.value = answer.failure
      return false
    }
    let { batch, updated } = answer.value
    if (answer.value.job) {
      const job = await progress.follow(answer.value.job)
      const result = (job?.result ?? {}) as { batch?: string; updated?: number }
      batch = result.batch
      updated = result.updated ?? job?.done
      const state = job?.state
      const problem = job?.problem ?? ''
      progress.clear()
      if (state !== 'done') {
        busy.value = false
        failure.value = { kind: 'problem', status: 500, code: 'job', title: state === 'cancelled' ? t('list.cancelled') : problem, detail: '', requestId: '', errors: [] }
        return false
      }
    }
    busy.value = false
    done(what, updated ?? count, batch)
    return true
  }

  return {
    busy, failure, job: progress.job, cancel: progress.cancel,
    change: (values: Record<string, unknown>, count: number) => run('change', count, () => changeAll(object(), target(), values)),
    assign(owner: string, count: number) {
      const to = target()
      return run('assign', count, () => (to.ids ? actOnRecords(object(), 'assign', { ids: to.ids, owner }) : changeAll(object(), to, { owner })))
    },
    remove: (count: number) => run('delete', count, () => {
      const to = target()
      return to.ids ? actOnRecords(object(), 'delete', { ids: to.ids }) : deleteAll(object(), to)
    }),
  }
}
