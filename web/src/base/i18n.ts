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

let load: Load = () => Promise.resolve({})
const loaded = new Set<Language>()

/** The shell says where the texts are: they lie in all layers, and this one may not look up. */
export function provideMessages(from: Load): void {
  load = from
  loaded.clear()
}

export async function useLanguage(language: Language): Promise<void> {
  if (!loaded.has(language)) {
    i18n.global.setLocaleMessage(language, (await load(language)) as Record<string, string>)
    loaded.add(language)
  }
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
