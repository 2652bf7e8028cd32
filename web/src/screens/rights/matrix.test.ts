import { describe, expect, it } from 'vitest'
import type { RightsModel, RightsObject } from '@/api/rights'
import { noGrants, readGrants, rightOf } from '@/records/rights/grants'
import { asOthers, cellOf, columnCount, isOpen, move, rowsOf, scopeOfKey, setCondition, setScope, setWhole, type MatrixRow } from './matrix'

const label = (zh: string) => ({ zh, en: zh })
const object = (name: string, more: Partial<RightsObject> = {}): RightsObject => ({ name, area: 'sales', label: label(name), owned: true, menu: true, restricted: false, kept_by_platform: false, fields: [], special: [], ...more })
const customer = object('customer')
const stage = object('stage', { owned: false })
const role = object('role', { owned: false, restricted: true })
const trail = object('trail', { area: 'system', owned: false, kept_by_platform: true })
const model: RightsModel = { areas: [{ code: 'sales', label: label('sales') }, { code: 'empty', label: label('empty') }, { code: 'system', label: label('system') }], objects: [customer, stage, role, trail] }
const rows = rowsOf(model, '', (one) => one.name)
const rowOf = (key: string) => rows.find((row) => row.key === key) as MatrixRow
const area = rowOf('sales')

describe('the matrix of a role', () => {
  it('has a line for all other objects, and one for each area that has some', () => {
    expect(rows.map((row) => row.key)).toEqual(['*', 'sales', 'customer', 'stage', 'role', 'system', 'trail'])
    expect(rowsOf(model, 'STA', (one) => one.name).map((row) => row.key)).toEqual(['sales', 'stage'])
  })

  it('shows what is taken from the line for all others, but never on a restricted object', () => {
    const grants = readGrants({ objects: { '*': { view: 'all' } } })
    expect(cellOf(grants, rowOf('customer'), 'view')).toEqual({ right: { scope: 'all' }, inherited: true })
    expect(cellOf(grants, rowOf('role'), 'view')).toEqual({ right: { scope: 'none' }, inherited: true })
  })

  it('sets an area at once: what has no owner takes everything or nothing, what is restricted stays as it is', () => {
    const own = setScope(noGrants, area, 'view', 'own')
    expect([customer, stage, role].map((one) => rightOf(own, one, 'view').scope)).toEqual(['own', 'none', 'none'])
    expect(cellOf(own, area, 'view').right).toBeUndefined()
    const all = setScope(own, area, 'view', 'all')
    expect([customer, stage, role].map((one) => rightOf(all, one, 'view').scope)).toEqual(['all', 'all', 'none'])
    expect(cellOf(all, area, 'view').right).toEqual({ scope: 'all' })
  })

  it('grants nothing that cannot be done', () => {
    expect(isOpen(rowOf('trail'), 'change')).toBe(false)
    expect(setScope(noGrants, rowOf('trail'), 'change', 'all')).toBe(noGrants)
    expect(setScope(noGrants, rowOf('stage'), 'view', 'department')).toBe(noGrants)
    expect(isOpen(rowOf('stage'), 'assign')).toBe(false)
    const whole = setWhole(noGrants, rowOf('trail'), 'all')
    expect(['view', 'export', 'print', 'add'].map((verb) => rightOf(whole, trail, verb as 'view').scope)).toEqual(['all', 'all', 'all', 'none'])
  })

  it('keeps a condition when the extent changes, and takes none for new records or all others', () => {
    const grants = setCondition(setScope(noGrants, rowOf('customer'), 'view', 'all'), rowOf('customer'), 'view', "level = 'a'")
    expect(rightOf(setScope(grants, rowOf('customer'), 'view', 'team'), customer, 'view')).toEqual({ scope: 'team', where: "level = 'a'" })
    expect(setCondition(grants, rowOf('customer'), 'add', 'x')).toBe(grants)
    expect(setCondition(grants, rowOf('*'), 'view', 'x')).toBe(grants)
    expect(asOthers(grants, area)).toEqual(noGrants)
  })

  it('is walked with the arrows and never left', () => {
    const at = { row: 0, column: 0 }
    expect(move(at, 'ArrowUp', 7, false)).toEqual(at)
    expect(move(at, 'ArrowRight', 7, false)).toEqual({ row: 0, column: 1 })
    expect(move(at, 'End', 7, true)).toEqual({ row: 6, column: columnCount - 1 })
    expect(move(at, 'x', 7, false)).toBeUndefined()
  })

  it('takes letters and digits for extents', () => {
    expect(['n', 'O', 't', 'd', 'b', 'a', '5', '0', 'Delete', 'x', '6'].map(scopeOfKey)).toEqual(['none', 'own', 'team', 'department', 'department_and_below', 'all', 'all', 'none', 'none', undefined, undefined])
  })
})
