import type { ApiFailure } from '@/api/types'
import { t } from '@/base/i18n'

/** Why something was refused, in one line: what is wrong with fields says more than that something is wrong. */
export function wordsOf(failure: ApiFailure): string {
  if (failure.errors.length) return failure.errors.map((error) => error.message).join(' ')
  return failure.title && failure.detail ? t('record.failed', { title: failure.title, detail: failure.detail }) : failure.title || failure.detail
}
