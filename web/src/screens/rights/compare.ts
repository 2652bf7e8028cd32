import { verbs, type RightsModel } from '@/api/rights'
import { rightOf, usualAccess, type Grants } from '@/records/rights/grants'
import { accessWord, rightWord, verbWord, type Names } from '@/records/rights/words'
import { t } from '@/base/i18n'
import { isPossible } from './matrix'

export interface ComparedRole { readonly title: string; readonly grants: Grants }
export interface CompareRow {
  readonly key: string; readonly group: string; readonly label: string
  /** One a role, in their order. */
  readonly values: readonly string[]
  /** Does a role grant anything here? */
  readonly some: boolean
  readonly differs: boolean
}

function row(key: string, group: string, label: string, values: readonly string[], some: boolean): CompareRow {
  return { key, group, label, values, some, differs: values.some((value) => value !== values[0]) }
}

/** Everything that the roles grant, side by side: what can be done with objects, fields that some role speaks of, menus, special rights. */
export function compared(model: RightsModel, roles: readonly ComparedRole[], names: Names): CompareRow[] {
  const everything = { scope: 'all' } as const
  const rights = model.objects.flatMap((object) => verbs.filter((verb) => isPossible(object, verb)).map((verb) => {
    const values = roles.map(({ grants }) => (grants.administrator ? everything : rightOf(grants, object, verb)))
    return row(`objects.${object.name}.${verb}`, names.object(object.name), verbWord(verb), values.map(rightWord), values.some((right) => right.scope !== 'none'))
  }))
  const spoken = new Set(roles.flatMap(({ grants }) => Object.keys(grants.fields)))
  const fields = model.objects.flatMap((object) => object.fields.filter((field) => field.sensitive || spoken.has(`${object.name}.${field.name}`)).map((field) => {
    const accesses = roles.map(({ grants }) => (grants.administrator ? 'write' : grants.fields[`${object.name}.${field.name}`] ?? usualAccess(field)))
    return row(`fields.${object.name}.${field.name}`, t('roles.tab.fields'), `${names.object(object.name)} · ${names.field(object.name, field.name)}`, accesses.map(accessWord), accesses.some((access) => access !== 'hidden'))
  }))
  const hidden = (grants: Grants, area: string, name: string) => !grants.administrator && (grants.hidden.includes(area) || grants.hidden.includes(name))
  const menus = model.objects.map((object) => {
    const shown = roles.map(({ grants }) => !hidden(grants, object.area, object.name))
    return row(`menus.${object.name}`, t('roles.tab.menus'), names.menu(object.name), shown.map((one) => t(one ? 'rights.menu.shown' : 'rights.menu.hidden')), shown.some(Boolean))
  })
  const special = model.objects.flatMap((object) => object.special.map((right) => {
    const given = roles.map(({ grants }) => grants.administrator || grants.special.includes(right.name))
    return row(`special.${right.name}`, t('roles.tab.special'), names.special(right.name), given.map((one) => t(one ? 'rights.granted' : 'rights.notGranted')), given.some(Boolean))
  }))
  return [...rights, ...fields, ...menus, ...special]
}

/** For a table program: what looks like a formula there stays text. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
export function toCsv(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `\ufeff${[head, ...rows].map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`
}
export function saveBytes(name: string, bytes: string | Uint8Array<ArrayBuffer>, type: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([bytes], { type }))
  link.download = name
  link.click()
  window.setTimeout(() => URL.revokeObjectURL(link.href), 1000)
}
export const saveText = (name: string, text: string): void => saveBytes(name, text, 'text/csv;charset=utf-8')
