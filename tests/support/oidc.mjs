// Peers for single sign-on: a provider that the world uses (oidc-provider), one that lies as it is told to, and a browser
// without pages that follows where it is sent.
import { createHmac, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { Provider } from '../../web/node_modules/oidc-provider/lib/index.js'

export async function listening(handler, port = 0) {
  const server = createServer(handler)
  await new Promise((done) => server.listen(port, '127.0.0.1', done))
  server.unref()
  server.origin = `http://127.0.0.1:${server.address().port}`
  return server
}

const rsa_key = (kid) => ({ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' })

// `people`: what it says of each, by subject. `person` is who is before its screen. With `ask` it shows a page with a
// button, as a person would see; otherwise it lets `person` through at once.
export async function open_provider({ redirects, signed_out, people, client = {} }) {
  const peer = { people, person: undefined, ask: false, denied: false, kid: 'first', asked: [] }
  let provider
  const server = await listening((request, response) => serve(request, response))
  peer.issuer = server.origin
  peer.client_id = 'guanxi'
  peer.secret = 'secret of the company: +/%&=:?'
  const make = () => {
    provider = new Provider(peer.issuer, {
      clients: [{ client_id: peer.client_id, client_secret: peer.secret, redirect_uris: redirects, post_logout_redirect_uris: [signed_out], response_types: ['code'], grant_types: ['authorization_code'], ...client }],
      jwks: { keys: [rsa_key(peer.kid)] },
      cookies: { keys: ['a key of the tests'] },
      pkce: { required: () => true },
      scopes: ['openid', 'profile', 'email', 'groups'],
      claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'], groups: ['groups'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      findAccount: (_, sub) => peer.people[sub] && { accountId: sub, claims: () => ({ sub, ...peer.people[sub] }) },
      async loadExistingGrant(ctx) {
        const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId })
        grant.addOIDCScope('openid profile email groups')
        await grant.save()
        return grant
      },
    })
  }
  make()
  const callback = () => provider.callback()
  async function serve(request, response) {
    peer.asked.push(`${request.method} ${request.url.split('?')[0]}`)
    if (!request.url.startsWith('/interaction/')) return callback()(request, response)
    if (peer.ask && request.method === 'GET') {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      return response.end('<!doctype html><title>Provider</title><form method="post"><button id="let-in">Sign in</button></form>')
    }
    const result = peer.denied ? { error: 'access_denied', error_description: 'not today' } : { login: { accountId: peer.person } }
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
  }
  // Signs with another key from now on; who was signed in there no longer is.
  peer.rotate = (kid) => {
    peer.kid = kid
    make()
  }
  peer.close = () => server.close()
  return peer
}

const coded = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

// A provider that answers as the test wants: `token` makes the id token of the claims that would be right.
export async function open_forger() {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const forger = { wishes: {}, codes: 0 }
  const open_jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }
  forger.sign = (claims, { header = {}, key = pair.privateKey } = {}) => {
    const text = `${coded({ alg: 'RS256', kid: 'k1', ...header })}.${coded(claims)}`
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`
  }
  forger.forged = {
    none: (claims) => `${coded({ alg: 'none' })}.${coded(claims)}.`,
    none_with_key: (claims) => `${coded({ alg: 'none', kid: 'k1' })}.${coded(claims)}.`,
    // The open key as if it were a shared secret, in the forms in which libraries have taken it.
    ...Object.fromEntries(
      [['pem', pair.publicKey.export({ type: 'spki', format: 'pem' })], ['jwk', JSON.stringify(open_jwk)], ['modulus', Buffer.from(open_jwk.n, 'base64url')]].map(([name, secret]) => [
        `hs256_${name}`,
        (claims) => {
          const text = `${coded({ alg: 'HS256', kid: 'k1' })}.${coded(claims)}`
          return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
        },
      ]),
    ),
    other_key: (claims) => forger.sign(claims, { key: other.privateKey }),
    unknown_key: (claims) => forger.sign(claims, { key: other.privateKey, header: { kid: 'k2' } }),
    own_key_inside: (claims) => forger.sign(claims, { key: other.privateKey, header: { jwk: { ...other.publicKey.export({ format: 'jwk' }) } } }),
    critical: (claims) => forger.sign(claims, { header: { crit: ['b64'], b64: false } }),
    cut: (claims) => forger.sign(claims).slice(0, -4),
    changed: (claims) => {
      const [head, , signature] = forger.sign(claims).split('.')
      return `${head}.${coded({ ...claims, sub: 'somebody-else' })}.${signature}`
    },
    no_token: () => undefined,
    no_words: () => 'not a token',
    expired: (claims) => forger.sign({ ...claims, exp: claims.iat - 3600, iat: claims.iat - 7200 }),
    no_end: ({ exp, ...claims }) => forger.sign(claims),
    from_the_future: (claims) => forger.sign({ ...claims, iat: claims.iat + 3600, exp: claims.exp + 7200 }),
    other_issuer: (claims) => forger.sign({ ...claims, iss: 'https://login.example.com' }),
    other_audience: (claims) => forger.sign({ ...claims, aud: 'another application' }),
    many_audiences: (claims) => forger.sign({ ...claims, aud: [claims.aud, 'another application'] }),
    other_party: (claims) => forger.sign({ ...claims, azp: 'another application' }),
    other_nonce: (claims) => forger.sign({ ...claims, nonce: 'x' }),
    no_nonce: ({ nonce, ...claims }) => forger.sign(claims),
    no_subject: ({ sub, ...claims }) => forger.sign(claims),
  }
  const server = await listening(async (request, response) => {
    const path = request.url.split('?')[0]
    const { wishes } = forger
    const say = (body, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    }
    if (path === '/.well-known/openid-configuration') {
      if (wishes.configuration) return wishes.configuration(response, say)
      return say({ issuer: forger.issuer, authorization_endpoint: `${forger.issuer}/authorize`, token_endpoint: `${forger.issuer}/token`, jwks_uri: `${forger.issuer}/keys`, userinfo_endpoint: `${forger.issuer}/me`, ...wishes.facts })
    }
    if (path === '/keys') return say({ keys: [open_jwk] })
    if (path === '/me') return say({ sub: forger.subject, ...wishes.userinfo })
    if (path === '/token') {
      if (wishes.answer) return wishes.answer(response, say)
      const now = Math.floor(Date.now() / 1000)
      const claims = { iss: forger.issuer, aud: 'guanxi', sub: forger.subject, nonce: forger.nonce, iat: now, exp: now + 300 }
      return say({ access_token: randomBytes(8).toString('hex'), token_type: 'Bearer', id_token: (wishes.token ?? forger.sign)(claims) })
    }
    return say({}, 404)
  })
  forger.issuer = server.origin
  forger.subject = 'forged-person'
  // What its authorize page would do: takes the nonce, and sends the browser back.
  forger.back = (location) => {
    const asked = new URL(location).searchParams
    forger.nonce = asked.get('nonce')
    return `${asked.get('redirect_uri')}?code=c${++forger.codes}&state=${asked.get('state')}`
  }
  forger.close = () => server.close()
  return forger
}

// Cookies and redirects of a browser, for several hosts.
export class Walker {
  constructor() {
    this.jars = new Map()
  }
  jar(url) {
    const { origin } = new URL(url)
    if (!this.jars.has(origin)) this.jars.set(origin, new Map())
    return this.jars.get(origin)
  }
  async step(url, options = {}) {
    const jar = this.jar(url)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, { redirect: 'manual', ...options, headers: { 'accept-language': 'en', ...(cookie && { cookie }), ...options.headers } })
    for (const line of answer.headers.getSetCookie()) {
      const [pair, ...rest] = line.split(';')
      const name = pair.slice(0, pair.indexOf('='))
      const value = pair.slice(pair.indexOf('=') + 1)
      const over = rest.some((part) => /^\s*(max-age=0|expires=Thu, 01 Jan 1970.*)$/i.test(part))
      if (over || value === '') jar.delete(name)
      else jar.set(name, value)
    }
    const location = answer.headers.get('location')
    return { status: answer.status, url, headers: answer.headers, location: location && new URL(location, url).href, text: await answer.text() }
  }
  // Goes until nobody sends it on, or where `stop` says. Gives the last answer; its `url` is where that was.
  async walk(url, stop = () => false) {
    let answer = await this.step(url)
    for (let steps = 0; answer.location && steps < 12; ++steps) {
      if (stop(answer.location)) return answer
      answer = await this.step(answer.location)
    }
    return answer
  }
}
