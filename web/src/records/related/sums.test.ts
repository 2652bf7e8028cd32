import { describe, expect, it } from 'vitest'
import type { ObjectMeta, RecordRow } from '@/api/types'
import { shapeOf, sumOf } from './sums'

const rows = (...amounts: (readonly [string, string] | null)[]) => amounts.map((one, index) => ({ id: String(index), version: 1, amount: one && { amount: one[0], currency: one[1] } })) as RecordRow[]

describe('the sum over a list beside a record', () => {
  it('adds exactly and leaves empty ones out', () => {
    expect(sumOf(rows(['0.10', 'CNY'], null, ['0.20', 'CNY']), 'amount')).toEqual({ amount: '0.30', currency: 'CNY' })
  })
  it('keeps different currencies apart', () => {
    expect(sumOf(rows(['1', 'CNY'], ['1', 'USD'], ['2', 'CNY']), 'amount')).toEqual([{ amount: '3', currency: 'CNY' }, { amount: '1', currency: 'USD' }])
  })
  it('is missing for nothing', () => {
    expect(sumOf(rows(null), 'amount')).toBeUndefined()
  })
})

describe('a row of a list beside a record', () => {
  it('shows money at the end, and words that are filled in, but not what links it', () => {
    const label = { zh: '', en: '' }
    const object = { name: 'deal', title: 'name', views: [], layout: { compact: ['customer', 'stage', 'amount', 'close_on'] }, fields: [
      { name: 'name', type: 'text', label }, { name: 'customer', type: 'ref', label }, { name: 'stage', type: 'ref', label }, { name: 'amount', type: 'money', label }, { name: 'close_on', type: 'date', label }] } as unknown as ObjectMeta
    const shape = shapeOf(object, 'customer', undefined, [{ id: '1', version: 1, customer: { id: '2', title: 'x' }, stage: { id: '3', title: 's' }, amount: { amount: '1', currency: 'CNY' }, close_on: '2026-11-24' }])
    expect([shape.hint?.name, shape.end?.name]).toEqual(['stage', 'amount'])
  })
})
