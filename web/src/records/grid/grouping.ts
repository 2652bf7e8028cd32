import type { FieldMeta, Filter, GroupRow } from '@/api/types'
import { isAskable } from '@/fields/registry'

/** By what a list or a board may be divided: few values, each with a name. Days are divided by month. */
export function isGroupable(field: FieldMeta): boolean {
  return ['choice', 'ref', 'user', 'department', 'boolean', 'date'].includes(field.type) && isAskable(field)
}
export function groupBy(field: FieldMeta): string {
  return field.type === 'date' ? `${field.name}:month` : field.name
}

/** The records of one group, in the language of filters. */
export function groupFilter(field: FieldMeta, key: unknown): Filter {
  if (key === null || key === undefined || key === '') return [field.name, 'empty']
  if (field.type !== 'date') return [field.name, 'is', key]
  const [year = 0, month = 1] = String(key).split('-').map(Number)
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const start = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`
  return [field.name, 'between', [`${start}-01`, `${start}-${String(last).padStart(2, '0')}`]]
}

export interface Section { readonly group: GroupRow; readonly open: boolean }
export type Place = { readonly kind: 'header'; readonly section: number } | { readonly kind: 'row'; readonly section: number; readonly index: number }

/** Headers and rows stand in one list; every line has the same height, so a place is found without measuring. */
export class Outline {
  private readonly starts: number[] = []
  readonly lines: number

  constructor(readonly sections: readonly Section[]) {
    let line = 0
    for (const section of sections) {
      this.starts.push(line)
      line += 1 + (section.open ? section.group.count : 0)
    }
    this.lines = line
  }

  at(line: number): Place | undefined {
    if (line < 0 || line >= this.lines) return undefined
    let low = 0
    let high = this.starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.starts[middle]! <= line) low = middle
      else high = middle - 1
    }
    const inside = line - this.starts[low]!
    return inside === 0 ? { kind: 'header', section: low } : { kind: 'row', section: low, index: inside - 1 }
  }

  lineOf(section: number, index: number): number {
    return this.starts[section]! + 1 + index
  }
}
