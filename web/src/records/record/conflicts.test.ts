import { describe, expect, it } from 'vitest'
import type { FieldMeta, RecordFull } from '@/api/types'
import { weigh, weighForm } from './conflicts'

const text = (name: string) => ({ name, type: 'text', label: { zh: name, en: name } }) as FieldMeta
const current = (values: Record<string, unknown>) => ({ id: '1', version: 7, ...values }) as RecordFull

describe('a record that somebody else saved first', () => {
  it('takes our value when they changed other fields', () => {
    expect(weigh(text('phone'), '1', '2', current({ phone: '1', name: 'new' })).kind).toBe('merge')
  })
  it('needs nothing when they wrote the same', () => {
    expect(weigh(text('phone'), '1', '2', current({ phone: '2' })).kind).toBe('same')
  })
  it('asks the user when both changed the field', () => {
    const answer = weigh(text('phone'), '1', '2', current({ phone: '3' }))
    expect(answer.kind === 'conflict' && [answer.conflict.mine, answer.conflict.theirs, answer.conflict.current.version]).toEqual(['2', '3', 7])
  })
  it('compares references by id, not by title', () => {
    const owner = { name: 'owner', type: 'user', label: { zh: '', en: '' } } as FieldMeta
    expect(weigh(owner, { id: '1', title: 'a' }, { id: '2', title: 'b' }, current({ owner: { id: '1', title: 'A' } })).kind).toBe('merge')
  })
})

describe('a form over a record that somebody else saved first', () => {
  it('keeps apart what they changed alone and where both differ', () => {
    const fields = [text('a'), text('b'), text('c'), text('d')]
    const base = { a: '1', b: '1', c: '1', d: '1' }
    const mine = { a: '1', b: '2', c: '2', d: '2' }
    const answer = weighForm(fields, base, mine, current({ a: '9', b: '9', c: '1', d: '2' }))
    expect(answer.taken.map((field) => field.name)).toEqual(['a'])
    expect(answer.conflicts.map((one) => one.field.name)).toEqual(['b'])
  })
})
