import { describe, expect, it } from 'vitest'
import { withoutGroups } from './references'

const one = (id: string) => ({ id, title: id })

describe('choosing by groups', () => {
  it('puts the members in the place of their group, everybody once', () => {
    expect(withoutGroups([one('a'), { ...one('group 0 g'), members: [one('b'), one('a'), one('c')] }, one('c')])).toEqual([one('a'), one('b'), one('c')])
  })
  it('leaves single records as they are, without what only the list shows', () => {
    expect(withoutGroups([{ ...one('a'), hint: 'x' }])).toEqual([one('a')])
  })
})
