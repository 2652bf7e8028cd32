import { beforeAll, describe, expect, it } from 'vitest'
import type { RightsField, RightsModel, RightsObject } from '@/api/rights'
import zhBase from '@/base/messages.zh.json'
import { provideMessages, useLanguage } from '@/base/i18n'
import { readGrants } from '@/records/rights/grants'
import zhRights from '@/records/rights/messages.zh.json'
import type { Names } from '@/records/rights/words'
import { choicesOf, choose, chosenOf, lineCell, linesOfObject, linesOfVerb, same, type Line } from './allRoles'
import zhRoles from './messages.zh.json'
import { inTiers, reachOf } from './tiers'

const label = (zh: string) => ({ zh, en: zh })
const field = (name: string, more: Partial<RightsField> = {}): RightsField => ({ name, label: label(name), type: 'text', sensitive: false, always_read: false, read_only: false, ...more })
const object = (name: string, more: Partial<RightsObject> = {}): RightsObject => ({ name, area: 'sales', label: label(name), owned: true, menu: true, restricted: false, kept_by_platform: false, fields: [], special: [], ...more })
const customer = object('customer', { fields: [field('name', { always_read: true }), field('health', { sensitive: true }), field('number', { read_only: true })], special: [{ name: 'customer.rename', label: label('改名') }] })
const stage = object('stage', { owned: false })
const trail = object('trail', { owned: false, restricted: true, kept_by_platform: true })
const model: RightsModel = { areas: [{ code: 'sales', label: label('销售') }], objects: [customer, stage, trail] }
const names: Names = { object: (name) => name, field: (_, name) => name, special: () => '改名', menu: (name) => name }
const grants = readGrants({ objects: { '*': { view: 'own' }, customer: { view: { scope: 'all', where: 'x = 1' } } }, menus: { customer: false } })
const administrator = readGrants({ administrator: true })
const lineOf = (key: string): Line => linesOfObject(customer, names).find((one) => one.key === key)!

beforeAll(async () => {
  provideMessages(() => Promise.resolve({ ...zhBase, ...zhRights, ...zhRoles }))
  await useLanguage('zh')
})

describe('all roles at once', () => {
  it('has, for one function, a line for each object that knows it', () => {
    expect(linesOfVerb(model, 'view', '').map((line) => line.key)).toEqual(['objects.*.view', 'objects.sales.view', 'objects.customer.view', 'objects.stage.view', 'objects.trail.view'])
    expect(linesOfVerb(model, 'change', '').map((line) => line.label)).not.toContain('trail')
    expect(linesOfVerb(model, 'assign', '').map((line) => line.label)).toEqual(['其他对象', '销售', 'customer'])
  })
  it('has, for one object, all that is granted on it, sensitive fields first and named so', () => {
    const lines = linesOfObject(customer, names)
    expect(lines.filter((line) => line.kind !== 'right').map((line) => line.key)).toEqual(['menus.customer', 'special.customer.rename', 'fields.customer.health', 'fields.customer.name', 'fields.customer.number'])
    expect(lines.filter((line) => line.sensitive).map((line) => line.label)).toEqual(['health'])
  })
  it('says what a role has there', () => {
    expect(lineCell(grants, lineOf('objects.customer.view'))).toMatchObject({ mark: '全部', where: 'x = 1', open: true, none: false })
    expect(lineCell(grants, lineOf('fields.customer.health'))).toMatchObject({ mark: '不可见', none: true, inherited: true })
    expect(lineCell(grants, lineOf('fields.customer.number'))).toMatchObject({ mark: '只读' })
    expect(lineCell(grants, lineOf('menus.customer'))).toMatchObject({ mark: '不显示', none: true })
    expect(lineCell(grants, lineOf('special.customer.rename'))).toMatchObject({ mark: '—', none: true })
  })
  it('sets a cell, and only with what the line knows', () => {
    expect(choicesOf(lineOf('fields.customer.name')).map((one) => one.key)).toEqual(['read', 'write'])
    expect(choicesOf(lineOf('fields.customer.number')).map((one) => one.key)).not.toContain('write')
    const changed = ['objects.customer.change:department', 'fields.customer.health:masked', 'menus.customer:on', 'special.customer.rename:on'].reduce((now, one) => choose(now, lineOf(one.split(':')[0]!), one.split(':')[1]!), grants)
    expect(changed.objects.customer?.change).toEqual({ scope: 'department' })
    expect([changed.fields, changed.hidden, changed.special]).toEqual([{ 'customer.health': 'masked' }, [], ['customer.rename']])
    expect(choose(changed, lineOf('fields.customer.health'), 'hidden').fields).toEqual({})
  })
  it('changes nothing for an administrator, who may do everything anyway', () => {
    expect(lineCell(administrator, lineOf('objects.customer.delete'))).toMatchObject({ mark: '全部', open: false })
    expect(choose(administrator, lineOf('objects.customer.delete'), 'none')).toBe(administrator)
  })
  it('compares two roles by what they have, conditions included', () => {
    const view = lineOf('objects.customer.view')
    const other = readGrants({ objects: { customer: { view: 'all' } } })
    expect(same(lineCell(grants, view), lineCell(grants, view))).toBe(true)
    expect(same(lineCell(grants, view), lineCell(other, view))).toBe(false)
    expect(chosenOf(grants, view)).toBe(chosenOf(other, view))
  })
})

describe('tiers', () => {
  const reach = (objects: object) => reachOf(readGrants({ objects }), model)
  it('are told by how far a role sees in most lists that have owners', () => {
    expect([reach({ customer: { view: 'own' } }), reach({ '*': { view: 'department' } }), reach({})]).toEqual(['own', 'department', 'none'])
    expect(reachOf(administrator, model)).toBe('all')
  })
  it('stand from the widest, and without those that nobody is in', () => {
    const role = (scope: 'all' | 'own' | 'team' | 'department') => ({ reach: scope })
    expect(inTiers([role('own'), role('all'), role('team')]).map((one) => [one.tier, one.roles.length])).toEqual([['company', 1], ['own', 2]])
  })
})
