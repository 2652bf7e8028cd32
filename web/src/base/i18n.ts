import { createI18n } from 'vue-i18n'
import type { Label, Language } from './text'

type Messages = Record<string, unknown>
type Load = (language: Language) => Promise<Messages>

export const i18n = createI18n({
  legacy: false,
  locale: 'zh',
  fallbackLocale: false,
  messages: { zh: {}, en: {} } as Record<Language, Record<string, string>>,
  missingWarn: false,
  fallbackWarn: false,
  // Keys are flat and hold dots; the usual resolver would take them for paths.
  messageResolver: (messages: unknown, key: string) => (messages as Record<string, string>)[key] ?? null,
})

let wanted: Load[] = []
const loaded = new Map<Language, Set<Load>>()

/** The shell says where the texts are: they lie in all layers, and this one may not look up. */
export function provideMessages(from: Load): void {
  wanted = [from]
  loaded.clear()
}

async function loadMessages(language: Language): Promise<void> {
  const there = loaded.get(language) ?? new Set()
  loaded.set(language, there)
  await Promise.all(wanted.filter((load) => !there.has(load)).map(async (load) => {
    i18n.global.mergeLocaleMessage(language, (await load(language)) as Record<string, string>)
    there.add(load)
  }))
}

/** Texts that not every page shows; they are there, also in languages chosen later, when this resolves. */
export async function moreMessages(from: Load): Promise<void> {
  if (!wanted.includes(from)) wanted = [...wanted, from]
  await loadMessages(language())
}

export async function useLanguage(language: Language): Promise<void> {
  await loadMessages(language)
  i18n.global.locale.value = language
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}

export function language(): Language {
  return i18n.global.locale.value as Language
}

export function t(key: string, values: Record<string, unknown> = {}): string {
  return i18n.global.t(key, values)
}

/** The text of a declaration in the language of the user. */
export function say(label: Label | undefined | null): string {
  if (!label) return ''
  return label[language()] || label.zh || label.en
}
