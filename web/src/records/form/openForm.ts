import { shallowRef } from 'vue'
import type { RecordFull } from '@/api/types'

/** A form that is asked for. It opens over the page, wherever it is asked from. */
export interface FormRequest {
  readonly key: number
  readonly object: string
  readonly record?: RecordFull
  readonly defaults: Readonly<Record<string, unknown>>
  readonly full: boolean
  /** The page goes on to the new record. */
  readonly follow: boolean
  readonly answer: (record: RecordFull | undefined) => void
}

const open = shallowRef<readonly FormRequest[]>([])
let next = 1
export const openForms = open

function ask(request: Omit<FormRequest, 'key' | 'answer'>): Promise<RecordFull | undefined> {
  return new Promise((answer) => {
    open.value = [...open.value, { ...request, key: next, answer }]
    next += 1
  })
}

/** Comes back with the new record, or with nothing when the form was closed. */
export const openCreate = (object: string, defaults: Readonly<Record<string, unknown>> = {}, full = false) => ask({ object, defaults, full, follow: false })
/** For those who want to go on with the new record: saving opens its page. */
export const openCreateAndFollow = (object: string) => ask({ object, defaults: {}, full: false, follow: true })
/** The whole form over a record that was read before. */
export const openEdit = (object: string, record: RecordFull) => ask({ object, record, defaults: {}, full: true, follow: false })
export const useForms = () => ({ openCreate, openEdit })

export function closeForm(request: FormRequest, record?: RecordFull): void {
  open.value = open.value.filter((one) => one.key !== request.key)
  request.answer(record)
}

const hosts = shallowRef<readonly symbol[]>([])
/** Several parts of the page may bring a host; the first one there shows the forms. */
export function claimHost(host: symbol): void { hosts.value = [...hosts.value, host] }
export function releaseHost(host: symbol): void { hosts.value = hosts.value.filter((one) => one !== host) }
export const isHost = (host: symbol): boolean => hosts.value[0] === host
