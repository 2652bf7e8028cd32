import { beforeAll, describe, expect, it } from 'vitest'
import { verbs, type RightsModel, type RightsObject, type UserRights } from '@/api/rights'
import zhBase from '@/base/messages.zh.json'
import { provideMessages, useLanguage } from '@/base/i18n'
import zhRights from '@/records/rights/messages.zh.json'
import { readGrants } from '@/records/rights/grants'
import type { Names } from '@/records/rights/words'
import { compared, toCsv } from './compare'
import zhRoles from './messages.zh.json'
import { found, linesOf, sourcesOf } from './userLines'

const label = (zh: string) => ({ zh, en: zh })
const object = (name: string, more: Partial<RightsObject> = {}): RightsObject => ({ name, area: 'sales', label: label(name), owned: true, menu: true, restricted: false, kept_by_platform: false, fields: [], special: [], ...more })
const phone = { name: 'phone', label: label('电话'), type: 'phone' as const, sensitive: false, always_read: false, read_only: false }
const model: RightsModel = { areas: [{ code: 'sales', label: label('销售') }], objects: [object('customer', { fields: [phone], special: [{ name: 'customer.rename', label: label('改名') }] }), object('stage', { owned: false })] }
const names: Names = { object: (name) => (name === 'customer' ? '客户' : name), field: (_, name) => (name === 'phone' ? '电话' : name), special: () => '改名', menu: (name) => name }

beforeAll(async () => {
  provideMessages(() => Promise.resolve({ ...zhBase, ...zhRights, ...zhRoles }))
  await useLanguage('zh')
})

describe('roles side by side', () => {
  const seller = { title: '销售', grants: readGrants({ objects: { customer: { view: 'own' } }, menus: { stage: false } }) }
  const head = { title: '主管', grants: readGrants({ objects: { customer: { view: 'own', delete: { scope: 'all', where: 'x = 1' } } }, fields: { 'customer.phone': 'masked' }, special: ['customer.rename'] }) }
  const rows = () => compared(model, [seller, head], names)
  const row = (key: string) => rows().find((one) => one.key === key)

  it('marks what differs, and only that', () => {
    expect(rows().filter((one) => one.differs).map((one) => one.key)).toEqual(['objects.customer.delete', 'fields.customer.phone', 'menus.stage', 'special.customer.rename'])
    expect(row('objects.customer.view')?.values).toEqual(['本人', '本人'])
    expect(row('objects.customer.delete')?.values).toEqual(['无权限', '全部，且 x = 1'])
    expect(row('fields.customer.phone')?.values).toEqual(['可改', '脱敏'])
  })
  it('has no line for what cannot be done', () => {
    expect(row('objects.stage.assign')).toBeUndefined()
  })
  it('takes an administrator for somebody who may do everything', () => {
    const [all] = compared(model, [{ title: '管理员', grants: readGrants({ administrator: true }) }], names)
    expect([all?.values, all?.some]).toEqual([['全部'], true])
  })
})

describe('a table for other programs', () => {
  it('keeps separators inside of cells, and formulas as text', () => {
    expect(toCsv(['a', 'b'], [['x,y', '=1+1'], ['say "hi"', '-']])).toBe('\ufeffa,b\r\n"x,y",\'=1+1\r\n"say ""hi""",\'-\r\n')
  })
})

describe('rights of one person', () => {
  const none = Object.fromEntries(verbs.map((verb) => [verb, { allowed: false, rules: [] }])) as unknown as UserRights['objects'][number]['verbs']
  const rights: UserRights = {
    user: { id: '1', login: 'lin', name: '林悦' }, administrator: false,
    roles: [
      { role: 'a', title: '销售', through: { kind: 'user', title: 'lin' }, until: null },
      { role: 'b', title: '主管', through: { kind: 'team', title: '大客户组' }, until: '2099-01-01T00:00:00Z' },
    ],
    objects: [
      { name: 'stage', menu: true, verbs: none, fields: [] },
      { name: 'customer', menu: true, verbs: { ...none, view: { allowed: true, rules: [{ from: 0, scope: 'own' }, { from: 1, scope: 'all', where: 'x = 1' }] } }, fields: [{ name: 'phone', access: 'masked', from: [1] }] },
    ],
    special: [{ name: 'customer.rename', from: [1] }],
  }
  const lines = () => linesOf(rights, model, names)

  it('come with the role and the way it was given', () => {
    const [own, team] = sourcesOf(rights)
    expect(own).toBe('销售（直接给账号）')
    expect(team).toMatch(/^主管（通过团队「大客户组」、有效至 2099-01-01/)
    const [view] = lines()
    expect([view?.group, view?.right, view?.extent]).toEqual(['客户', '查看', '本人、全部，且 x = 1'])
    expect(view?.sources).toEqual([`本人：${own}`, `全部，且 x = 1：${team}`])
    expect(lines().find((line) => line.key === 'customer.field.phone')).toMatchObject({ right: '字段「电话」', extent: '脱敏', sources: [team] })
  })
  it('are found by every word that is typed, and what is not granted only when wanted', () => {
    expect(found(lines(), '', false).map((line) => line.key)).toEqual(['customer.view', 'customer.field.phone', 'customer.menu', 'special.customer.rename'])
    expect(found(lines(), '客户 脱敏', false).map((line) => line.key)).toEqual(['customer.field.phone'])
    expect(found(lines(), '删除', false)).toEqual([])
    expect(found(lines(), '客户 删除', true).map((line) => line.extent)).toEqual(['无权限'])
  })
})
