/**
 * A small, safe part of Markdown as a tree: headings, paragraphs, lists, tables, code, bold and links to http(s).
 * It yields data, never HTML, so a help page can show nothing but text.
 */
export type Span =
  | { readonly kind: 'text' | 'strong' | 'code'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly spans: readonly Span[] }
  | { readonly kind: 'paragraph'; readonly spans: readonly Span[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Span[])[] }
  | { readonly kind: 'table'; readonly head: readonly (readonly Span[])[]; readonly rows: readonly (readonly (readonly Span[])[])[] }
  | { readonly kind: 'code'; readonly text: string }

const inline = /\*\*([^*]+)\*\*|`([^`]+)`|\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)/g

export function spansOf(text: string): Span[] {
  const spans: Span[] = []
  let from = 0
  for (const match of text.matchAll(inline)) {
    if (match.index > from) spans.push({ kind: 'text', text: text.slice(from, match.index) })
    if (match[1]) spans.push({ kind: 'strong', text: match[1] })
    else if (match[2]) spans.push({ kind: 'code', text: match[2] })
    else spans.push({ kind: 'link', text: match[3]!, href: match[4]! })
    from = match.index + match[0].length
  }
  if (from < text.length) spans.push({ kind: 'text', text: text.slice(from) })
  return spans
}

function cellsOf(line: string): Span[][] {
  return line.trim().replace(/^\||\|$/g, '').split('|').map((cell) => spansOf(cell.trim()))
}

export function blocksOf(source: string): Block[] {
  const lines = source.slice(0, 200_000).split(/\r?\n/)
  const blocks: Block[] = []
  let index = 0
  const line = () => lines[index] ?? ''
  while (index < lines.length) {
    const heading = /^(#{1,4})\s+(.*)$/.exec(line())
    if (!line().trim()) { index += 1; continue }
    if (heading) {
      blocks.push({ kind: 'heading', level: heading[1]!.length, spans: spansOf(heading[2]!) })
      index += 1
      continue
    }
    if (line().startsWith('```')) {
      const text: string[] = []
      index += 1
      while (index < lines.length && !line().startsWith('```')) { text.push(line()); index += 1 }
      index += 1
      blocks.push({ kind: 'code', text: text.join('\n') })
      continue
    }
    const bullet = /^\s*(?:[-*]|(\d+)\.)\s+/.exec(line())
    if (bullet) {
      const items: Span[][] = []
      for (let item; (item = /^\s*(?:[-*]|\d+\.)\s+(.*)$/.exec(line())); index += 1) items.push(spansOf(item[1]!))
      blocks.push({ kind: 'list', ordered: bullet[1] !== undefined, items })
      continue
    }
    if (line().trim().startsWith('|') && /^\s*\|?[\s:|-]+\|?\s*$/.test(lines[index + 1] ?? '')) {
      const head = cellsOf(line())
      const rows: Span[][][] = []
      for (index += 2; line().trim().startsWith('|'); index += 1) rows.push(cellsOf(line()))
      blocks.push({ kind: 'table', head, rows })
      continue
    }
    const text: string[] = []
    while (line().trim() && !/^(#{1,4}\s|```|\s*[-*]\s|\s*\d+\.\s|\|)/.test(line())) { text.push(line().trim()); index += 1 }
    if (text.length) blocks.push({ kind: 'paragraph', spans: spansOf(text.join(' ')) })
    else { blocks.push({ kind: 'paragraph', spans: spansOf(line()) }); index += 1 }
  }
  return blocks
}
