import { describe, expect, it } from 'vitest'
import { addTo, change, condition, group, joined, readFilter, remove, sameFilter, toFilter, toTree } from './tree'

const nested = { and: [['status', 'in', ['a', 'b']], { or: [['amount', '>', '5'], ['owner', 'is', 'me']] }] } as const

describe('the tree of a filter', () => {
  it('comes back as it went', () => expect(toFilter(toTree(nested))).toEqual(nested))
  it('always begins with a join', () => expect(toFilter(toTree(['name', 'empty']))).toEqual({ and: [['name', 'empty']] }))
  it('is nothing when nothing is asked', () => {
    expect(toFilter(toTree(null))).toBeNull()
    expect(toFilter(group('and', [group('or')]))).toBeNull()
  })
  it('leaves out conditions that are not finished', () => {
    const root = group('and', [condition('name', 'contains', ''), condition('level', 'in', []), condition('amount', 'between', [null, '']), condition('name', 'not_empty')])
    expect(toFilter(root)).toEqual({ and: [['name', 'not_empty']] })
  })
  it('keeps a value of no and of zero', () => {
    expect(toFilter(group('and', [condition('trading', 'is', false), condition('employees', '>', 0)]))).toEqual({ and: [['trading', 'is', false], ['employees', '>', 0]] })
  })
  it('keeps what it cannot draw, at any depth', () => {
    const odd = { and: [['name', 'contains', '华'], { not: ['level', 'in', ['C']] }, { or: [['a', 'is', 1], { not: { and: [['b', 'is', 2], ['c', 'empty']] } }] }] } as const
    const root = toTree(odd)
    expect(toFilter(root)).toEqual(odd)
    expect(root.parts.map((part) => part.kind)).toEqual(['condition', 'fixed', 'group'])
    expect(toFilter(addTo(root, root.key, condition('x', 'empty')))).toEqual({ and: [...odd.and, ['x', 'empty']] })
    expect(toFilter(remove(root, root.parts[1]!.key))).toEqual({ and: [odd.and[0], odd.and[2]] })
    expect(toFilter(toTree({ not: ['a', 'is', 1] }))).toEqual({ and: [{ not: ['a', 'is', 1] }] })
  })
  it('grows, changes and shrinks at any depth without touching the rest', () => {
    const inner = group('or', [condition('a', 'is', 1)])
    const root = group('and', [condition('x', 'is', 1), inner])
    const grown = addTo(root, inner.key, condition('b', 'is', 2))
    expect(toFilter(grown)).toEqual({ and: [['x', 'is', 1], { or: [['a', 'is', 1], ['b', 'is', 2]] }] })
    expect(grown.parts[0]).toBe(root.parts[0])
    const turned = change(grown, inner.key, (node) => (node.kind === 'group' ? { ...node, join: 'and' } : node))
    expect(toFilter(turned)).toEqual({ and: [['x', 'is', 1], { and: [['a', 'is', 1], ['b', 'is', 2]] }] })
    expect(toFilter(remove(grown, inner.key))).toEqual({ and: [['x', 'is', 1]] })
    expect(toFilter(remove(grown, grown.key))).toBeNull()
  })
})

describe('filters', () => {
  it('join to one', () => {
    expect(joined(null, ['a', 'empty'])).toEqual(['a', 'empty'])
    expect(joined(['a', 'empty'], ['b', 'empty'])).toEqual({ and: [['a', 'empty'], ['b', 'empty']] })
    expect(joined(null, undefined)).toBeNull()
  })
  it('are the same whatever titles travel with them', () => {
    expect(sameFilter(['owner', 'in', [{ id: '7', title: 'Lin' }]], { and: [['owner', 'in', ['7']]] })).toBe(true)
    expect(sameFilter(['owner', 'in', ['7']], ['owner', 'in', ['8']])).toBe(false)
    expect(sameFilter(null, { and: [] })).toBe(true)
  })
  it('from an address are checked', () => {
    expect(readFilter(JSON.stringify(nested))).toEqual(nested)
    expect(readFilter('{"not":["level","is","C"]}')).toEqual({ not: ['level', 'is', 'C'] })
    expect(readFilter('null')).toBeNull()
    for (const text of ['', '{', '[]', '["name"]', '{"and":{}}', '{"and":[["a b","is",1]]}', '{"not":[]}', '5', undefined]) expect(readFilter(text)).toBeUndefined()
  })
})
