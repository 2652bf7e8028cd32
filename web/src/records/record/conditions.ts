import { fromApi, holds, parseExpression, type ExprType, type Node } from '@/base/expr'
import type { FieldItem, FieldType, ObjectMeta } from '@/api/types'

export interface Situation { readonly zone: string; readonly me: string | null; readonly department: string | null }

const types: Readonly<Partial<Record<FieldType, ExprType>>> = {
  text: 'text', long_text: 'text', phone: 'text', email: 'text', url: 'text', number: 'text', mnemonic: 'text', choice: 'text',
  integer: 'number', decimal: 'number', percent: 'number', money: 'money', date: 'date', time: 'timestamp', boolean: 'boolean',
  choices: 'codes', ref: 'id', user: 'id', department: 'id', refs: 'ids', address: 'address',
}

const parsed = new Map<string, Node | undefined>()

function parse(object: ObjectMeta, source: string): Node | undefined {
  const key = `${object.name}\n${source}`
  if (!parsed.has(key)) {
    const typeOf = (path: readonly string[]): ExprType | undefined => {
      const field = path.length === 1 ? object.fields.find((one) => one.name === path[0]) : undefined
      return path.length === 1 && path[0] === 'id' ? 'id' : field && types[field.type]
    }
    let node: Node | undefined
    // A condition that looks behind a reference can only be decided by the server.
    try { node = parseExpression(source, typeOf) } catch { node = undefined }
    parsed.set(key, node)
  }
  return parsed.get(key)
}

/** `unknown` is the answer when only the server can decide. */
export function condition(object: ObjectMeta, source: string | undefined, values: Readonly<Record<string, unknown>>, situation: Situation, unknown: boolean): boolean {
  if (!source) return unknown
  const node = parse(object, source)
  if (!node) return unknown
  const read = (path: readonly string[]) => {
    const name = path[0] ?? ''
    const field = object.fields.find((one) => one.name === name)
    const type = name === 'id' ? 'id' : field && types[field.type]
    return type ? fromApi(type, values[name]) : null
  }
  try {
    return holds(node, { get: read, list: () => [], now: Date.now(), ...situation })
  } catch {
    return unknown
  }
}

export const isShown = (object: ObjectMeta, item: { readonly show?: string }, values: Readonly<Record<string, unknown>>, situation: Situation) =>
  condition(object, item.show, values, situation, true)
export const isRequired = (object: ObjectMeta, item: FieldItem, values: Readonly<Record<string, unknown>>, situation: Situation) =>
  object.fields.some((field) => field.name === item.f && field.required) || condition(object, item.req, values, situation, false)
export const isLocked = (object: ObjectMeta, item: FieldItem, values: Readonly<Record<string, unknown>>, situation: Situation) =>
  condition(object, item.ro, values, situation, false)
