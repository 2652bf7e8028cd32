import { describe, expect, it } from 'vitest'
import { barMax, columnWindow, rowWindow, scaling } from './scale'

describe('the scroll bar', () => {
  it('is as high as the rows while the browser can hold them', () => {
    const scale = scaling(400_000, 40, 800)
    expect(scale.height).toBe(16_000_000)
    expect(scale.toList(1234)).toBe(1234)
  })
  it('is stretched for a million rows, and both ends are reached', () => {
    const scale = scaling(1_000_000, 40, 800)
    expect(scale.height).toBe(barMax)
    expect(scale.toList(0)).toBe(0)
    expect(scale.toList(barMax - 800)).toBeCloseTo(1_000_000 * 40 - 800, 3)
    expect(scale.toBar(scale.toList(7_654_321))).toBeCloseTo(7_654_321, 3)
  })
  it('has no height without rows', () => expect(scaling(0, 40, 800).height).toBe(0))
})

describe('what shows', () => {
  it('is the rows in view and some around them', () => expect(rowWindow(4000, 400, 40, 1000, 2)).toEqual([98, 112]))
  it('never leaves the list', () => {
    expect(rowWindow(0, 400, 40, 3)).toEqual([0, 3])
    expect(rowWindow(99_999, 400, 40, 3)).toEqual([3, 3])
  })
  it('leaves out columns beside the view and keeps their width', () => {
    const widths = Array.from({ length: 50 }, () => 100)
    const shown = columnWindow(widths, 1000, 1800, 0)
    expect(shown.before + (shown.end - shown.first) * 100 + shown.after).toBe(5000)
    expect(shown.before).toBeLessThanOrEqual(1000)
    expect(shown.before + (shown.end - shown.first) * 100).toBeGreaterThanOrEqual(1800)
    expect(shown.end - shown.first).toBeLessThan(12)
  })
})
