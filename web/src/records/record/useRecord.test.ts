import { describe, expect, it } from 'vitest'
import type { ObjectMeta } from '@/api/types'
import { includesOf, partsOf } from './useRecord'

describe('what is read beside a record', () => {
  it('is the timeline and each list of the layout that the user may see, once', () => {
    const object = { fields: [{ name: 'contacts', type: 'list' }, { name: 'tasks', type: 'list' }], layout: { record: { left: [], main: [{ t: 'timeline' }], right: [{ t: 'related', field: 'contacts' }, { t: 'related', field: 'secret' }, { t: 'related', field: 'contacts' }, { t: 'related', field: 'tasks' }] } } } as unknown as ObjectMeta
    expect(includesOf(object)).toEqual(['timeline', 'contacts', 'tasks'])
  })
  it('is read in parts that the server takes, and at least once', () => {
    expect(partsOf([], 2)).toEqual([[]])
    expect(partsOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]])
  })
})
