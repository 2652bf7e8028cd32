// @vitest-environment node
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  compareDecimals, evaluate, ExpressionError, fromApi, fromFilter, holds, parseExpression, parseTimestamp, pathsOf, toApi,
  type Environment, type ExprType, type Node, type Value,
} from './expr'

interface Vector {
  readonly expr?: string
  readonly filter?: unknown
  readonly fields: Readonly<Record<string, { readonly type: ExprType; readonly list?: boolean }>>
  readonly row: Readonly<Record<string, unknown>>
  readonly now: string
  readonly zone: string
  readonly me: string | null
  readonly department: string | null
  readonly expect?: unknown
  readonly error?: string
}

const file = fileURLToPath(new URL('../../../tests/expr-vectors.json', import.meta.url))
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[]

function typeIn(vector: Vector) {
  return (path: readonly string[]) => vector.fields[path.join('.')]?.type
}

function nodeOf(vector: Vector): Node {
  return vector.expr === undefined ? fromFilter(vector.filter, typeIn(vector)) : parseExpression(vector.expr, typeIn(vector))
}

function environmentOf(vector: Vector): Environment {
  const type = typeIn(vector)
  return {
    get: (path) => fromApi(type(path) ?? 'null', vector.row[path.join('.')]),
    list: (path) => {
      const element = type(path) === 'ids' ? 'id' : (type(path) ?? 'null')
      return (vector.row[path.join('.')] as unknown[]).map((item) => fromApi(element, item))
    },
    now: parseTimestamp(vector.now) ?? Number.NaN,
    zone: vector.zone,
    me: vector.me,
    department: vector.department,
  }
}

/** Numbers by value: 1.50 is 1.5. */
function same(a: Value, b: Value): boolean {
  if (a === null || b === null || typeof a === 'boolean' || typeof b === 'boolean') return a === b
  if ('number' in a && 'number' in b) {
    const currencies = [a, b].map((each) => (each.type === 'money' ? each.currency : ''))
    return compareDecimals(a.number, b.number) === 0 && currencies[0] === currencies[1]
  }
  return JSON.stringify(toApi(a)) === JSON.stringify(toApi(b))
}

describe('expressions mean what the server means by them', () => {
  it('has the vectors', () => {
    expect(vectors.length).toBeGreaterThan(150)
  })

  it.each(vectors.map((vector) => [JSON.stringify(vector.expr ?? vector.filter), vector] as const))('%s', (_, vector) => {
    if (vector.error !== undefined) {
      expect(() => nodeOf(vector)).toThrow(expect.objectContaining({ why: vector.error }))
      return
    }
    const node = nodeOf(vector)

    const value = evaluate(node, environmentOf(vector))

    expect(same(value, fromApi(node.type, vector.expect)), `got ${JSON.stringify(toApi(value))}`).toBe(true)
    if (typeof vector.expect === 'boolean') expect(holds(node, environmentOf(vector))).toBe(vector.expect)
  })
})

describe('a mistake in an expression', () => {
  const parse = (source: string) => parseExpression(source, (path) => (path[0] === 'name' ? 'text' : undefined))

  it('tells the character it stands at', () => {
    expect(() => parse("name = '😀' and nme = 1")).toThrow(expect.objectContaining({ position: 16, what: 'nme' }))
  })

  it('is found in source that nests too deep or is too long', () => {
    expect(() => parse('('.repeat(5000))).toThrow(ExpressionError)
    expect(() => parse('not '.repeat(1500) + 'true')).toThrow(ExpressionError)
    expect(() => parse('1' + '+1'.repeat(3000))).toThrow(ExpressionError)
  })
})

it('names the fields that an expression reads, each once', () => {
  expect(pathsOf(parseExpression('a.b = 1 or a.b > c', () => 'number'))).toEqual([['a', 'b'], ['c']])
})
