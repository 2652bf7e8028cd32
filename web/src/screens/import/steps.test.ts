import { describe, expect, it } from 'vitest'
import type { ImportColumn, ImportState } from '@/api/types'
import { isAccepted, mapped, markOf, stepOf, unfilled, withRules } from './steps'

const column = (heading: string, field: string | null, more: Partial<ImportColumn> = {}): ImportColumn => ({ heading, samples: [], field, confidence: field ? 'sure' : 'none', ...more })
const plain = { missing: 'reject', values: {}, multiply: null, currency: null }
const columns = [column('公司名', 'name'), column('电话', 'phone', { missing: 'empty' }), column('QQ', null)]

describe('an import', () => {
  it('opens where it stands', () => {
    const at = (state: ImportState['state']) => stepOf({ state } as ImportState)
    expect(stepOf(undefined)).toBe('upload')
    expect(['mapping', 'checking', 'checked', 'running', 'done', 'failed', 'cancelled'].map((state) => at(state as ImportState['state']))).toEqual(['map', 'check', 'check', 'run', 'result', 'result', 'result'])
  })
  it('takes tables and nothing else', () => expect(['a.CSV', 'b.xlsx', 'c.pdf', 'csv'].map(isAccepted)).toEqual([true, true, false, false]))
})

describe('a mapping', () => {
  it('gives a field to one column only', () => {
    expect(mapped(columns, 2, { field: 'phone' })).toEqual([{ field: 'name' }, { field: null, ...plain }, { field: 'phone', ...plain }])
  })
  it('forgets the rules of a column whose field changes, and keeps those of the others', () => {
    expect(mapped(columns, 1, { field: 'mobile' })[1]).toEqual({ field: 'mobile', ...plain })
    expect(mapped(columns, 0, { field: null })[1]).toEqual({ field: 'phone', missing: 'empty' })
    expect(mapped(columns, 1, { missing: 'reject' })[1]).toEqual({ field: 'phone', missing: 'reject' })
  })
  it('keeps unit and currency of a column, and adds what wrong texts mean', () => {
    const money = column('金额', 'amount', { multiply: '10000', currency: 'USD' })
    expect(mapped([money], 0, { missing: 'empty' })).toEqual([{ field: 'amount', multiply: '10000', currency: 'USD', missing: 'empty' }])
    const known = column('行业', 'industry', { values: { IT: '软件' } })
    expect(withRules([money, known], new Map([[1, { missing: 'empty', values: { 'technolgy': '信息技术' } }]]))).toEqual([{ field: 'amount' }, { field: 'industry', missing: 'empty', values: { IT: '软件', technolgy: '信息技术' } }])
  })
  it('names the required fields that no column fills', () => expect(unfilled(columns, ['name', 'owner'])).toEqual(['owner']))
  it('marks what somebody should look at', () => {
    expect([column('a', 'x'), column('b', 'y', { confidence: 'likely' }), column('c', 'z', { state: 'values' }), column('d', null)].map(markOf)).toEqual(['sure', 'doubtful', 'doubtful', 'left'])
  })
})
