import { describe, expect, it } from 'vitest'
import { hueOf, initialOf } from './hue'

describe('the circle beside a name', () => {
  it('holds the first letter or digit', () => {
    expect(['周凯', 'ben', ' é', '【华信】', '（上海）', '13812345678', '𠮷野'].map(initialOf)).toEqual(['周', 'B', 'É', '华', '上', '1', '𠮷'])
  })
  it('holds what there is where no letter is', () => {
    expect(['', ' ', '★', '—'].map(initialOf)).toEqual(['?', '?', '★', '—'])
  })
  it('has one tint for one name', () => {
    expect(hueOf('周凯')).toBe(hueOf('周凯'))
    for (const name of ['周凯', 'ben', '']) expect([1, 2, 3, 4, 5, 6]).toContain(hueOf(name))
  })
})
