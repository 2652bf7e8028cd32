import { compare, read, rescale, shift } from '@/base/decimal'
import type { FieldMeta } from '@/api/types'
import type { Parsed } from '../widget'

export function parseText(text: string, field: FieldMeta): Parsed<string> {
  const clean = text.trim()
  if (field.length_max !== undefined && [...clean].length > field.length_max) return { problem: 'fields.problem.tooLong' }
  return { value: clean === '' ? null : clean }
}

/** Within the bounds of the field and at its scale; empty is no value. */
export function parseDecimal(text: string, field: FieldMeta, scale = field.scale): Parsed<string> {
  if (!text.trim()) return { value: null }
  const number = read(text)
  if (number === undefined) return { problem: 'fields.problem.notNumber' }
  const value = scale === undefined ? number : rescale(number, scale)
  if (field.least !== undefined && compare(value, String(field.least)) < 0) return { problem: 'fields.problem.tooSmall' }
  if (field.most !== undefined && compare(value, String(field.most)) > 0) return { problem: 'fields.problem.tooLarge' }
  return { value }
}

/** 25% and 25 both mean a quarter. */
export function parsePercent(text: string, field: FieldMeta): Parsed<string> {
  if (!text.trim()) return { value: null }
  const number = read(text.normalize('NFKC').replace('%', ''))
  if (number === undefined) return { problem: 'fields.problem.notNumber' }
  return parseDecimal(shift(number, -2), { ...field, scale: undefined })
}

const days = /^(\d{4})[-/.\u5e74](\d{1,2})[-/.\u6708](\d{1,2})\u65e5?$/

export function parseDate(text: string): Parsed<string> {
  const clean = text.normalize('NFKC').trim()
  if (!clean) return { value: null }
  const match = days.exec(clean) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(clean)
  if (!match) return { problem: 'fields.problem.notDate' }
  const [, year, month, day] = match
  const value = `${year}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}`
  const check = new Date(`${value}T00:00:00Z`)
  return Number.isNaN(check.getTime()) || check.toISOString().slice(0, 10) !== value ? { problem: 'fields.problem.notDate' } : { value }
}

export function parseMoment(text: string): Parsed<string> {
  if (!text.trim()) return { value: null }
  const [first = '', clock = '00:00'] = text.normalize('NFKC').trim().split(/[ T]+/)
  const date = parseDate(first)
  if ('problem' in date) return date
  const at = new Date(`${date.value}T${clock}`)
  return Number.isNaN(at.getTime()) ? { problem: 'fields.problem.notDate' } : { value: at.toISOString() }
}
