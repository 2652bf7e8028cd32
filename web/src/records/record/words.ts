import type { Label } from '@/base/text'
import { language, say } from '@/base/i18n'

/** The name of an object within a sentence: English writes it small there, unless it is an abbreviation. */
export function nameIn(label: Label | undefined): string {
  const name = say(label)
  return language() === 'en' && !/^[A-Z]{2}/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name
}
