import type { Filter, FilterCondition, FilterGroup, FilterNot } from '@/api/types'

export interface ConditionNode { readonly kind: 'condition'; readonly key: number; readonly field: string; readonly op: string; readonly value: unknown }
export interface GroupNode { readonly kind: 'group'; readonly key: number; readonly join: 'and' | 'or'; readonly parts: readonly FilterNode[] }
/** What the builder cannot draw, kept as it came: it can be taken away, but is never lost. */
export interface FixedNode { readonly kind: 'fixed'; readonly key: number; readonly filter: Filter }
export type FilterNode = ConditionNode | GroupNode | FixedNode

/** Deeper nesting cannot be read any more, and the server has its limits too. */
export const depthMax = 4
let next = 1
const newKey = () => (next += 1)

export function isCondition(filter: Filter): filter is FilterCondition {
  return Array.isArray(filter)
}
const drawn = (filter: Filter): filter is FilterGroup => Array.isArray((filter as FilterGroup).and ?? (filter as FilterGroup).or) && Object.keys(filter).length === 1
export function isNot(filter: Filter): filter is FilterNot {
  return !isCondition(filter) && 'not' in filter
}
export function condition(field: string, op: string, value: unknown = null): ConditionNode {
  return { kind: 'condition', key: newKey(), field, op, value }
}
export function group(join: 'and' | 'or', parts: readonly FilterNode[] = []): GroupNode {
  return { kind: 'group', key: newKey(), join, parts }
}

function read(filter: Filter): FilterNode {
  if (isCondition(filter)) return condition(filter[0], filter[1], filter[2] ?? null)
  if (Object.keys(filter).length === 0) return group('and')
  if (!drawn(filter)) return { kind: 'fixed', key: newKey(), filter }
  const join = filter.or ? 'or' : 'and'
  return group(join, (filter.or ?? filter.and ?? []).map(read))
}

/** The tree to edit: its root always joins. */
export function toTree(filter: Filter | null | undefined): GroupNode {
  if (!filter) return group('and')
  const node = read(filter)
  return node.kind === 'group' ? node : group('and', [node])
}

const withoutOperand = new Set(['empty', 'not_empty'])
function blank(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.every(blank))
}
export function isComplete(node: ConditionNode): boolean {
  return node.field !== '' && node.op !== '' && (withoutOperand.has(node.op) || !blank(node.value))
}

function write(node: FilterNode): Filter | undefined {
  if (node.kind === 'fixed') return node.filter
  if (node.kind === 'condition') {
    if (!isComplete(node)) return undefined
    return withoutOperand.has(node.op) ? [node.field, node.op] : [node.field, node.op, node.value]
  }
  const parts = node.parts.map(write).filter((part) => part !== undefined)
  return parts.length ? (node.join === 'or' ? { or: parts } : { and: parts }) : undefined
}

/** What the server gets: half-written conditions are left out, nothing is null. */
export function toFilter(root: GroupNode): Filter | null {
  return write(root) ?? null
}

/** The tree with one node replaced; undefined takes it away. */
export function change(root: GroupNode, key: number, by: (node: FilterNode) => FilterNode | undefined): GroupNode {
  const walk = (node: FilterNode): FilterNode | undefined => {
    if (node.key === key) return by(node)
    if (node.kind !== 'group') return node
    return { ...node, parts: node.parts.map(walk).filter((part) => part !== undefined) }
  }
  const result = walk(root)
  return result?.kind === 'group' ? result : group('and')
}
export function addTo(root: GroupNode, key: number, node: FilterNode): GroupNode {
  return change(root, key, (parent) => (parent.kind === 'group' ? { ...parent, parts: [...parent.parts, node] } : parent))
}
export function remove(root: GroupNode, key: number): GroupNode {
  return key === root.key ? group('and') : change(root, key, () => undefined)
}

export function joined(...filters: readonly (Filter | null | undefined)[]): Filter | null {
  const parts = filters.filter((filter): filter is Filter => !!filter)
  return parts.length > 1 ? { and: parts } : parts[0] ?? null
}

/** Same meaning for the server: titles that travel with references do not count, nor does an empty join. */
export function sameFilter(one: Filter | null | undefined, other: Filter | null | undefined): boolean {
  const plain = (filter: Filter | null | undefined) => JSON.stringify(toFilter(toTree(filter)), (_, value: unknown) => {
    if (value && typeof value === 'object' && 'title' in value) return 'id' in value ? value.id : 'code' in value ? value.code : value
    return value
  })
  return plain(one) === plain(other)
}

/** Words that stand for themselves in a filter. */
const names = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/
/** A filter from an address: whatever is not one is nothing, never an error on the screen. */
export function readFilter(text: unknown): Filter | null | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  let value: unknown
  try { value = JSON.parse(text) } catch { return undefined }
  const valid = (part: unknown, depth: number): boolean => {
    if (depth > 8 || !part || typeof part !== 'object') return false
    if (Array.isArray(part)) return part.length >= 2 && part.length <= 3 && typeof part[0] === 'string' && names.test(part[0]) && typeof part[1] === 'string'
    if ('not' in part) return Object.keys(part).length === 1 && valid(part.not, depth + 1)
    const inside = (part as { and?: unknown; or?: unknown }).and ?? (part as { or?: unknown }).or
    return Array.isArray(inside) && inside.every((one) => valid(one, depth + 1))
  }
  if (value === null) return null
  return valid(value, 0) ? (value as Filter) : undefined
}
