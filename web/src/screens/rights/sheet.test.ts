import { describe, expect, it } from 'vitest'
import { columnName, crc32, toSheet } from './sheet'

/** The files of an archive, read by its directory as any zip program does. */
function unzipped(bytes: Uint8Array): Record<string, string> {
  const view = new DataView(bytes.buffer)
  const end = bytes.length - 22
  expect(view.getUint32(end, true)).toBe(0x06054b50)
  const files: Record<string, string> = {}
  let at = view.getUint32(end + 16, true)
  for (let i = 0; i < view.getUint16(end + 10, true); ++i) {
    const [crc, size, length, start] = [view.getUint32(at + 16, true), view.getUint32(at + 24, true), view.getUint16(at + 28, true), view.getUint32(at + 42, true)]
    const name = new TextDecoder().decode(bytes.slice(at + 46, at + 46 + length))
    const content = bytes.slice(start + 30 + view.getUint16(start + 26, true), start + 30 + view.getUint16(start + 26, true) + size)
    expect(crc32(content)).toBe(crc)
    files[name] = new TextDecoder().decode(content)
    at += 46 + length
  }
  return files
}

describe('a workbook', () => {
  it('is a zip archive of the parts that a table program asks for', () => {
    const files = unzipped(toSheet('角色', ['对象', '权限'], [['客户', '查看 <全部> & "更多"'], ['=1+1', '']]))
    expect(Object.keys(files)).toEqual(['[Content_Types].xml', '_rels/.rels', 'xl/workbook.xml', 'xl/_rels/workbook.xml.rels', 'xl/styles.xml', 'xl/worksheets/sheet1.xml'])
    const sheet = files['xl/worksheets/sheet1.xml']!
    expect(sheet).toContain('<c r="B2" t="inlineStr"><is><t xml:space="preserve">查看 &lt;全部&gt; &amp; &quot;更多&quot;</t></is></c>')
    expect(sheet).toContain('<c r="A3" t="inlineStr"><is><t xml:space="preserve">=1+1</t></is></c>')
    expect(sheet).not.toContain('r="B3"')
    const parser = new DOMParser()
    for (const text of Object.values(files)) expect(parser.parseFromString(text, 'application/xml').querySelector('parsererror')).toBeNull()
  })
  it('counts columns beyond Z', () => {
    expect([0, 25, 26, 701, 702].map(columnName)).toEqual(['A', 'Z', 'AA', 'ZZ', 'AAA'])
  })
  it('sums as zip does', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  })
  it('takes a sheet name that no table program would', () => {
    expect(unzipped(toSheet('a/b:c'.repeat(10), ['x'], []))['xl/workbook.xml']).toContain('name="a b ca b ca b ca b ca b ca b ca"')
  })
})
