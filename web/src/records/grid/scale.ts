/**
 * Browsers lose pixels beyond some sixteen million: taller lists scroll on a shorter bar, and the place on the bar is stretched
 * to the place in the list. Below that height the two are the same, pixel for pixel.
 */
export const barMax = 16_000_000

export interface Scaling {
  /** The height of the scrolled area. */
  readonly height: number
  /** From a place on the bar to the place in the list. */
  readonly toList: (bar: number) => number
  readonly toBar: (list: number) => number
}

export function scaling(rows: number, rowHeight: number, viewHeight: number): Scaling {
  const full = rows * rowHeight
  const height = Math.min(full, barMax)
  const factor = full > height && height > viewHeight ? (full - viewHeight) / (height - viewHeight) : 1
  return { height, toList: (bar) => bar * factor, toBar: (list) => list / factor }
}

/** The rows that show, and some around them, as [first, end). */
export function rowWindow(place: number, viewHeight: number, rowHeight: number, rows: number, more = 6): readonly [number, number] {
  const first = Math.max(0, Math.floor(place / rowHeight) - more)
  return [Math.min(first, rows), Math.min(rows, Math.ceil((place + viewHeight) / rowHeight) + more)]
}

export interface ColumnWindow { readonly first: number; readonly end: number; readonly before: number; readonly after: number }

/** The columns that show between two places, and the width of those left out at either side. */
export function columnWindow(widths: readonly number[], from: number, to: number, more = 240): ColumnWindow {
  let first = 0
  let before = 0
  while (first < widths.length && before + widths[first]! < from - more) { before += widths[first]!; first += 1 }
  let end = first
  let reach = before
  while (end < widths.length && reach < to + more) { reach += widths[end]!; end += 1 }
  let after = 0
  for (let index = end; index < widths.length; index += 1) after += widths[index]!
  return { first, end, before, after }
}
