import { saveBytes } from './compare'

// A workbook of one sheet, as ECMA-376 has it: a zip archive of a few XML files. Tables here are small, so nothing is
// compressed. Cells are strings, which no table program runs as a formula.

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const xml = (text: string) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').replace(/[&<>"]/g, (char) => escapes[char]!)
const opening = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const namespaces = 'http://schemas.openxmlformats.org'

/** 0 is A, 26 is AA. */
export function columnName(index: number): string {
  const rest = Math.floor(index / 26)
  return (rest ? columnName(rest - 1) : '') + String.fromCharCode(65 + (index % 26))
}
function sheetXml(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string, row: number, column: number, style: number) => `<c r="${columnName(column)}${row}" t="inlineStr"${style ? ` s="${style}"` : ''}><is><t xml:space="preserve">${xml(text)}</t></is></c>`
  const line = (cells: readonly string[], row: number) => `<row r="${row}">${cells.map((text, column) => (text ? cell(text, row, column, row === 1 ? 1 : 0) : '')).join('')}</row>`
  const widths = head.map((title, column) => Math.min(40, Math.max(10, ...[title, ...rows.map((row) => row[column] ?? '')].map((text) => [...text].reduce((sum, char) => sum + (char.charCodeAt(0) > 255 ? 2 : 1), 2)))))
  return `${opening}<worksheet xmlns="${namespaces}/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane xSplit="2" ySplit="1" topLeftCell="C2" activePane="bottomRight" state="frozen"/></sheetView></sheetViews><cols>${widths.map((width, column) => `<col min="${column + 1}" max="${column + 1}" width="${width}" customWidth="1"/>`).join('')}</cols><sheetData>${[head, ...rows].map((cells, index) => line(cells, index + 1)).join('')}</sheetData></worksheet>`
}
/** A sheet's name holds at most 31 characters, and none of these. */
const sheetName = (name: string) => name.replace(/[\\/?*[\]:]/g, ' ').slice(0, 31)
function parts(name: string, head: readonly string[], rows: readonly (readonly string[])[]): readonly (readonly [string, string])[] {
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
  const relation = `${namespaces}/officeDocument/2006/relationships`
  const relations = (list: string) => `${opening}<Relationships xmlns="${namespaces}/package/2006/relationships">${list}</Relationships>`
  return [
    ['[Content_Types].xml', `${opening}<Types xmlns="${namespaces}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${type}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${type}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${type}.styles+xml"/></Types>`],
    ['_rels/.rels', relations(`<Relationship Id="rId1" Type="${relation}/officeDocument" Target="xl/workbook.xml"/>`)],
    ['xl/workbook.xml', `${opening}<workbook xmlns="${namespaces}/spreadsheetml/2006/main" xmlns:r="${relation}"><sheets><sheet name="${xml(sheetName(name))}" sheetId="1" r:id="rId1"/></sheets></workbook>`],
    ['xl/_rels/workbook.xml.rels', relations(`<Relationship Id="rId1" Type="${relation}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${relation}/styles" Target="styles.xml"/>`)],
    ['xl/styles.xml', `${opening}<styleSheet xmlns="${namespaces}/spreadsheetml/2006/main"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs></styleSheet>`],
    ['xl/worksheets/sheet1.xml', sheetXml(head, rows)],
  ]
}

const crcTable = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start
  for (let bit = 0; bit < 8; ++bit) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
/** Numbers of two or four bytes, the lowest first. */
function numbers(...list: readonly (readonly [number, 2 | 4])[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(list.reduce((sum, [, width]) => sum + width, 0)))
  let at = 0
  for (const [value, width] of list) {
    if (width === 2) bytes.setUint16(at, value, true)
    else bytes.setUint32(at, value, true)
    at += width
  }
  return new Uint8Array(bytes.buffer)
}
function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) { whole.set(piece, at); at += piece.length }
  return whole
}
/** The same bytes for the same table: files carry the first day that zip knows. */
function zipped(files: readonly (readonly [string, string])[]): Uint8Array<ArrayBuffer> {
  const [firstDay, namesAreUtf8] = [0x21, 0x800]
  const encoder = new TextEncoder()
  const pieces: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const [name, text] of files) {
    const [path, bytes] = [encoder.encode(name), encoder.encode(text)]
    const about = [[20, 2], [namesAreUtf8, 2], [0, 2], [0, 2], [firstDay, 2], [crc32(bytes), 4], [bytes.length, 4], [bytes.length, 4], [path.length, 2], [0, 2]] as const
    const local = joined([numbers([0x04034b50, 4], ...about), path, bytes])
    directory.push(numbers([0x02014b50, 4], [20, 2], ...about, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]), path)
    pieces.push(local)
    offset += local.length
  }
  const central = joined(directory)
  return joined([...pieces, central, numbers([0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2], [central.length, 4], [offset, 4], [0, 2])])
}
export const toSheet = (name: string, head: readonly string[], rows: readonly (readonly string[])[]): Uint8Array<ArrayBuffer> => zipped(parts(name, head, rows))
export const saveSheet = (file: string, name: string, head: readonly string[], rows: readonly (readonly string[])[]): void =>
  saveBytes(file, toSheet(name, head, rows), 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
