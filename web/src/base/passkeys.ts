/** Passkeys, as far as the browser does them: bytes become text, and what goes wrong becomes a word. */

export interface PasskeySite { readonly domain: string; readonly origin: string }
/** Why none can be used here: the browser is too old, the connection is not safe, or this is not the address they belong to. */
export type PasskeyObstacle = 'old' | 'unsafe' | 'elsewhere'

export function passkeyObstacle(site: PasskeySite | null | undefined, here: { secure: boolean; able: boolean; origin: string } = now()): PasskeyObstacle | undefined {
  if (!here.secure || (!site && here.able)) return 'unsafe'
  if (!here.able) return 'old'
  return site?.origin === here.origin ? undefined : 'elsewhere'
}
const now = () => ({ secure: window.isSecureContext, able: 'PublicKeyCredential' in window, origin: location.origin })

interface Descriptor { readonly type: 'public-key'; readonly id: string }
export interface ShowOptions { readonly challenge: string; readonly rpId: string; readonly timeout: number; readonly userVerification: 'required'; readonly allowCredentials: readonly Descriptor[] }
export interface MakeOptions {
  readonly challenge: string; readonly timeout: number; readonly attestation: 'none'
  readonly rp: { readonly id: string; readonly name: string }; readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[]
  readonly authenticatorSelection: AuthenticatorSelectionCriteria; readonly excludeCredentials: readonly Descriptor[]
}
/** The person or the device said no, this device has one already, or something else. */
export type PasskeyTrouble = 'cancelled' | 'known' | 'failed'
export type PasskeyAnswer = { readonly credential: Readonly<Record<string, string>> } | { readonly trouble: PasskeyTrouble }

export function toBytes(text: string): ArrayBuffer {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0)).buffer
}
export function toText(bytes: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join('')
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
const descriptors = (list: readonly Descriptor[]) => list.map(({ type, id }) => ({ type, id: toBytes(id) }))

function trouble(reason: unknown): { trouble: PasskeyTrouble } {
  const name = reason instanceof DOMException ? reason.name : ''
  return { trouble: name === 'NotAllowedError' || name === 'AbortError' ? 'cancelled' : name === 'InvalidStateError' ? 'known' : 'failed' }
}

export async function showPasskey(options: ShowOptions): Promise<PasskeyAnswer> {
  try {
    const shown = await navigator.credentials.get({ publicKey: { ...options, challenge: toBytes(options.challenge), allowCredentials: descriptors(options.allowCredentials) } })
    const { rawId, response } = shown as PublicKeyCredential
    const { clientDataJSON, authenticatorData, signature, userHandle } = response as AuthenticatorAssertionResponse
    const handle: Record<string, string> = userHandle?.byteLength ? { user_handle: toText(userHandle) } : {}
    return { credential: { id: toText(rawId), client_data: toText(clientDataJSON), authenticator_data: toText(authenticatorData), signature: toText(signature), ...handle } }
  } catch (reason) {
    return trouble(reason)
  }
}

export async function makePasskey(options: MakeOptions): Promise<PasskeyAnswer> {
  try {
    const made = await navigator.credentials.create({
      publicKey: {
        ...options, challenge: toBytes(options.challenge), user: { ...options.user, id: toBytes(options.user.id) },
        pubKeyCredParams: [...options.pubKeyCredParams], excludeCredentials: descriptors(options.excludeCredentials),
      },
    })
    const { clientDataJSON, attestationObject } = (made as PublicKeyCredential).response as AuthenticatorAttestationResponse
    return { credential: { client_data: toText(clientDataJSON), attestation: toText(attestationObject) } }
  } catch (reason) {
    return trouble(reason)
  }
}
