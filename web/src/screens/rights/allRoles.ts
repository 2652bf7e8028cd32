import { verbs, type FieldAccess, type RightsField, type RightsModel, type RightsObject, type Scope } from '@/api/rights'
import type { Verb } from '@/api/types'
import { say, t } from '@/base/i18n'
import { setField, setSpecial, showMenu, type Grants } from '@/records/rights/grants'
import { accessWord, rightWord, scopeMark, scopeWord, verbWord, type Names } from '@/records/rights/words'
import { accessOf, openTo, usualOf } from './fieldAccess'
import { cellOf, isOpen, isPossible, letters, mayHaveCondition, rowsOf, scopesOf, setScope, type MatrixRow } from './matrix'

/** One line of the matrix of all roles: one thing that roles grant, a cell for each of them. */
export type Line = { readonly key: string; readonly label: string; readonly group?: string; readonly restricted?: boolean; readonly sensitive?: boolean } & (
  | { readonly kind: 'right'; readonly row: MatrixRow; readonly verb: Verb }
  | { readonly kind: 'field'; readonly object: RightsObject; readonly field: RightsField }
  | { readonly kind: 'menu' | 'special'; readonly name: string; readonly area?: string }
)
export interface Choice { readonly key: string; readonly word: string; readonly letter?: string }
export interface LineCell {
  /** Short, for the cell, and whole, for ears and tooltips. */
  readonly mark: string; readonly words: string
  readonly where?: string
  /** Can be changed; grants nothing; follows another line. */
  readonly open: boolean; readonly none: boolean; readonly inherited: boolean
}

/** One verb: every object is a line. */
export function linesOfVerb(model: RightsModel, verb: Verb, text: string): Line[] {
  return rowsOf(model, text, (object) => say(object.label)).filter((row) => isOpen(row, verb)).map((row) => ({
    kind: 'right', key: `objects.${row.key}.${verb}`, row, verb, restricted: row.kind === 'object' && row.object.restricted,
    label: row.kind === 'others' ? t('rights.others') : row.kind === 'area' ? say(model.areas.find((area) => area.code === row.key)?.label) : say(row.object.label),
  }))
}
/** One object: what can be done with it, its fields, its menu and its special rights. */
export function linesOfObject(object: RightsObject, names: Names): Line[] {
  const row: MatrixRow = { kind: 'object', key: object.name, object }
  const rights = verbs.filter((verb) => isPossible(object, verb)).map((verb): Line => ({ kind: 'right', key: `objects.${object.name}.${verb}`, row, verb, label: verbWord(verb), group: t('roles.tab.rights') }))
  const fields = [...object.fields].sort((a, b) => Number(b.sensitive) - Number(a.sensitive))
    .map((field): Line => ({ kind: 'field', key: `fields.${object.name}.${field.name}`, object, field, label: say(field.label), sensitive: field.sensitive, group: t('roles.tab.fields') }))
  const menu: Line = { kind: 'menu', key: `menus.${object.name}`, name: object.name, area: object.area, label: t('roles.all.menu'), group: t('roles.tab.menus') }
  const special = object.special.map((right): Line => ({ kind: 'special', key: `special.${right.name}`, name: right.name, label: names.special(right.name), group: t('roles.tab.special') }))
  return [...rights, menu, ...special, ...fields]
}

const accessIn = (grants: Grants, line: Line & { kind: 'field' }): FieldAccess => accessOf(line.field, grants.fields[`${line.object.name}.${line.field.name}`])
const shown = (grants: Grants, line: { readonly name: string; readonly area?: string }) => !grants.hidden.includes(line.name) && !(line.area && grants.hidden.includes(line.area))

/** An administrator may do everything, whatever else the role says. */
function everything(line: Line): LineCell {
  const words = { right: () => scopeWord('all'), field: () => accessWord(line.kind === 'field' && line.field.read_only ? 'read' : 'write'), menu: () => t('rights.menu.shown'), special: () => t('rights.granted') }[line.kind]()
  return { mark: words, words: t('roles.all.administrator'), open: false, none: false, inherited: true }
}
export function lineCell(grants: Grants, line: Line): LineCell {
  if (grants.administrator) return everything(line)
  switch (line.kind) {
    case 'right': {
      const { right, inherited } = cellOf(grants, line.row, line.verb)
      const follows = inherited && line.row.kind === 'object' && !line.row.object.restricted
      const words = [right ? rightWord(right) : t('roles.differs'), follows ? t('rights.asOthers') : ''].filter(Boolean).join(', ')
      return { mark: right ? scopeMark(right.scope) : '≠', words, where: right?.where, open: true, none: right?.scope === 'none', inherited: follows }
    }
    case 'field': {
      const access = accessIn(grants, line)
      const named = grants.fields[`${line.object.name}.${line.field.name}`] !== undefined
      return { mark: accessWord(access), words: named ? accessWord(access) : `${accessWord(access)}, ${t('rights.field.usual')}`, open: true, none: access === 'hidden', inherited: !named }
    }
    case 'menu': {
      const on = shown(grants, line)
      const byArea = Boolean(line.area && grants.hidden.includes(line.area))
      return { mark: t(on ? 'rights.menu.shown' : 'rights.menu.hidden'), words: byArea ? t('roles.menus.byArea') : t(on ? 'rights.menu.shown' : 'rights.menu.hidden'), open: !byArea, none: !on, inherited: false }
    }
    case 'special': {
      const on = grants.special.includes(line.name)
      return { mark: on ? t('rights.granted') : scopeMark('none'), words: t(on ? 'rights.granted' : 'rights.notGranted'), open: true, none: !on, inherited: false }
    }
  }
}

export function choicesOf(line: Line): readonly Choice[] {
  switch (line.kind) {
    case 'right': return scopesOf(line.row).map((scope) => ({ key: scope, word: scopeWord(scope), letter: letters[scope].toUpperCase() }))
    case 'field': return openTo(line.field).map((access) => ({ key: access, word: accessWord(access) }))
    case 'menu': return [{ key: 'on', word: t('rights.menu.shown') }, { key: 'off', word: t('rights.menu.hidden') }]
    case 'special': return [{ key: 'on', word: t('rights.granted') }, { key: 'off', word: t('rights.notGranted') }]
  }
}
export function chosenOf(grants: Grants, line: Line): string | undefined {
  switch (line.kind) {
    case 'right': return cellOf(grants, line.row, line.verb).right?.scope
    case 'field': return accessIn(grants, line)
    case 'menu': return shown(grants, line) ? 'on' : 'off'
    case 'special': return grants.special.includes(line.name) ? 'on' : 'off'
  }
}
export function choose(grants: Grants, line: Line, key: string): Grants {
  if (!lineCell(grants, line).open) return grants
  switch (line.kind) {
    case 'right': return setScope(grants, line.row, line.verb, key as Scope)
    case 'field': return setField(grants, `${line.object.name}.${line.field.name}`, key === usualOf(line.field) ? undefined : key as FieldAccess)
    case 'menu': return showMenu(grants, line.name, key === 'on')
    case 'special': return setSpecial(grants, line.name, key === 'on')
  }
}
export const hasCondition = (line: Line): boolean => line.kind === 'right' && mayHaveCondition(line.row, line.verb)
export const same = (one: LineCell, other: LineCell): boolean => one.mark === other.mark && (one.where ?? '') === (other.where ?? '')
