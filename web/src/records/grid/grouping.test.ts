import { describe, expect, it } from 'vitest'
import type { FieldMeta } from '@/api/types'
import { groupFilter, Outline } from './grouping'

const field = (type: FieldMeta['type']): FieldMeta => ({ name: 'f', type, label: { zh: '', en: '' } })

describe('a group', () => {
  it('is a condition on its field', () => expect(groupFilter(field('choice'), 'new')).toEqual(['f', 'is', 'new']))
  it('without a value is the empty ones', () => expect(groupFilter(field('ref'), null)).toEqual(['f', 'empty']))
  it('of days is a month, to its last day', () => {
    expect(groupFilter(field('date'), '2028-02')).toEqual(['f', 'between', ['2028-02-01', '2028-02-29']])
    expect(groupFilter(field('date'), '2026-12')).toEqual(['f', 'between', ['2026-12-01', '2026-12-31']])
  })
})

describe('the lines of a grouped list', () => {
  const outline = new Outline([
    { group: { key: 'a', title: 'A', count: 3 }, open: true },
    { group: { key: 'b', title: 'B', count: 5 }, open: false },
    { group: { key: 'c', title: 'C', count: 400_000 }, open: true },
  ])
  it('are headers, and the rows of what is open', () => {
    expect(outline.lines).toBe(3 + 3 + 400_000)
    expect(outline.at(0)).toEqual({ kind: 'header', section: 0 })
    expect(outline.at(3)).toEqual({ kind: 'row', section: 0, index: 2 })
    expect(outline.at(4)).toEqual({ kind: 'header', section: 1 })
    expect(outline.at(5)).toEqual({ kind: 'header', section: 2 })
    expect(outline.at(400_005)).toEqual({ kind: 'row', section: 2, index: 399_999 })
    expect(outline.at(400_006)).toBeUndefined()
  })
  it('are found from both sides', () => {
    for (const line of [1, 2, 3, 6, 200_000]) {
      const place = outline.at(line)!
      expect(place.kind === 'row' && outline.lineOf(place.section, place.index)).toBe(line)
    }
  })
})
