import type { Language } from '@/base/text'

/** One file a language, gathered from all folders: a screen needs texts of every layer below it. */
export async function loadTexts(language: Language): Promise<Record<string, unknown>> {
  return (language === 'zh' ? await import('./texts.zh') : await import('./texts.en')).default
}

/** Those of the screens that few open and that have much to say: rights, security, import, handing over. */
export async function loadSetupTexts(language: Language): Promise<Record<string, unknown>> {
  return (language === 'zh' ? await import('./setup_texts.zh') : await import('./setup_texts.en')).default
}
