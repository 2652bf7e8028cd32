/** One of six tints, always the same for the same name. */
export function hueOf(name: string): number {
  let sum = 0
  for (const letter of name) sum = Math.imul(sum ^ letter.codePointAt(0)!, 0x9e3779b1)
  return ((sum >>> 16) % 6) + 1
}

/** What stands in the circle: the first letter, in upper case, or digit; brackets before it say nothing. */
export function initialOf(name: string): string {
  const [letter] = /[\p{L}\p{N}]/u.exec(name) ?? name.trim()
  return (letter ?? '?').toUpperCase()
}
