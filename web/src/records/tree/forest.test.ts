import { describe, expect, it } from 'vitest'
import type { RecordRow } from '@/api/types'
import { Forest } from './forest'

const row = (id: string, parent?: string): RecordRow => ({ id, version: 1, parent: parent ? { id: parent, title: parent } : null })
const company = () => new Forest([row('hq'), row('sales', 'hq'), row('north', 'sales'), row('south', 'sales'), row('it', 'hq')], 'parent')
const shape = (forest: Forest, open: readonly string[], shown?: ReadonlySet<string>) =>
  forest.lines((id) => open.includes(id), shown).map(({ node, level, position, size }) => `${'-'.repeat(level)}${node.id} ${position}/${size}`)

describe('a forest', () => {
  it('shows what is open, with level and place for those who hear the page', () => {
    expect(shape(company(), [])).toEqual(['-hq 1/1'])
    expect(shape(company(), ['hq', 'sales'])).toEqual(['-hq 1/1', '--sales 1/2', '---north 1/2', '---south 2/2', '--it 2/2'])
    expect(shape(company(), ['sales'])).toEqual(['-hq 1/1'])
  })
  it('keeps the way to what was found, and nothing else', () => {
    const forest = company()
    const shown = forest.withAbove(['south', 'gone'])
    expect([...shown].sort()).toEqual(['hq', 'sales', 'south'])
    expect(shape(forest, ['hq', 'sales'], shown)).toEqual(['-hq 1/1', '--sales 1/1', '---south 1/1'])
  })
  it('knows what stands below what', () => {
    const forest = company()
    expect(forest.isWithin('north', 'hq')).toBe(true)
    expect(forest.isWithin('north', 'north')).toBe(true)
    expect(forest.isWithin('north', 'it')).toBe(false)
    expect(forest.above('north').map(({ id }) => id)).toEqual(['sales', 'hq'])
  })
  it('adds up what is below', () => {
    const sums = company().totals(new Map([['north', 5], ['south', 3], ['it', 2], ['sales', 1]]))
    expect([sums.get('hq'), sums.get('sales'), sums.get('it')]).toEqual([11, 9, 2])
  })
  it('begins a tree where the parent may not be seen, and ends where the data go round', () => {
    expect(shape(new Forest([row('a', 'unseen'), row('b', 'a')], 'parent'), ['a'])).toEqual(['-a 1/1', '--b 1/1'])
    const round = new Forest([row('a', 'b'), row('b', 'a'), row('c', 'b')], 'parent')
    expect(shape(round, ['a', 'b', 'c']).map((line) => line.replace(/^-+/, '')[0]).sort()).toEqual(['a', 'b', 'c'])
  })
})
