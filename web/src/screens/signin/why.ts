import type { ApiFailure } from '@/api/types'
import { t } from '@/base/i18n'

/** Why a step went wrong, in one sentence: of this field when it is named, else of the whole. */
export function why(failure: ApiFailure, field?: string): string {
  if (failure.retryAfter && failure.status === 429) return t('signin.wait', { seconds: failure.retryAfter })
  const named = failure.errors.find((error) => error.field === field) ?? failure.errors[0]
  return named?.message ?? (failure.detail || failure.title)
}
