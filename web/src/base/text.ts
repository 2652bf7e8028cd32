/** A text that the server declares in both languages. */
export interface Label { readonly zh: string; readonly en: string }
export type Language = 'zh' | 'en'

export function isLanguage(value: unknown): value is Language {
  return value === 'zh' || value === 'en'
}
