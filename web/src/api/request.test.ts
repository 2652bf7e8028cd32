import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { request, setCsrf, url } from './request'

const answers: (() => Promise<Response>)[] = []
const calls: { address: string; init: RequestInit }[] = []
beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 500 })
  answers.length = 0
  calls.length = 0
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    calls.push({ address, init })
    return answers.shift()!()
  })
})
afterEach(() => { vi.useRealTimers(); vi.unstubAllGlobals() })
const json = (status: number, body: unknown, headers: Record<string, string> = {}) => () =>
  Promise.resolve(new Response(body === undefined ? null : JSON.stringify(body), { status, headers }))
const lost = () => Promise.reject(new TypeError('failed to fetch'))

describe('requests', () => {
  it('decodes a problem into a value with its field problems', async () => {
    answers.push(json(422, { title: 'x', code: 'invalid', request_id: 'r1', errors: [{ field: 'name', rule: 'required', message: 'm' }] }))
    const answer = await request('POST', '/api/records/customer', { body: {} })
    expect(answer).toMatchObject({ ok: false, failure: { status: 422, code: 'invalid', requestId: 'r1', errors: [{ field: 'name' }] } })
  })
  it('repeats reading when the line breaks', async () => {
    answers.push(lost, json(200, { fine: true }))
    expect(await request('GET', '/api/meta')).toMatchObject({ ok: true, value: { fine: true } })
    expect(calls).toHaveLength(2)
  })
  it('never repeats writing', async () => {
    answers.push(lost)
    expect(await request('POST', '/api/records/task', { body: {} })).toMatchObject({ ok: false, failure: { kind: 'network' } })
    expect(calls).toHaveLength(1)
  })
  it('sends the token with writing requests only', async () => {
    setCsrf('secret')
    answers.push(json(200, {}), json(200, {}))
    await request('GET', '/api/meta')
    await request('PATCH', '/api/records/task/1', { body: {} })
    expect(calls.map(({ init }) => (init.headers as Record<string, string>)['X-CSRF-Token'])).toEqual([undefined, 'secret'])
  })
  it('writes filters as JSON and leaves out what is empty', () => {
    expect(url('/api/records/customer', { filter: { and: [['level', 'is', 'a']] }, search: '', after: null }))
      .toBe('/api/records/customer?filter=%7B%22and%22%3A%5B%5B%22level%22%2C%22is%22%2C%22a%22%5D%5D%7D')
  })
})
