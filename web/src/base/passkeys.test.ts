import { describe, expect, test } from 'vitest'
import { passkeyObstacle, toBytes, toText } from './passkeys'

const site = { domain: 'crm.example.com', origin: 'https://crm.example.com' }
const fine = { secure: true, able: true, origin: site.origin }

describe('passkeys', () => {
  test('can be used at their own address, by a browser that knows them', () => {
    expect(passkeyObstacle(site, fine)).toBeUndefined()
  })
  test('cannot be used over a connection that is not safe, at a bare number, elsewhere, or by an old browser', () => {
    expect(passkeyObstacle(site, { ...fine, secure: false, able: false })).toBe('unsafe')
    expect(passkeyObstacle(null, fine)).toBe('unsafe')
    expect(passkeyObstacle(site, { ...fine, origin: 'https://10.0.0.5' })).toBe('elsewhere')
    expect(passkeyObstacle(site, { ...fine, able: false })).toBe('old')
  })
  test('every byte goes to text and back', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    for (const length of [0, 1, 2, 3, 256]) expect(new Uint8Array(toBytes(toText(all.slice(0, length).buffer)))).toEqual(all.slice(0, length))
    expect(toText(Uint8Array.of(0xfb, 0xff).buffer)).toBe('-_8')
  })
})
