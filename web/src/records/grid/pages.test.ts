import { describe, expect, it, vi } from 'vitest'
import type { RecordPage } from '@/api/types'
import { PageCache, type PageAsk } from './pages'

function server(rows = 1000) {
  const asks: PageAsk[] = []
  const load = vi.fn((ask: PageAsk): Promise<RecordPage> => {
    asks.push(ask)
    const records = Array.from({ length: Math.max(0, Math.min(ask.limit, rows - ask.offset)) }, (_, index) => ({ id: String(ask.offset + index), version: 1 }))
    return Promise.resolve({ records, next: `after ${ask.offset + ask.limit}` })
  })
  return { asks, load }
}
const settle = () => new Promise((resolve) => setTimeout(resolve, 0))

describe('the pages of a long list', () => {
  it('are asked for once, where the list is looked at', async () => {
    const { asks, load } = server()
    const changed = vi.fn()
    const pages = new PageCache(load, changed, 10)
    pages.want(395, 412)
    pages.want(396, 413)
    await settle()
    expect(asks.map((ask) => ask.offset)).toEqual([390, 400, 410])
    expect(pages.row(401)?.id).toBe('401')
    expect(pages.row(5)).toBeUndefined()
    expect(changed).toHaveBeenCalledTimes(3)
  })
  it('go on from the cursor of the page before, and jump by offset', async () => {
    const { asks, load } = server()
    const pages = new PageCache(load, () => undefined, 10)
    pages.want(0, 5); await settle()
    pages.want(10, 15); await settle()
    pages.want(700, 705); await settle()
    expect(asks.map((ask) => ask.after)).toEqual([null, 'after 10', null])
  })
  it('are dropped when too many, the longest unused first', async () => {
    const { asks, load } = server()
    const pages = new PageCache(load, () => undefined, 10, 2)
    for (const first of [0, 10, 0, 20]) { pages.want(first, first + 1); await settle() }
    expect(pages.row(0)?.id).toBe('0')
    expect(pages.row(10)).toBeUndefined()
    expect(asks).toHaveLength(3)
  })
  it('are given up when the list has been scrolled away from them', async () => {
    const signals: AbortSignal[] = []
    const pages = new PageCache((ask) => { signals.push(ask.signal); return new Promise(() => undefined) }, () => undefined, 10)
    pages.want(0, 10)
    pages.want(500, 510)
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false])
  })
  it('take a changed record in place', async () => {
    const { load } = server()
    const pages = new PageCache(load, () => undefined, 10)
    pages.want(0, 1); await settle()
    pages.replace({ id: '3', version: 2, name: 'new' })
    expect(pages.row(3)).toEqual({ id: '3', version: 2, name: 'new' })
  })
  it('stay wanted when the server gave nothing', async () => {
    let fail = true
    const pages = new PageCache(() => Promise.resolve(fail ? undefined : { records: [{ id: 'a', version: 1 }], next: null }), () => undefined, 10)
    pages.want(0, 1); await settle()
    fail = false
    pages.want(0, 1); await settle()
    expect(pages.row(0)?.id).toBe('a')
  })
})
