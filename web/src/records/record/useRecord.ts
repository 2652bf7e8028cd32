import { computed, onScopeDispose, reactive, shallowRef, watch, type Ref } from 'vue'
import { useEvents } from '@/api/events'
import { changeRecord } from '@/api/records'
import { request } from '@/api/request'
import type { Answer, ApiFailure, FieldMeta, ObjectMeta, RecordFull } from '@/api/types'
import { say } from '@/base/i18n'
import { useMeta } from '@/meta/meta'
import { didAction } from '@/records/undo'
import { weigh, type Conflict } from './conflicts'
import { sameValue, targetOf, toRequest } from './values'

export interface Trouble { readonly message: string; readonly value: unknown }

/** The server reads at most so many lists beside one record; the rest of a long layout comes with a second read. */
const mostIncludes = 12

async function readAt(object: string, id: string, include: readonly string[], asOf: string | undefined, signal: AbortSignal, bin = false): Promise<Answer<RecordFull>> {
  const read = (some: readonly string[]) => request<RecordFull>('GET', `/api/records/${encodeURIComponent(object)}/${encodeURIComponent(id)}`, { query: { include: some.join(','), as_of: asOf, bin: bin ? 1 : undefined }, signal })
  const parts = partsOf(include, mostIncludes)
  const [first, ...others] = await Promise.all(parts.map(read))
  if (!first!.ok) {
    // Whoever opens a link to what was deleted sees it as it was, and can bring it back.
    if (first!.failure.status !== 404 || bin || asOf) return first!
    const deleted = await readAt(object, id, include, asOf, signal, true)
    return deleted.ok ? deleted : first!
  }
  const broken = others.find((one) => !one.ok)
  if (broken) return broken
  const included = Object.assign({}, ...[first!, ...others].map((one) => (one.ok ? one.value.included : {}))) as RecordFull['included']
  return { ok: true, value: { ...first!.value, included } }
}

/** At least one part, even of nothing. */
export function partsOf<T>(all: readonly T[], most: number): T[][] {
  const parts: T[][] = [all.slice(0, most)]
  for (let from = most; from < all.length; from += most) parts.push(all.slice(from, from + most))
  return parts
}

/** The lists beside a record that its layout asks for, and the timeline. */
export function includesOf(object: ObjectMeta, timeline = true): string[] {
  const layout = object.layout.record
  const fields = [...layout.left, ...layout.main, ...layout.right].flatMap((item) => (item.t === 'related' ? [item.field] : []))
  const known = fields.filter((name) => object.fields.some((field) => field.name === name && field.type === 'list'))
  return [...(timeline ? ['timeline'] : []), ...new Set(known)]
}

/**
 * One record with what belongs to it, from one read. Edits show at once; what the server refuses goes back with a
 * message at its field. Edits of one record go one after the other, for each needs the version the last one made.
 */
export function useRecord(objectName: Ref<string>, id: Ref<string>, options: { readonly asOf?: Ref<string | undefined>; readonly include?: (object: ObjectMeta) => string[]; readonly live?: boolean } = {}) {
  const metas = useMeta()
  const object = computed(() => metas.object(objectName.value))
  const stored = shallowRef<RecordFull>()
  const past = shallowRef<RecordFull>()
  const failure = shallowRef<ApiFailure>()
  const loading = shallowRef(false)
  /** Values that are on their way to the server. */
  const pending = reactive(new Map<string, unknown>())
  const troubles = reactive(new Map<string, Trouble>())
  /** Each waits for its choice; none is dropped because another came. */
  const conflicts = shallowRef<readonly Conflict[]>([])
  const conflict = computed(() => conflicts.value[0])
  let reading = new AbortController()
  let line: Promise<unknown> = Promise.resolve()
  let timer = 0

  const record = computed<RecordFull | undefined>(() => {
    if (options.asOf?.value) return past.value
    return stored.value && (pending.size ? { ...stored.value, ...Object.fromEntries(pending) } : stored.value)
  })

  async function load(): Promise<void> {
    const meta = object.value
    if (!meta) return
    reading.abort()
    reading = new AbortController()
    const { signal } = reading
    const asOf = options.asOf?.value
    loading.value = true
    const include = asOf ? [] : (options.include ?? includesOf)(meta)
    const answer = await readAt(objectName.value, id.value, include, asOf, signal)
    if (signal.aborted) return
    loading.value = false
    if (!answer.ok) {
      // The page that is there stays when only the line broke.
      if (!(answer.failure.kind === 'network' && record.value)) failure.value = answer.failure
      // Gone, or no longer for this person: it does not stay on the screen either.
      if (answer.failure.status === 403 || answer.failure.status === 404) { stored.value = undefined; past.value = undefined }
      return
    }
    failure.value = undefined
    if (asOf) past.value = answer.value
    else stored.value = answer.value
    // The timeline beside the past comes from the present: it holds what happened until then.
    if (asOf && !stored.value) {
      const present = await readAt(objectName.value, id.value, (options.include ?? includesOf)(meta), undefined, signal)
      if (!signal.aborted && present.ok) stored.value = present.value
    }
  }

  /** What a save or an action brought back; the lists beside the record stay until they are read again. */
  function take(next: RecordFull): void {
    stored.value = { ...stored.value, ...next, included: next.included ?? stored.value?.included }
    soon()
  }

  function soon(): void {
    clearTimeout(timer)
    timer = window.setTimeout(() => { void line.then(load) }, 400)
  }

  async function send(field: FieldMeta, value: unknown, base: unknown, tries = 0): Promise<boolean> {
    const now = stored.value
    if (!now) return false
    const answer = await changeRecord(objectName.value, now.id, now.version, { [field.name]: toRequest(field, value) })
    if (now.id !== stored.value?.id) return answer.ok
    if (answer.ok) {
      pending.delete(field.name)
      take(answer.value)
      didAction(say(field.label), answer.value.batch, false)
      return true
    }
    const { failure: why } = answer
    if (why.status === 412 && why.current) {
      const staleness = weigh(field, base, value, why.current)
      take(why.current)
      if (staleness.kind === 'merge' && tries < 3) return send(field, value, base, tries + 1)
      pending.delete(field.name)
      if (staleness.kind !== 'same') conflicts.value = [...conflicts.value, staleness.kind === 'conflict' ? staleness.conflict : { field, mine: value, theirs: why.current[field.name], current: why.current }]
      return staleness.kind === 'same'
    }
    pending.delete(field.name)
    const own = why.errors.filter((error) => error.field.split(/[.[]/)[0] === field.name)
    const message = (own.length ? own : why.errors).map((error) => error.message).join(' ') || why.detail || why.title
    troubles.set(field.name, { message, value })
    return false
  }

  /**
   * True when the server took it. `base` is the value that the writer saw: what somebody else wrote meanwhile may
   * already stand in the record and is not written over unseen.
   */
  function save(field: FieldMeta, value: unknown, base: unknown = stored.value?.[field.name]): Promise<boolean> {
    const now = stored.value
    troubles.delete(field.name)
    if (!now || sameValue(field, now[field.name], value)) return Promise.resolve(true)
    if (!sameValue(field, now[field.name], base)) {
      conflicts.value = [...conflicts.value, { field, mine: value, theirs: now[field.name], current: now }]
      return Promise.resolve(false)
    }
    pending.set(field.name, value)
    const run = line.then(() => send(field, value, base))
    line = run.catch(() => undefined)
    return run
  }

  /** "Mine" is written over theirs with the version that is there now. */
  async function settle(keep: 'mine' | 'theirs'): Promise<void> {
    const open = conflict.value
    conflicts.value = conflicts.value.slice(1)
    if (open && keep === 'mine') await save(open.field, open.mine)
  }

  watch([objectName, id, () => options.asOf?.value], ([name, key], [oldName, oldKey]) => {
    if (name !== oldName || key !== oldKey) {
      stored.value = undefined
      past.value = undefined
      failure.value = undefined
      conflicts.value = []
      pending.clear()
      troubles.clear()
    }
    void load()
  })
  void load()

  if (options.live !== false) {
    useEvents({
      change(event) {
        const beside = object.value?.fields.some((field) => field.type === 'list' && targetOf(field) === event.object)
        const itself = event.object === objectName.value && (event.ids === null || event.ids.includes(id.value))
        if (itself || beside) soon()
      },
      resync: soon,
    })
  }
  onScopeDispose(() => {
    clearTimeout(timer)
    reading.abort()
  })

  return { object, record, stored, failure, loading, pending, troubles, conflict, load, take, save, settle, soon }
}
export type RecordModel = ReturnType<typeof useRecord>
