import { verbs, type RightsModel, type UserRights } from '@/api/rights'
import { exactMoment } from '@/base/format'
import { t } from '@/base/i18n'
import { accessWord, rightWord, throughWord, verbWord, type Names } from '@/records/rights/words'

/** One right of somebody, how far it goes, and what it comes from. */
export interface RightLine { readonly key: string; readonly group: string; readonly right: string; readonly extent: string; readonly sources: readonly string[]; readonly granted: boolean }

/** A role as a source: its name, and how it came to the person. */
export function sourcesOf(rights: UserRights): readonly string[] {
  return rights.roles.map((role) => {
    const words = [throughWord(role.through.kind, role.through.title), role.until ? t('rights.share.untilAt', { at: exactMoment(role.until).slice(0, 16) }) : ''].filter(Boolean)
    return t('details.source', { role: role.title, through: words.join(t('base.list.separator')) })
  })
}

export function linesOf(rights: UserRights, model: RightsModel, names: Names): RightLine[] {
  const sources = sourcesOf(rights)
  const from = (list: readonly number[]) => list.map((index) => sources[index] ?? '')
  const order = model.objects.map((object) => object.name)
  const objects = [...rights.objects].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name)).flatMap((object) => {
    const group = names.object(object.name)
    const each = verbs.map((verb): RightLine => {
      const { allowed, rules } = rights.administrator ? { allowed: object.verbs[verb].allowed, rules: object.verbs[verb].rules.filter((rule) => rule.scope === 'all') } : object.verbs[verb]
      const extents = [...new Set(rules.map((rule) => rightWord(rule)))]
      return {
        key: `${object.name}.${verb}`, group, right: verbWord(verb), granted: allowed, extent: allowed ? extents.join(t('base.list.separator')) : t('rights.scope.none'),
        // Several extents are told apart by what they come from.
        sources: allowed ? rules.map((rule) => (extents.length > 1 ? t('details.extent', { extent: rightWord(rule), source: sources[rule.from] ?? '' }) : sources[rule.from] ?? '')) : [],
      }
    })
    const fields = object.fields.map((field): RightLine => ({ key: `${object.name}.field.${field.name}`, group, right: t('details.field', { field: names.field(object.name, field.name) }), extent: accessWord(field.access), granted: field.access !== 'hidden', sources: from(field.from) }))
    const menu: RightLine = { key: `${object.name}.menu`, group, right: t('details.menu'), extent: t(object.menu ? 'rights.menu.shown' : 'rights.menu.hidden'), granted: object.menu, sources: [] }
    // What nobody may see has no menu to speak of.
    return [...each, ...fields, ...(object.verbs.view.allowed ? [menu] : [])]
  })
  const special = rights.special.map((right): RightLine => ({ key: `special.${right.name}`, group: t('roles.tab.special'), right: names.special(right.name), extent: t('rights.granted'), granted: true, sources: from(right.from) }))
  return [...objects, ...special]
}

export function found(lines: readonly RightLine[], text: string, refusedToo: boolean): RightLine[] {
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean)
  return lines.filter((line) => (line.granted || refusedToo) && words.every((word) => [line.group, line.right, line.extent, ...line.sources].some((part) => part.toLowerCase().includes(word))))
}
