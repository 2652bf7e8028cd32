import type { Layout, LayoutItem } from '@/api/types'
import { slots } from '@/records/evidence/slots'

export interface Run { readonly kind: LayoutItem['t']; readonly items: readonly LayoutItem[] }

/** Blocks of one kind that follow each other are drawn by one part. */
export function runsOf(items: readonly LayoutItem[]): Run[] {
  const runs: { kind: LayoutItem['t']; items: LayoutItem[] }[] = []
  for (const item of items) {
    const last = runs.at(-1)
    if (last?.kind === item.t && item.t !== 'timeline') last.items.push(item)
    else runs.push({ kind: item.t, items: [item] })
  }
  return runs
}

export type Side = 'left' | 'main' | 'right'
/** A slot without a part for it shows nothing. */
const shows = (item: LayoutItem) => item.t !== 'slot' || item.name in slots
/** The columns that hold something, in their order. */
export const sidesOf = (record: Layout['record']): Side[] => (['left', 'main', 'right'] as const).filter((side) => record[side].some(shows))

/** On a phone the blocks of all columns are parted by what they tell, each under a tab of its own. */
export function partsOf(record: Layout['record']): { readonly follow: readonly LayoutItem[]; readonly details: readonly LayoutItem[]; readonly related: readonly LayoutItem[] } {
  const all = [...record.left, ...record.main, ...record.right]
  return { follow: all.filter((item) => item.t === 'timeline'), details: all.filter((item) => item.t === 'section' || (item.t === 'slot' && shows(item))), related: all.filter((item) => item.t === 'related') }
}
