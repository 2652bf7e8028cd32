import { describe, expect, it } from 'vitest'
import { stepsOf, type Stage } from './path'

const stages: Stage[] = [{ id: '1', title: '线索', plannedDays: 10 }, { id: '2', title: '需求' }, { id: '3', title: '报价' }, { id: '8', title: '赢单', outcome: 'won' }, { id: '9', title: '输单', outcome: 'lost' }]
const states = (current: string) => stepsOf(stages, current, []).map((step) => `${step.title} ${step.state}`)

describe('the path of a record', () => {
  it('shows stages as done, current and ahead, and ends with winning', () => {
    expect(states('2')).toEqual(['线索 done', '需求 now', '报价 ahead', '赢单 ahead'])
  })
  it('shows a lost end only for a lost record', () => {
    expect(states('9').at(-1)).toBe('输单 lost')
    expect(states('2')).not.toContain('输单 ahead')
  })
  it('counts all stages as done for a won record', () => {
    expect(states('8')).toEqual(['线索 done', '需求 done', '报价 done', '赢单 won'])
  })
  it('counts the days of a stage from entering to leaving, and to now for the current one', () => {
    const steps = stepsOf(stages, '2', [
      { stage: '1', entered: '2026-11-01T00:00:00Z', left: '2026-11-09T00:00:00Z', planned: '2026-11-11' },
      { stage: '2', entered: '2026-11-09T00:00:00Z', planned: '2026-11-12' }], '2026-11-20T00:00:00Z')
    expect([steps[0]!.days, steps[0]!.late, steps[1]!.days, steps[1]!.late]).toEqual([8, false, 11, true])
  })
})
