import { describe, expect, it } from 'vitest'
import { blocksOf, spansOf } from './markdown'

describe('help pages', () => {
  it('reads headings, lists and tables', () => {
    const blocks = blocksOf('# Title\n\n- one\n- **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n')
    expect(blocks.map((block) => block.kind)).toEqual(['heading', 'list', 'table'])
    expect(blocks[2]).toMatchObject({ head: [[{ text: 'a' }], [{ text: 'b' }]], rows: [[[{ text: '1' }], [{ text: '2' }]]] })
  })
  it('takes only http links for links', () => {
    expect(spansOf('[x](javascript:alert(1))')).toEqual([{ kind: 'text', text: '[x](javascript:alert(1))' }])
    expect(spansOf('see [x](https://a.example)')[1]).toEqual({ kind: 'link', text: 'x', href: 'https://a.example' })
  })
  it('ends on any text', () => {
    for (const odd of ['|', '```', '- ', '|\n|', '####', '1.', '**', '|a|\n|b|']) expect(blocksOf(odd).length).toBeLessThan(3)
  })
})
