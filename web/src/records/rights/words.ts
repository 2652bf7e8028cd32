import type { FieldAccess, Scope, ShareKind, Through } from '@/api/rights'
import type { Verb } from '@/api/types'
import { t } from '@/base/i18n'
import { rightFrom, type Difference, type VerbRight } from './grants'

export const verbWord = (verb: Verb): string => t(`rights.verb.${verb}`)
export const scopeWord = (scope: Scope): string => t(`rights.scope.${scope}`)
/** For a narrow cell; the whole word stands in its tooltip. */
export const scopeMark = (scope: Scope): string => t(`rights.mark.${scope}`)
export const accessWord = (access: FieldAccess): string => t(`rights.field.${access}`)
export const kindWord = (kind: ShareKind): string => t(`rights.kind.${kind}`)
/** Within a sentence. */
export const kindIn = (kind: ShareKind): string => kindWord(kind).toLowerCase()
export function rightWord(right: VerbRight): string {
  return right.where ? t('rights.scopeWhere', { scope: scopeWord(right.scope), where: right.where }) : scopeWord(right.scope)
}
/** How a role came to somebody. */
export function throughWord(through: Through['kind'], title = ''): string {
  return title && through !== 'user' ? t(`rights.through.${through}Named`, { title }) : t(`rights.through.${through}`)
}

/** Names of what a place in a role speaks of. */
export interface Names {
  object(name: string): string
  field(object: string, name: string): string
  special(name: string): string
  menu(name: string): string
}
/** "objects.customer.view" as somebody reads it. */
export function placeWords(place: string, names: Names): string {
  const [kind = '', name = '', rest = ''] = place.split('.')
  const whole = place.slice(kind.length + 1)
  if (kind === 'objects') {
    const object = name === '*' ? t('rights.others') : names.object(name)
    return rest ? t('rights.place.verb', { object, verb: verbWord(rest as Verb) }) : t('rights.place.object', { object })
  }
  if (kind === 'fields') return t('rights.place.field', { object: names.object(name), field: names.field(name, rest) })
  if (kind === 'menus') return t('rights.place.menu', { menu: names.menu(whole) })
  if (kind === 'special') return t('rights.place.special', { right: names.special(whole) })
  return t('rights.administrator')
}
function valueWords(place: string, value: string | undefined): string {
  const [kind = '', , verb] = place.split('.')
  if (kind === 'objects') return verb ? rightWord(rightFrom(value)) : t(value === undefined ? 'rights.asOthers' : 'rights.named')
  if (kind === 'fields') return value ? accessWord(value as FieldAccess) : t('rights.field.usual')
  if (kind === 'menus') return t(value ? 'rights.menu.hidden' : 'rights.menu.shown')
  return t(value ? 'rights.granted' : 'rights.notGranted')
}
export interface DifferenceWords { readonly place: string; readonly label: string; readonly old: string; readonly new: string }
export function differenceWords(differences: readonly Difference[], names: Names): DifferenceWords[] {
  return differences.map((one) => ({ place: one.place, label: placeWords(one.place, names), old: valueWords(one.place, one.old), new: valueWords(one.place, one.new) }))
}
