import { describe, expect, it } from 'vitest'
import type { LayoutItem } from '@/api/types'
import { partsOf, runsOf, sidesOf } from './layout'

const section = (key: string): LayoutItem => ({ t: 'section', key, items: [] })
const related = (field: string): LayoutItem => ({ t: 'related', field })
const timeline: LayoutItem = { t: 'timeline' }

describe('a column of the record page', () => {
  it('keeps the order of its blocks and joins what follows each other', () => {
    expect(runsOf([section('a'), section('b'), timeline, related('x'), section('c')]).map((run) => [run.kind, run.items.length])).toEqual([['section', 2], ['timeline', 1], ['related', 1], ['section', 1]])
  })
  it('is not there when nothing is laid into it', () => {
    expect(sidesOf({ left: [section('a')], main: [], right: [{ t: 'slot', name: 'unknown' }] })).toEqual(['left'])
  })
})

describe('the record page on a phone', () => {
  it('parts the blocks of all columns by what they tell', () => {
    const parts = partsOf({ left: [related('x')], main: [section('a'), timeline], right: [section('b')] })
    expect([parts.follow.length, parts.details.length, parts.related.length]).toEqual([1, 2, 1])
  })
})
