import { describe, expect, it } from 'vitest'
import { stepsOfRows } from './steps'

const object = { title: 'name', layout: { compact: [], form: { sections: [] }, record: { left: [], main: [], right: [] }, steps: { order: 'order', outcome: 'kind', chance: 'odds', days: 'planned' } } } as const

describe('the steps of a way', () => {
  it('fill their rings along the open ones, and end without a share', () => {
    const steps = stepsOfRows([
      { id: '1', version: 1, name: '线索确认', kind: { code: 'open', title: '' }, odds: '0.10', planned: 10 },
      { id: '2', version: 1, name: '方案报价', kind: 'open' }, { id: '3', version: 1, name: '赢单', kind: 'won' }, { id: '4', version: 1, name: '输单', kind: 'lost' },
    ], object)
    expect(steps.map((step) => [step.title, step.share, step.outcome])).toEqual([['线索确认', 0, undefined], ['方案报价', 0.5, undefined], ['赢单', undefined, 'won'], ['输单', undefined, 'lost']])
    expect(steps[0]).toMatchObject({ chance: '0.10', plannedDays: 10 })
  })
  it('are all open where no outcome is declared', () => {
    expect(stepsOfRows([{ id: '1', version: 1, name: 'a', kind: 'won' }], { ...object, layout: { ...object.layout, steps: {} } })[0]).toMatchObject({ share: 0, outcome: undefined })
  })
})
