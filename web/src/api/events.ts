import { onScopeDispose } from 'vue'
import { lineBack, lineLost } from './network'
import { url } from './request'
import type { Job } from './types'

export interface ChangeEvent { readonly object: string; readonly operation: string; readonly batch: string | null; readonly ids: readonly string[] | null; readonly who: string | null }
/** Why what is shown may be old: the line was away, or rights have changed. */
export type Resync = 'line' | 'rights'
interface Listeners { change: Set<(event: ChangeEvent) => void>; meta: Set<() => void>; job: Set<(job: Job) => void>; resync: Set<(why: Resync) => void>; ended: Set<() => void>; who: Set<(user: string) => void>; notice: Set<(event: { unread: number }) => void> }

const listeners: Listeners = { change: new Set(), meta: new Set(), job: new Set(), resync: new Set(), ended: new Set(), who: new Set(), notice: new Set() }
let source: EventSource | undefined
let wanted = false
let failures = 0
let timer = 0
let lost = false

const steps = [1000, 2000, 5000, 10_000, 30_000]
/** Longer with every failure, with some chance in it: after a restart not all browsers come in the same second. */
export function pauseAfter(count: number, chance = Math.random()): number {
  return Math.round(steps[Math.min(count, steps.length) - 1]! * (0.75 + chance / 2))
}

function decode<T>(event: MessageEvent<string>): T | undefined {
  try { return JSON.parse(event.data) as T } catch { return undefined }
}

function open(): void {
  if (!wanted) return
  source = new EventSource(url('/api/events'))
  source.addEventListener('open', () => {
    lineBack()
    if (lost) listeners.resync.forEach((run) => run('line'))
    lost = false
    failures = 0
  })
  source.addEventListener('change', (event) => { const value = decode<ChangeEvent>(event); if (value) listeners.change.forEach((run) => run(value)) })
  source.addEventListener('meta', (event) => { decode(event); listeners.meta.forEach((run) => run()) })
  // Whatever is on the screen may no longer be this person's to see, or there may be more of it.
  source.addEventListener('rights', () => listeners.resync.forEach((run) => run('rights')))
  source.addEventListener('job', (event) => { const value = decode<Job>(event); if (value) listeners.job.forEach((run) => run(value)) })
  source.addEventListener('notice', (event) => { const value = decode<{ unread: number }>(event); if (value) listeners.notice.forEach((run) => run(value)) })
  source.addEventListener('who', (event) => { const value = decode<{ user: string }>(event); if (value) listeners.who.forEach((run) => run(value.user)) })
  source.addEventListener('ended', () => listeners.ended.forEach((run) => run()))
  source.addEventListener('error', () => {
    failures += 1
    if (failures > 1) lineLost()
    // While it connects again by itself, the browser tells the server which event came last, and nothing is missed.
    if (source?.readyState !== EventSource.CLOSED) return
    lost = true
    timer = window.setTimeout(open, pauseAfter(failures))
  })
}

export function startEvents(): void {
  if (wanted) return
  wanted = true
  open()
}
export function stopEvents(): void {
  wanted = false
  clearTimeout(timer)
  source?.close()
}

/** Calls while the component lives. `ended`: the session is over. `who`: as whom the server sees this page. */
export function useEvents(on: { change?: (event: ChangeEvent) => void; meta?: () => void; job?: (job: Job) => void; resync?: (why: Resync) => void; ended?: () => void; who?: (user: string) => void; notice?: (event: { unread: number }) => void }): void {
  if (on.change) listeners.change.add(on.change)
  if (on.meta) listeners.meta.add(on.meta)
  if (on.job) listeners.job.add(on.job)
  if (on.resync) listeners.resync.add(on.resync)
  if (on.notice) listeners.notice.add(on.notice)
  if (on.ended) listeners.ended.add(on.ended)
  if (on.who) listeners.who.add(on.who)
  onScopeDispose(() => {
    if (on.change) listeners.change.delete(on.change)
    if (on.meta) listeners.meta.delete(on.meta)
    if (on.job) listeners.job.delete(on.job)
    if (on.resync) listeners.resync.delete(on.resync)
    if (on.notice) listeners.notice.delete(on.notice)
    if (on.ended) listeners.ended.delete(on.ended)
    if (on.who) listeners.who.delete(on.who)
  })
}
