import { describe, expect, it } from 'vitest'
import { add, compare, group, read, rescale, shift, trim } from './decimal'

describe('exact decimals', () => {
  it('adds without a binary fraction', () => {
    expect(add('0.1', '0.2')).toBe('0.3')
    expect(add('99999999999999999.99', '0.01')).toBe('100000000000000000.00')
  })
  it('rounds half away from zero', () => {
    expect(rescale('1.005', 2)).toBe('1.01')
    expect(rescale('-1.005', 2)).toBe('-1.01')
    expect(rescale('7', 2)).toBe('7.00')
  })
  it('moves the point for percentages in both directions', () => {
    expect(shift('0.25', 2)).toBe('25')
    expect(shift('12.5', -2)).toBe('0.125')
    expect(shift('1', 2)).toBe('100')
  })
  it('groups thousands and shows a true minus', () => {
    expect(group('-1234567.50')).toBe('−1,234,567.50')
    expect(group('12')).toBe('12')
  })
  it('reads what people type', () => {
    expect(read('¥ 1,234.50')).toBe('1234.50')
    expect(read('１２３')).toBe('123')
    expect(read('abc')).toBeUndefined()
    expect(read('')).toBeUndefined()
  })
  it('compares values, not texts', () => {
    expect(compare('10', '9.99')).toBe(1)
    expect(compare('1.50', '1.5')).toBe(0)
  })
  it('drops zeros that say nothing', () => {
    expect(trim('12.500')).toBe('12.5')
    expect(trim('100')).toBe('100')
  })
})
