import { describe, expect, it } from 'vitest'
import { blockOf, formatBlock, parseBlock, spread } from './clipboard'

describe('a block on the clipboard', () => {
  it('is rows of cells', () => expect(parseBlock('a\tb\nc\td\n')).toEqual([['a', 'b'], ['c', 'd']]))
  it('keeps empty cells and takes the line ends of Windows', () => expect(parseBlock('a\t\r\n\tb\r\n')).toEqual([['a', ''], ['', 'b']]))
  it('keeps tabs, lines and quotes inside of quotes', () => expect(parseBlock('"one\n""two"""\tx')).toEqual([['one\n"two"', 'x']]))
  it('takes a quote within a cell for what it is', () => expect(parseBlock('5" pipe\tx')).toEqual([['5" pipe', 'x']]))
  it('is nothing when the text is nothing', () => expect(parseBlock('')).toEqual([]))
  it('comes back as it went', () => {
    const cells = [['华信', 'a\tb', '"q"'], ['', 'x\ny', '1,234']]
    expect(parseBlock(formatBlock(cells))).toEqual(cells)
  })
})

describe('pasting', () => {
  it('fills a block with one value', () => {
    expect(spread([['x']], blockOf({ row: 4, column: 2 }, { row: 3, column: 2 }))).toEqual([{ row: 3, column: 2, text: 'x' }, { row: 4, column: 2, text: 'x' }])
  })
  it('lays a table down from the corner', () => {
    expect(spread([['a', 'b'], ['c', 'd']], blockOf({ row: 1, column: 1 }, { row: 1, column: 1 })).map((cell) => `${cell.row}.${cell.column}${cell.text}`)).toEqual(['1.1a', '1.2b', '2.1c', '2.2d'])
  })
})
