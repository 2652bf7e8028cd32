// An authenticator made of software: it does what a telephone does with passkeys, and, when told, what an attacker would.
import { createHash, createSign, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

const sha256 = (data) => createHash('sha256').update(data).digest()
export const text_of = (bytes) => Buffer.from(bytes).toString('base64url')
export const bytes_of = (text) => Buffer.from(text, 'base64url')

// --- CBOR, as much of it as an attestation needs ---------------------------------------------------------------------
function head(major, length) {
  if (length < 24) return Buffer.from([(major << 5) | length])
  if (length < 256) return Buffer.from([(major << 5) | 24, length])
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255])
}
export function cbor(value) {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)])
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  return Buffer.concat([head(5, entries.length), ...entries.flatMap(([key, one]) => [cbor(key), cbor(one)])])
}

const kinds = {
  ES256: { alg: -7, make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), cose: (jwk) => new Map([[1, 2], [3, -7], [-1, 1], [-2, bytes_of(jwk.x)], [-3, bytes_of(jwk.y)]]) },
  EdDSA: { alg: -8, make: () => generateKeyPairSync('ed25519'), cose: (jwk) => new Map([[1, 1], [3, -8], [-1, 6], [-2, bytes_of(jwk.x)]]) },
  RS256: { alg: -257, make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }), cose: (jwk) => new Map([[1, 3], [3, -257], [-1, bytes_of(jwk.n)], [-2, bytes_of(jwk.e)]]) },
}
export const algorithms = Object.keys(kinds)

export class Authenticator {
  constructor(origin, { algorithm = 'ES256', counts = true } = {}) {
    this.origin = origin
    this.domain = new URL(origin).hostname
    this.algorithm = algorithm
    this.kind = kinds[algorithm]
    this.counts = counts
    this.counter = 0
    this.id = randomBytes(32)
    this.keys = this.kind.make()
  }

  // What both answers hold. `twist` says what an attacker changes.
  #client_data(type, options, twist) {
    return Buffer.from(JSON.stringify({ type, challenge: options.challenge, origin: this.origin, crossOrigin: false, ...twist.client_data }))
  }
  #authenticator_data(flags, twist, more = Buffer.alloc(0)) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(twist.counter ?? (this.counts ? ++this.counter : 0))
    return Buffer.concat([sha256(twist.domain ?? this.domain), Buffer.from([twist.flags ?? flags]), counter, more])
  }
  sign(data) {
    if (this.algorithm === 'EdDSA') return sign(null, data, this.keys.privateKey)
    return createSign('sha256').update(data).sign(this.keys.privateKey)
  }

  // navigator.credentials.create(). `statement`: "none", or "packed" signed by the passkey itself.
  make(options, twist = {}) {
    this.handle = options.user.id
    const client_data = this.#client_data('webauthn.create', options, twist)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(this.id.length)
    const key = twist.key ?? cbor(this.kind.cose(this.keys.publicKey.export({ format: 'jwk' })))
    const data = this.#authenticator_data(0x45, twist, Buffer.concat([Buffer.alloc(16), length, this.id, key]))
    const signed = Buffer.concat([data, sha256(client_data)])
    const statement = twist.statement === 'packed' ? { alg: this.kind.alg, sig: twist.signature ?? this.sign(signed) } : {}
    const attestation = twist.attestation ?? cbor({ fmt: twist.statement ?? 'none', attStmt: statement, authData: data })
    return { client_data: text_of(client_data), attestation: text_of(attestation) }
  }

  // navigator.credentials.get().
  show(options, twist = {}) {
    const client_data = this.#client_data('webauthn.get', options, twist)
    const data = this.#authenticator_data(0x05, twist)
    const signature = this.sign(Buffer.concat([data, sha256(client_data)]))
    if (twist.bend) signature[signature.length - 1] ^= 1
    return {
      id: text_of(twist.id ?? this.id),
      client_data: text_of(twist.said ?? client_data),
      authenticator_data: text_of(twist.data ?? data),
      signature: text_of(signature),
      ...(twist.handle === null ? {} : { user_handle: twist.handle ?? this.handle }),
    }
  }
}

// The strides of making and showing one with a client of the API. Each gives the answer.
export async function register(client, authenticator, { name = 'Telephone', password, twist } = {}) {
  const { ticket, options } = await client.expect(200, 'POST', '/api/session/passkeys/begin', { body: password === undefined ? {} : { password } })
  return client.post('/api/session/passkeys', { name, ticket, credential: authenticator.make(options, twist) })
}
export async function show(client, authenticator, twist, path = '/api/session/passkey') {
  const { ticket, options } = await client.expect(200, 'POST', `${path}/begin`, { body: {} })
  return client.post(path, { ticket, credential: authenticator.show(options, twist) })
}
