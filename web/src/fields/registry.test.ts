import { createPinia, setActivePinia } from 'pinia'
import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import type { FieldMeta, FieldType, FieldValues, Meta } from '@/api/types'
import { provideMessages, useLanguage } from '@/base/i18n'
import { useMeta } from '@/meta/meta'
import zhBase from '@/base/messages.zh.json'
import FieldDisplay from './FieldDisplay.vue'
import { isAskable, isConcealed, isEditable, isEmpty, textOf, widgetOf, widgets } from './registry'

const label = { zh: '字段', en: 'Field' }
const field = (type: FieldType, more: Partial<FieldMeta> = {}): FieldMeta => ({ name: 'f', type, label, ...more })
const level = [{ code: 'key', label: { zh: '重点', en: 'Key' }, color: 'red' }, { code: 'a', label: { zh: 'A', en: 'A' } }]

const examples: { [T in FieldType]: { value: FieldValues[T]; text: string; sent: unknown; more?: Partial<FieldMeta> } } = {
  text: { value: '华信', text: '华信', sent: '华信' },
  long_text: { value: '第一行\n第二行', text: '第一行\n第二行', sent: '第一行\n第二行' },
  integer: { value: 12345, text: '12,345', sent: 12345 },
  decimal: { value: '1234.5', text: '1,234.5', sent: '1234.5' },
  money: { value: { amount: '1234567.50', currency: 'CNY' }, text: '¥1,234,567.50', sent: { amount: '1234567.50', currency: 'CNY' } },
  percent: { value: '0.125', text: '12.5%', sent: '0.125' },
  date: { value: '2026-12-18', text: '2026-12-18', sent: '2026-12-18' },
  time: { value: '2026-12-18T08:00:00.000Z', text: new Date('2026-12-18T08:00:00Z').toLocaleString('sv'), sent: '2026-12-18T08:00:00.000Z' },
  boolean: { value: true, text: '是', sent: true },
  choice: { value: { code: 'key', title: '重点' }, text: '重点', sent: 'key', more: { dictionary: 'level' } },
  choices: { value: [{ code: 'key', title: '重点' }, { code: 'a', title: 'A' }], text: '重点、A', sent: ['key', 'a'], more: { dictionary: 'level' } },
  ref: { value: { id: '1', title: '华信' }, text: '华信', sent: '1' },
  refs: { value: [{ id: '1', title: '甲' }, { id: '2', title: '乙' }], text: '甲、乙', sent: ['1', '2'] },
  user: { value: { id: '1', title: '林晓岚' }, text: '林晓岚', sent: '1' },
  department: { value: { id: '1', title: '销售部' }, text: '销售部', sent: '1' },
  phone: { value: '0512-6621 8090', text: '0512-6621 8090', sent: '0512-6621 8090' },
  email: { value: 'a@b.example', text: 'a@b.example', sent: 'a@b.example' },
  url: { value: 'https://a.example', text: 'https://a.example', sent: 'https://a.example' },
  address: { value: { region: { id: '3', title: '江苏省 苏州市' }, street: '星澄路 88 号' }, text: '江苏省 苏州市 星澄路 88 号', sent: { region: '3', street: '星澄路 88 号' } },
  number: { value: 'KH-000317', text: 'KH-000317', sent: 'KH-000317' },
  mnemonic: { value: 'HXJM', text: 'HXJM', sent: 'HXJM' },
  list: { value: { count: 3 }, text: '3', sent: undefined },
  file: { value: { id: '9', name: 'a.pdf', bytes: 10, type: 'application/pdf' }, text: 'a.pdf', sent: '9' },
}
const types = Object.keys(widgets) as FieldType[]
/** Types whose text says everything, so that what is copied can be pasted. */
const roundTrips: FieldType[] = ['text', 'long_text', 'integer', 'decimal', 'money', 'percent', 'date', 'time', 'boolean', 'choice', 'choices', 'phone', 'email', 'url']

beforeEach(async () => {
  setActivePinia(createPinia())
  useMeta().meta = { dictionaries: { level }, objects: {}, company: { name: '', currency: 'CNY', time_zone: 'Asia/Shanghai' } } as unknown as Meta
  provideMessages(() => Promise.resolve(zhBase))
  await useLanguage('zh')
})

describe('every field type', () => {
  it.each(types)('%s writes its text, sends what the server takes, and shows itself everywhere', (type) => {
    const { value, text, sent, more } = examples[type]
    const meta = field(type, more)
    expect(textOf(value, meta)).toBe(text)
    expect(widgetOf(meta).send(value)).toEqual(sent)
    for (const place of ['cell', 'detail', 'card'] as const) {
      const shown = mount(FieldDisplay, { props: { value, field: meta, place }, global: { stubs: { RouterLink: { template: '<a><slot /></a>' } } } })
      expect(shown.html()).not.toBe('')
    }
  })
  it.each(types)('%s shows a dash when there is nothing', (type) => {
    expect(mount(FieldDisplay, { props: { value: null, field: field(type) } }).text()).toBe('—')
  })
  it.each(roundTrips)('%s reads back what it wrote', (type) => {
    const { value, more } = examples[type]
    const meta = field(type, more)
    expect(widgetOf(meta).parse(textOf(value, meta), meta)).toEqual({ value })
  })
  it.each(types)('%s has an editor', async (type) => {
    expect(await widgetOf(field(type)).edit()).toBeTruthy()
  })
})

describe('a masked field', () => {
  it.each(types)('%s stands behind a lock, is not edited, and nothing asks by it', (type) => {
    const meta = field(type, { ...examples[type].more, masked: true, write: true })
    const ends = ['text', 'long_text', 'phone', 'email', 'url', 'number', 'mnemonic'].includes(type)
    const shown = mount(FieldDisplay, { props: { value: ends ? '138****5678' : null, field: meta, place: 'detail' } })
    expect(shown.find('svg').exists()).toBe(true)
    expect(shown.find('a').exists()).toBe(false)
    expect(shown.find('.ell').text()).toBe(ends ? '138****5678' : '***')
    expect([isEditable(meta), isAskable(meta), isConcealed(meta)]).toEqual([false, false, !ends])
    expect(textOf(ends ? '138****5678' : null, meta)).toBe(ends ? '138****5678' : '')
  })
  it('without a value says that there is none, where the server tells so much', () => {
    expect(mount(FieldDisplay, { props: { value: null, field: field('phone', { masked: true }) } }).find('.ell').text()).toBe('—')
  })
})

describe('reading what people type', () => {
  const read = (type: FieldType, text: string, more: Partial<FieldMeta> = {}) => widgetOf(field(type, more)).parse(text, field(type, more))
  it('takes separators, full-width digits and currency signs', () => {
    expect(read('money', '￥ 1,234.5')).toEqual({ value: { amount: '1234.50', currency: 'CNY' } })
    expect(read('money', 'USD 12')).toEqual({ value: { amount: '12.00', currency: 'USD' } })
    expect(read('integer', '１２')).toEqual({ value: 12 })
    expect(read('percent', '12.5')).toEqual({ value: '0.125' })
  })
  it('names what is wrong', () => {
    expect(read('integer', 'many')).toEqual({ problem: 'fields.problem.notNumber' })
    expect(read('decimal', '5', { most: '4' })).toEqual({ problem: 'fields.problem.tooLarge' })
    expect(read('date', '2026-02-30')).toEqual({ problem: 'fields.problem.notDate' })
    expect(read('choice', '没有', { dictionary: 'level' })).toEqual({ problem: 'fields.problem.notChoice' })
    expect(read('text', '四个汉字', { length_max: 3 })).toEqual({ problem: 'fields.problem.tooLong' })
    expect(read('number', 'KH-1')).toEqual({ problem: 'fields.problem.readOnly' })
  })
  it('reads dates as people write them', () => {
    for (const text of ['2026-2-3', '2026/02/03', '2026.2.3', '2026年2月3日', '20260203']) expect(read('date', text)).toEqual({ value: '2026-02-03' })
  })
})

describe('what may be changed', () => {
  it('is what the server lets be written and nobody computes', () => {
    expect(isEditable(field('text'))).toBe(true)
    expect(isEditable(field('text', { write: false }))).toBe(false)
    expect(isEditable(field('money', { formula: true }))).toBe(false)
    expect(isEditable(field('list'))).toBe(false)
  })
  it('counts nothing and no items as empty, but not nought and no', () => {
    expect([null, undefined, '', []].every(isEmpty)).toBe(true)
    expect([0, false].some(isEmpty)).toBe(false)
  })
})
