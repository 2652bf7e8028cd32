/**
 * Exact decimals as text. The server sends money and decimals as text, and they stay text here:
 * a binary fraction would turn 0.1 + 0.2 into something no invoice shows.
 */
const shape = /^([+-]?)(\d*)(?:\.(\d*))?$/

interface Parts { readonly units: bigint; readonly scale: number }

function parts(text: string): Parts | undefined {
  const match = shape.exec(text)
  if (!match || (!match[2] && !match[3])) return undefined
  const fraction = match[3] ?? ''
  const units = BigInt(`${match[2] || '0'}${fraction}`)
  return { units: match[1] === '-' ? -units : units, scale: fraction.length }
}

function widen(value: Parts, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale)
}

function write(units: bigint, scale: number): string {
  const negative = units < 0n
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return `${negative ? '-' : ''}${whole}${scale ? `.${digits.slice(digits.length - scale)}` : ''}`
}

export function isDecimal(text: string): boolean {
  return parts(text) !== undefined
}

export function add(first: string, second: string): string {
  const a = parts(first) ?? { units: 0n, scale: 0 }
  const b = parts(second) ?? { units: 0n, scale: 0 }
  const scale = Math.max(a.scale, b.scale)
  return write(widen(a, scale) + widen(b, scale), scale)
}

export function compare(first: string, second: string): number {
  const a = parts(first)
  const b = parts(second)
  if (!a || !b) return 0
  const scale = Math.max(a.scale, b.scale)
  const difference = widen(a, scale) - widen(b, scale)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** The same value with exactly this many digits after the point; half goes away from zero. */
export function rescale(text: string, scale: number): string {
  const value = parts(text)
  if (!value) return text
  if (value.scale <= scale) return write(widen(value, scale), scale)
  const divisor = 10n ** BigInt(value.scale - scale)
  const half = divisor / 2n
  const units = value.units < 0n ? (value.units - half) / divisor : (value.units + half) / divisor
  return write(units, scale)
}

/** Moves the point: shift("0.25", 2) is "25", which is how a share becomes a percentage without rounding. */
export function shift(text: string, places: number): string {
  const value = parts(text)
  if (!value) return text
  const scale = value.scale - places
  return trim(scale >= 0 ? write(value.units, scale) : write(value.units * 10n ** BigInt(-scale), 0))
}

/** Without zeros that say nothing at the end. */
export function trim(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

export function group(text: string): string {
  const [whole = '', fraction] = text.replace('-', '').split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  // A true minus stands on the height of the digits and never breaks off.
  return `${text.startsWith('-') ? '−' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`
}

/** What people type: full-width digits, thousands separators, spaces, a currency sign. Undefined when it is no number. */
export function read(text: string): string | undefined {
  const plain = text
    .normalize('NFKC')
    .replace(/[\s,_¥$€£]/g, '')
    .replace(/^[−–]/, '-')
  return plain && isDecimal(plain) ? write(parts(plain)!.units, parts(plain)!.scale) : undefined
}
