// The cells of the first sheet of an XLSX file, as texts.
import { inflateRawSync } from 'node:zlib'

function entries(bytes) {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  const files = new Map()
  for (let at = bytes.readUInt32LE(end + 16), left = bytes.readUInt16LE(end + 10); left > 0; --left) {
    const [method, size] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20)]
    const [name_length, extra, comment, local] = [bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32), bytes.readUInt32LE(at + 42)]
    const name = bytes.toString('utf8', at + 46, at + 46 + name_length)
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const packed = bytes.subarray(start, start + size)
    files.set(name, () => (method === 0 ? packed : inflateRawSync(packed)).toString('utf8'))
    at += 46 + name_length + extra + comment
  }
  return files
}

const unescape = (text) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&amp;', '&')
const texts_in = (xml) => [...xml.matchAll(/<t[^>]*>([^<]*)<\/t>/g)].map(([, text]) => unescape(text)).join('')
const column_of = (reference) => [.../^[A-Z]+/.exec(reference)[0]].reduce((sum, c) => sum * 26 + c.charCodeAt(0) - 64, 0) - 1

export function read_xlsx(bytes) {
  const files = entries(bytes)
  const shared = [...(files.get('xl/sharedStrings.xml')?.() ?? '').matchAll(/<si>(.*?)<\/si>/gs)].map(([, inner]) => texts_in(inner))
  const rows = []
  for (const [, inner] of files.get('xl/worksheets/sheet1.xml')().matchAll(/<row [^>]*>(.*?)<\/row>/gs)) {
    const row = []
    for (const [, attributes, cell = ''] of inner.matchAll(/<c ([^>]*?)(?:\/>|>(.*?)<\/c>)/gs)) {
      const [, reference] = /r="([A-Z]+\d+)"/.exec(attributes)
      const type = /t="(\w+)"/.exec(attributes)?.[1]
      const value = /<v>([^<]*)<\/v>/.exec(cell)?.[1]
      row[column_of(reference)] = type === 's' ? shared[Number(value)] : type === 'inlineStr' ? texts_in(cell) : (value ?? '')
    }
    rows.push(Array.from(row, (cell) => cell ?? ''))
  }
  return rows
}
