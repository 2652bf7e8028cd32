import dayjs from 'dayjs'
import { compare, group, rescale, shift, trim } from './decimal'
import { language, t } from './i18n'

const signs: Record<string, string> = { CNY: '¥', USD: '$', EUR: '€', GBP: '£', HKD: 'HK$', JPY: 'JP¥' }

/** The ones that are offered where a currency is chosen. */
export const currencies: readonly string[] = Object.keys(signs)

export function currencySign(currency: string): string {
  return signs[currency] ?? `${currency} `
}

export interface Amount { readonly amount: string; readonly currency: string }

/** Whole amounts lose their zeros in lists; documents ask for all digits. */
export function money(value: Amount, digits?: number): string {
  const plain = digits === undefined ? value.amount.replace(/\.0+$/, '') : rescale(value.amount, digits)
  return `${plain.startsWith('-') ? '−' : ''}${currencySign(value.currency)}${group(plain.replace('-', ''))}`
}

/** 万 and 亿 in Chinese, K and M in English: for totals and cards, the full value stands in the tooltip. */
export function compactNumber(text: string): string {
  const negative = text.startsWith('-')
  const size = negative ? text.slice(1) : text
  const steps: [string, number, string][] = language() === 'zh'
    ? [['100000000', 8, t('base.unit.hundredMillion')], ['10000', 4, t('base.unit.tenThousand')]]
    : [['1000000000', 9, 'B'], ['1000000', 6, 'M'], ['1000', 3, 'K']]
  const step = steps.find(([from]) => compare(size, from) >= 0)
  // Three or four figures tell how much; more would only look exact.
  const short = (plain: string) => group(trim(rescale(plain, Math.max(0, Math.min(2, 4 - (plain.split('.')[0] ?? '').length)))))
  const digits = step ? short(shift(size, -step[1])) + step[2] : group(trim(rescale(size, 2)))
  return `${negative ? '−' : ''}${digits}`
}

export function compactMoney(value: Amount): string {
  const negative = value.amount.startsWith('-')
  return `${negative ? '−' : ''}${currencySign(value.currency)}${compactNumber(value.amount.replace('-', ''))}`
}

/** What a group adds up to: a number, an amount, or an amount for each of several currencies. */
export type Sum = string | number | Amount | readonly Amount[]

const sumText = (value: Sum, amount: (one: Amount) => string, plain: (text: string) => string): string =>
  typeof value === 'object' ? ('amount' in value ? [value] : value).map(amount).join(' + ') : plain(String(value))
export const compactSum = (value: Sum): string => sumText(value, compactMoney, compactNumber)
export const fullSum = (value: Sum): string => sumText(value, (one) => money(one), number)

export function number(value: string | number): string {
  return group(String(value))
}

export function percent(share: string): string {
  return `${trim(shift(share, 2))}%`
}

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

export function weekday(at: dayjs.ConfigType): string {
  return t(`base.weekday.${weekdays[dayjs(at).day()]}`)
}

/** "2026年11月24日 星期二 14:32:08": the status bar. */
export function fullMoment(at: dayjs.ConfigType): string {
  return dayjs(at).format(t('base.format.full', { weekday: weekday(at) }))
}

export function longDay(at: dayjs.ConfigType): string {
  return dayjs(at).format(t('base.format.longDay', { weekday: weekday(at) }))
}

export function exactMoment(at: string): string {
  return dayjs(at).format('YYYY-MM-DD HH:mm:ss')
}

/** A day near now in words, else the date: 昨天, 11-26, 2025-12-18. */
export function day(text: string, now: dayjs.ConfigType = undefined): string {
  const date = dayjs(text).startOf('day')
  const today = dayjs(now).startOf('day')
  const days = date.diff(today, 'day')
  if (days === 0) return t('base.day.today')
  if (days === -1) return t('base.day.yesterday')
  if (days === 1) return t('base.day.tomorrow')
  if (days < 0 && days > -31) return t('base.day.ago', { days: -days })
  return date.format(date.year() === today.year() ? 'MM-DD' : 'YYYY-MM-DD')
}

/** 今天 11:20, 昨天, 3 天前, 11-26. */
export function moment(text: string, now: dayjs.ConfigType = undefined): string {
  const at = dayjs(text)
  const same = at.isSame(dayjs(now), 'day')
  return same ? `${t('base.day.today')} ${at.format('HH:mm')}` : day(text, now)
}

export function clock(text: string): string {
  return dayjs(text).format('HH:mm')
}

export function isPast(date: string, now: dayjs.ConfigType = undefined): boolean {
  return dayjs(date).isBefore(dayjs(now).startOf('day'))
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`
  if (count < 1_000_000) return `${(count / 1000).toFixed(1)} kB`
  return `${(count / 1_000_000).toFixed(1)} MB`
}
