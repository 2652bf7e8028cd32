import { describe, expect, it } from 'vitest'
import { columnsOfItems, columnsOfSteps, keyOfValue } from './columns'

describe('the columns of a board', () => {
  it('follow the steps in use, with the value that a card gets there', () => {
    const columns = columnsOfSteps([{ id: '1', title: '线索确认', active: true, share: 0, chance: '0.10', plannedDays: 10 }, { id: '2', title: '旧阶段', active: false, share: 0.5 }, { id: '3', title: '赢单', active: true, outcome: 'won' }])
    expect(columns.map((column) => [column.title, column.share, column.outcome])).toEqual([['线索确认', 0, undefined], ['赢单', undefined, 'won']])
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
