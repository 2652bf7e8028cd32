import { describe, expect, it } from 'vitest'
import type { View } from '@/api/types'
import { isChanged, nextSort, plainView, readAddress, writeAddress } from './address'

const view: View = { id: 'all', code: 'all', label: { zh: '全部', en: 'All' }, kind: 'table', columns: ['name', 'owner'], filter: { and: [['owner', 'is', 'me']] }, sort: [['name', 'asc']] }

describe('the address of a list', () => {
  it('says only what differs from the view', () => {
    const same = { search: '', filter: { and: [['owner', 'is', 'me']] } as const, sort: [['name', 'asc']] as const, columns: ['name', 'owner'], group: '', kind: 'table' as const, peek: '' }
    expect(writeAddress(same, view)).toEqual({})
    expect(isChanged(writeAddress(same, view))).toBe(false)
    const other = { ...same, filter: null, sort: [['amount', 'desc']] as const, group: 'status', peek: '12', search: 'hx' }
    expect(writeAddress(other, view)).toEqual({ q: 'hx', f: 'null', s: 'amount:desc', g: 'status', peek: '12' })
    expect(isChanged(writeAddress(other, view))).toBe(true)
  })
  it('comes back as it went', () => {
    const address = { search: '华信', filter: { or: [['a', 'empty'], ['b', '>', '5']] } as const, sort: [['a', 'desc'], ['b', 'asc']] as const, columns: ['name', 'b'], group: 'stage', kind: 'board' as const, peek: '7' }
    expect(readAddress(writeAddress(address, view))).toEqual(address)
  })
  it('is read without trust', () => {
    const address = readAddress({ f: '{"and":', s: 'a b:desc,ok:desc', c: '<x>,name', g: '"', k: 'x', peek: '../1', q: ['a'] })
    expect(address).toEqual({ search: '', filter: undefined, sort: [['ok', 'desc']], columns: ['name'], group: '', kind: undefined, peek: '' })
  })
  it('of a search alone changes no view', () => expect(isChanged({ q: 'hx', peek: '1' })).toBe(false))
})

describe('a view', () => {
  it('is the same whether its parts come as text or as values', () => {
    const stored = { ...view, columns: '["name","owner"]', filter: '{"and":[["owner","is","me"]]}', sort: '[["name","asc"]]' } as unknown as View
    expect(plainView(stored)).toEqual(plainView(view))
  })
  it('with parts that cannot be read still opens', () => expect(plainView({ ...view, filter: '{' } as unknown as View).filter).toBeNull())
})

describe('a click on a heading', () => {
  it('sorts up, down and not at all', () => {
    expect(nextSort([], 'a', false)).toEqual([['a', 'asc']])
    expect(nextSort([['a', 'asc'], ['b', 'asc']], 'a', false)).toEqual([['a', 'desc']])
    expect(nextSort([['a', 'desc']], 'a', false)).toEqual([])
  })
  it('joins the others with Shift', () => {
    expect(nextSort([['a', 'asc']], 'b', true)).toEqual([['a', 'asc'], ['b', 'asc']])
    expect(nextSort([['a', 'asc'], ['b', 'asc']], 'b', true)).toEqual([['a', 'asc'], ['b', 'desc']])
    expect(nextSort([['a', 'asc'], ['b', 'desc']], 'b', true)).toEqual([['a', 'asc']])
  })
})
