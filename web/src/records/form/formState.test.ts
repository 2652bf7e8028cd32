import { describe, expect, it } from 'vitest'
import type { ObjectMeta } from '@/api/types'
import { changedFields, defaultsOf, firstWithProblem, isDirty, missing, payloadOf, problemsByField, quickSection, sectionsOf } from './formState'

const label = { zh: '名', en: 'Name' }
const object = {
  name: 'deal', label, plural: label, area: 'a', title: 'name', rights: {}, views: [], actions: [], groups: [{ code: 'base', label: { zh: '基本', en: 'Basics' } }],
  fields: [
    { name: 'name', type: 'text', label, required: true }, { name: 'state', type: 'choice', dictionary: 'state', label, default: 'open' },
    { name: 'reason', type: 'text', label }, { name: 'customer', type: 'ref', to: 'customer', label }, { name: 'number', type: 'number', label },
    { name: 'note', type: 'long_text', label }, { name: 'amount', type: 'money', label }, { name: 'tags', type: 'choices', dictionary: 't', label },
  ],
  layout: {
    compact: ['customer', 'number'], record: { left: [], main: [], right: [] },
    form: { sections: [
      { t: 'section', key: 'base', cols: 2, items: [{ f: 'name', span: 2 }, { f: 'state' }, { f: 'customer', ro: "state = 'won'" }, { f: 'number' }] },
      { t: 'section', key: 'end', label, cols: 3, items: [{ f: 'reason', show: "state = 'lost'", req: "state = 'lost'" }, { f: 'note' }] }] },
  },
} as unknown as ObjectMeta
const situation = { zone: 'Asia/Shanghai', me: '1', department: null }
const lost = { code: 'lost', title: '输单' }

describe('the sections of a form', () => {
  const names = (values: Record<string, unknown>) => sectionsOf(object, object.layout.form.sections, values, situation, false).map((one) => one.fields.map((field) => field.field.name))

  it('show a field only while its condition holds', () => {
    expect(names({ state: { code: 'open', title: '' } })[1]).toEqual(['note'])
    expect(names({ state: lost })[1]).toEqual(['reason', 'note'])
  })
  it('require a field while its condition holds', () => {
    const sections = sectionsOf(object, object.layout.form.sections, { name: 'x', state: lost }, situation, false)
    expect(missing(sections, { name: 'x', state: lost }).map((field) => field.name)).toEqual(['reason'])
  })
  it('lock a field while its condition holds', () => {
    const values = { state: { code: 'won' }, customer: { id: '5', title: '华信' } }
    const one = sectionsOf(object, object.layout.form.sections, values, situation, false)[0]!.fields.find((field) => field.field.name === 'customer')
    expect(one?.locked).toBe(true)
  })
  it('leave out what the program fills in, and give long text the whole width', () => {
    const sections = sectionsOf(object, object.layout.form.sections, {}, situation, true)
    expect(sections[0]!.fields.map((one) => one.field.name)).not.toContain('number')
    expect(sections[1]!.fields[0]!.span).toBe(3)
  })
  it('are called as their group when they have no label', () => {
    expect(sectionsOf(object, object.layout.form.sections, {}, situation, true)[0]!.label?.zh).toBe('基本')
  })
  it('of the quick form hold title, required, compact and given fields that may be written', () => {
    expect(quickSection(object, { amount: null }).items.map((item) => item.f)).toEqual(['name', 'amount', 'customer', 'reason'])
  })
})

describe('unsaved changes', () => {
  it('are not seen where only titles differ or nothing became empty', () => {
    expect(isDirty(object, { customer: { id: '5', title: 'a' }, reason: null, tags: [] }, { customer: { id: '5', title: 'b' }, reason: '', tags: null })).toBe(false)
  })
  it('are named field by field and sent alone', () => {
    const before = { name: 'a', state: lost, amount: { amount: '1.00', currency: 'CNY' } }
    const now = { name: 'b', state: null, amount: { amount: '1.00', currency: 'CNY' } }
    expect(changedFields(object, before, now).map((field) => field.name)).toEqual(['name', 'state'])
    expect(payloadOf(object, before, now)).toEqual({ name: 'b', state: null })
  })
  it('of a new record are what is filled in, by id and code', () => {
    expect(payloadOf(object, undefined, { name: 'a', customer: { id: '5', title: 'x' }, state: lost, reason: '', tags: [{ code: 'k', title: 'K' }] }))
      .toEqual({ name: 'a', customer: '5', state: 'lost', tags: ['k'] })
  })
})

describe('problems', () => {
  it('stand at their field, others above the form', () => {
    const problems = problemsByField([{ field: 'name', rule: 'required', message: '填写名称' }, { field: 'secret', rule: 'x', message: '不行' }, { field: 'customer.id', rule: 'x', message: '没有' }], new Set(['name', 'customer']))
    expect(problems).toEqual({ name: '填写名称', '': '不行', customer: '没有' })
  })
  it('lead to the first field of the form that has one', () => {
    const sections = sectionsOf(object, object.layout.form.sections, {}, situation, true)
    expect(firstWithProblem(sections, { customer: 'x', note: 'y' })).toBe('customer')
  })
})

describe('defaults', () => {
  it('turn codes into choices with titles and make the user the owner', () => {
    const owned = { ...object, fields: [...object.fields, { name: 'owner', type: 'user', label }] } as ObjectMeta
    expect(defaultsOf(owned, (dictionary, code) => ({ code, title: `${dictionary} ${code}` }), { id: '1', title: '我' }))
      .toEqual({ state: { code: 'open', title: 'state open' }, owner: { id: '1', title: '我' } })
  })
})
