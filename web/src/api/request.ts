import { language, t } from '@/base/i18n'
import { lineBack, lineLost, writeEnded, writeStarted } from './network'
import type { Answer, ApiFailure } from './types'

export interface RequestOptions {
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
}

let csrf = ''
let onSignedOut: () => void = () => undefined

export function setCsrf(token: string): void { csrf = token }
/** The session store wants to know when the server no longer knows us. */
export function whenSignedOut(run: () => void): void { onSignedOut = run }

/** Relative, so that the program also works under a path of its own. */
export function url(path: string, query: Readonly<Record<string, unknown>> = {}): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue
    search.set(key, typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
  const tail = search.toString()
  return `${baseOf()}${path}${tail ? `?${tail}` : ''}`
}

function baseOf(): string {
  const given = document.querySelector('base')?.getAttribute('href') ?? '/'
  return given.replace(/\/$/, '')
}

export async function decode(response: Response): Promise<ApiFailure> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>
  const retry = Number(response.headers.get('Retry-After'))
  return {
    kind: 'problem',
    status: response.status,
    code: String(body.code ?? ''),
    title: String(body.title ?? t('api.problem', { status: response.status })),
    detail: String(body.detail ?? ''),
    requestId: String(body.request_id ?? response.headers.get('X-Request-Id') ?? ''),
    errors: Array.isArray(body.errors) ? (body.errors as ApiFailure['errors']) : [],
    current: body.current as ApiFailure['current'],
    duplicates: body.duplicates as ApiFailure['duplicates'],
    blockers: body.blockers as ApiFailure['blockers'],
    retryAfter: Number.isFinite(retry) && retry > 0 ? retry : undefined,
  }
}

function broken(kind: 'network' | 'aborted'): ApiFailure {
  const title = kind === 'network' ? t('api.network') : ''
  return { kind, status: 0, code: kind, title, detail: kind === 'network' ? t('api.networkDetail') : '', requestId: '', errors: [] }
}

const pauses = [400, 1600]
const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Reading is repeated when the line breaks; writing never is, for nobody knows whether it arrived. */
export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<Answer<T>> {
  const reads = method === 'GET'
  if (!reads) writeStarted()
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const response = await fetch(url(path, options.query), init(method, options))
        lineBack()
        if (response.status === 401 && path !== '/api/session') onSignedOut()
        if (!response.ok && response.status !== 304) return { ok: false, failure: await decode(response) }
        const empty = response.status === 204 || response.status === 304
        const value = (empty ? undefined : await response.json()) as T
        return { ok: true, value, etag: response.headers.get('ETag') ?? undefined }
      } catch {
        if (options.signal?.aborted) return { ok: false, failure: broken('aborted') }
        if (!reads || attempt >= pauses.length) {
          lineLost()
          return { ok: false, failure: broken('network') }
        }
        await wait(pauses[attempt]!)
      }
    }
  } finally {
    if (!reads) writeEnded()
  }
}

function init(method: string, options: RequestOptions): RequestInit {
  const form = options.body instanceof FormData
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language() === 'zh' ? 'zh-CN' : 'en', ...options.headers }
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf
  if (options.body !== undefined && !form) headers['Content-Type'] = 'application/json'
  const body = options.body === undefined ? undefined : form ? (options.body as FormData) : JSON.stringify(options.body)
  return { method, headers, body, signal: options.signal, credentials: 'same-origin' }
}
