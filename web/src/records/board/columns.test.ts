import { describe, expect, it } from 'vitest'
import { columnsOfItems, columnsOfRecords, keyOfValue } from './columns'

describe('the columns of a board', () => {
  it('follow the stages, and the rings fill along the open ones', () => {
    const columns = columnsOfRecords([
      { id: '1', version: 1, name: '线索确认', kind: { code: 'open', title: '' }, chance: '0.10', planned_days: 10 },
      { id: '2', version: 1, name: '方案报价', kind: 'open' }, { id: '3', version: 1, name: '赢单', kind: 'won' }, { id: '4', version: 1, name: '输单', kind: 'lost' },
    ], 'name')
    expect(columns.map((column) => [column.title, column.share, column.outcome])).toEqual([['线索确认', 0, undefined], ['方案报价', 0.5, undefined], ['赢单', undefined, 'won'], ['输单', undefined, 'lost']])
    expect(columns[0]).toMatchObject({ chance: '0.10', plannedDays: 10, value: { id: '1', title: '线索确认' } })
  })
  it('leave out options that are no longer in use', () => {
    expect(columnsOfItems([{ code: 'a', label: { zh: '甲', en: 'A' } }, { code: 'b', label: { zh: '乙', en: 'B' }, active: false }]).map((column) => column.key)).toEqual(['a'])
  })
})

describe('the place of a card', () => {
  it('is the id of a record, the code of an option, or nothing', () => {
    expect([{ id: '7', title: '' }, { code: 'x', title: '' }, null, true].map(keyOfValue)).toEqual(['7', 'x', '', 'true'])
  })
})
