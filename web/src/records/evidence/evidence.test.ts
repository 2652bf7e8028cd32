import { beforeAll, describe, expect, it } from 'vitest'
import type { ObjectMeta } from '@/api/types'
import base from '@/base/messages.zh.json'
import { provideMessages, useLanguage } from '@/base/i18n'
import { differencesOf, insideOf, plainText, readDetail } from './evidence'

const user = { name: 'user', fields: [{ name: 'login', type: 'text', label: { zh: '登录名', en: 'Sign-in name' } }] } as unknown as ObjectMeta

beforeAll(async () => {
  provideMessages(() => Promise.resolve(base))
  await useLanguage('zh')
})

describe('what an entry of the log tells', () => {
  it('shows references and choices by their title, and lists joined', () => {
    expect(plainText([{ id: '1', title: '销售' }, { id: '2', title: '客服' }])).toBe('销售、客服')
    expect(plainText({ code: 'active', title: '启用' })).toBe('启用')
    expect(plainText({ amount: '5.00', currency: 'CNY' })).toBe('5.00 CNY')
    expect(plainText(null)).toBe('—')
    expect(plainText(true)).toBe('是')
  })
  it('labels fields, known or not, in both forms of changes', () => {
    const tree = { login: { old: null, new: 'neu' }, roles: { old: [], new: [{ id: '1', title: '销售' }] } }
    expect(differencesOf(user, tree)).toEqual([
      { key: 'login', label: '登录名', before: '—', after: 'neu' },
      { key: 'roles', label: 'roles', before: '—', after: '销售' },
    ])
    expect(differencesOf(user, [{ field: 'login', old: 'a', new: 'b' }])).toEqual([{ key: 'login', label: '登录名', before: 'a', after: 'b' }])
    expect(differencesOf(undefined, undefined)).toEqual([])
  })
  it('tells what differs inside of a document', () => {
    const old = JSON.stringify({ objects: { customer: { view: 'own', add: 'all' } }, special: ['b', 'a'] })
    const fresh = JSON.stringify({ objects: { customer: { view: 'all', add: 'all' }, task: { view: 'own' } }, special: ['a', 'b'] })
    expect(insideOf(old, fresh)?.map(({ key, before, after }) => [key, before, after])).toEqual([['objects.customer.view', 'own', 'all'], ['objects.task.view', '—', 'own']])
    expect(insideOf('plain', fresh)).toBeUndefined()
    expect(differencesOf(user, { rights: { old, new: fresh } })[0]).toMatchObject({ key: 'rights.objects.customer.view', label: 'rights · objects.customer.view' })
  })
  it('parts the detail, whatever stands in it', () => {
    expect(readDetail('{"batch":"7","ids":["1","2"],"filter":["a","is","b"],"objects":{"contact":{"health":2}}}')).toEqual({
      changes: undefined, ids: ['1', '2'], rest: [['batch', '7'], ['filter', 'a, b, is'], ['objects.contact.health', '2']],
    })
    expect(readDetail('nonsense')).toEqual({ changes: undefined, ids: undefined, rest: [] })
    expect(readDetail(null).rest).toEqual([])
  })
})
