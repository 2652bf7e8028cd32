import { describe, expect, it } from 'vitest'
import { compactSum, fullSum } from './format'

describe('what a group adds up to', () => {
  it('is a plain number where it is not money', () => {
    expect([compactSum(12), fullSum('1234.50')]).toEqual(['12', '1,234.50'])
  })
  it('shows money with its own currency', () => {
    expect(fullSum({ amount: '10005534.00', currency: 'USD' })).toBe('$10,005,534')
  })
  it('shows several currencies beside each other and never adds them', () => {
    const sums = [{ amount: '100.00', currency: 'CNY' }, { amount: '2.50', currency: 'USD' }]
    expect([compactSum(sums), fullSum(sums)]).toEqual(['¥100 + $2.5', '¥100 + $2.50'])
  })
})
