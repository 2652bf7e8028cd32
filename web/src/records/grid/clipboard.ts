/** What spreadsheets put on the clipboard: tabs between cells, lines between rows, quotes around cells that hold either. */
export function parseBlock(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  let fresh = true
  const source = text.replace(/\r\n?/g, '\n')
  for (let index = 0; index < source.length; index += 1) {
    const letter = source[index]!
    if (quoted) {
      if (letter !== '"') cell += letter
      else if (source[index + 1] === '"') { cell += '"'; index += 1 }
      else quoted = false
    } else if (letter === '"' && fresh) { quoted = true; fresh = false }
    else if (letter === '\t') { row.push(cell); cell = ''; fresh = true }
    else if (letter === '\n') { row.push(cell); rows.push(row); row = []; cell = ''; fresh = true }
    else { cell += letter; fresh = false }
  }
  // A line end at the very end closes the last row and does not begin another.
  if (cell !== '' || row.length || !fresh) { row.push(cell); rows.push(row) }
  return rows
}

export function formatBlock(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => (/[\t\n\r]|^"/.test(text) ? `"${text.replace(/"/g, '""')}"` : text)
  return rows.map((row) => row.map(cell).join('\t')).join('\n')
}

export interface Corner { readonly row: number; readonly column: number }
export interface Block { readonly top: number; readonly left: number; readonly bottom: number; readonly right: number }

export function blockOf(one: Corner, other: Corner): Block {
  return {
    top: Math.min(one.row, other.row), bottom: Math.max(one.row, other.row),
    left: Math.min(one.column, other.column), right: Math.max(one.column, other.column),
  }
}

/** One cell fills the whole block; a larger text goes down and to the right from the corner of the block. */
export function spread(cells: readonly (readonly string[])[], onto: Block): { row: number; column: number; text: string }[] {
  const single = cells.length === 1 && cells[0]!.length === 1
  const result: { row: number; column: number; text: string }[] = []
  if (single) {
    for (let row = onto.top; row <= onto.bottom; row += 1) {
      for (let column = onto.left; column <= onto.right; column += 1) result.push({ row, column, text: cells[0]![0]! })
    }
    return result
  }
  for (const [down, line] of cells.entries()) {
    for (const [across, text] of line.entries()) result.push({ row: onto.top + down, column: onto.left + across, text })
  }
  return result
}
