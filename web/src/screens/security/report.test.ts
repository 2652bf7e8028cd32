import { describe, expect, it } from 'vitest'
import { codeOf, daysOf, filterOf, linesOf, measureOf, measures, totalOf } from './report'

describe('the security report', () => {
  it('counts an entry for one measure, or for none', () => {
    expect(measureOf('refused', 'refused')).toBe('refused')
    expect(measureOf('sign_in', 'refused')).toBe('failed')
    expect(measureOf('sign_in', 'done')).toBeUndefined()
    expect(measureOf('purge', 'done')).toBe('deletes')
    expect(measureOf('import', 'done')).toBeUndefined()
    for (const kind of ['refused', 'export', 'delete', 'rights', 'sensitive']) expect(measures.map(({ key }) => key)).toContain(measureOf(kind, 'done'))
  })
  it('makes one line of the groups of a person, most first', () => {
    const groups = [
      { key: ['zhou', 'export', 'done'], title: ['zhou', '导出', '已完成'], count: 2 },
      { key: ['lin', 'sign_in', 'done'], title: ['lin', '登录', '已完成'], count: 9 },
      { key: ['zhou', { code: 'refused', title: '越权访问' }, 'refused'], title: ['zhou', '越权访问', '拒绝'], count: 3 },
      { key: [null, 'sign_in', 'refused'], title: ['', '登录', '拒绝'], count: 1 },
    ]
    const lines = linesOf(groups)
    expect(lines.map(({ key, title, all }) => [key, title, all])).toEqual([['lin', 'lin', 9], ['zhou', 'zhou', 5], ['', '', 1]])
    expect(lines[1]!.counts).toMatchObject({ exports: 2, refused: 3, deletes: 0 })
    expect(totalOf(lines)).toMatchObject({ exports: 2, refused: 3, failed: 1, sensitive: 0 })
    expect(totalOf([])).toMatchObject({ exports: 0 })
  })
  it('reads the code of a key in either form', () => {
    expect(codeOf({ code: 'a', title: 'A' })).toBe('a')
    expect(codeOf('a')).toBe('a')
    expect(codeOf(null)).toBe('')
  })
  it('covers whole days, both included', () => {
    expect(daysOf('today', '2026-11-24')).toEqual({ from: '2026-11-24', until: '2026-11-24' })
    expect(daysOf('week', '2026-11-24')).toEqual({ from: '2026-11-18', until: '2026-11-24' })
    const filter = filterOf({ from: '2026-11-24', until: '2026-11-24' }) as { and: [string, string, string][] }
    const [, from, until] = filter.and
    expect(Date.parse(until![2]) - Date.parse(from![2])).toBe(24 * 3600_000)
  })
})
