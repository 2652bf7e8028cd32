import { findOptions, listRecords } from '@/api/records'
import type { ObjectMeta, Reference } from '@/api/types'
import { language, say, t } from '@/base/i18n'
import { fieldOf, useMeta } from '@/meta/meta'
import type { PickOption } from '@/ui/OptionPicker.vue'

/** A group among the options: choosing it chooses its members. */
export interface GroupOption extends PickOption { readonly members?: readonly Reference[] }

const groupsMost = 3

/** Objects whose records are groups of such records: teams are groups of people. */
function groupsOf(to: string): readonly ObjectMeta[] {
  const metas = useMeta()
  return Object.values(metas.objects).filter((one) => one.searchable && fieldOf(one, one.layout.stands_for?.members ?? '')?.to === to)
}

async function findGroups(to: string, text: string, signal: AbortSignal): Promise<readonly { title: string; label: string; members: readonly Reference[] }[]> {
  const groups = text ? groupsOf(to) : []
  const answers = await Promise.all(groups.map(async (group) => {
    const { members, first = '' } = group.layout.stands_for!
    const answer = await listRecords(group.name, { search: text, fields: [group.title, members, first].filter(Boolean), limit: groupsMost }, signal)
    if (!answer.ok) return []
    return answer.value.records.map((row) => {
      const leader = first ? row[first] as Reference | null : null
      const others = (row[members] as readonly Reference[] | null) ?? []
      return { title: String(row[group.title] ?? ''), label: say(group.label), members: [...(leader ? [leader] : []), ...others.filter((one) => one.id !== leader?.id)] }
    })
  }))
  return answers.flat().filter((group) => group.members.length)
}

/** Options for a reference: records by name, pinyin or initials, and those of a group that is called so. */
export async function findReferences(to: string, text: string, signal: AbortSignal, several = false): Promise<readonly GroupOption[]> {
  const [answer, groups] = await Promise.all([findOptions(to, text, { limit: 20 }, signal), findGroups(to, text, signal)])
  const found: readonly GroupOption[] = answer.ok ? answer.value.options : []
  if (several) {
    const wholes = groups.map((group, index) => ({ id: `group ${index} ${group.title}`, title: group.title, hint: t('fields.group.all', { label: group.label, count: group.members.length.toLocaleString(language()) }), members: group.members }))
    return [...wholes, ...found]
  }
  const known = new Set(found.map((one) => one.id))
  const inGroups = groups.flatMap((group) => group.members.map((one) => ({ id: one.id, title: one.title, hint: group.title }))).filter((one) => !known.has(one.id) && known.add(one.id))
  return [...found, ...inGroups]
}

/** Members in the place of their group, everybody once. */
export function withoutGroups(options: readonly GroupOption[]): readonly Reference[] {
  const all = options.flatMap((one) => one.members ?? [{ id: one.id, title: one.title }])
  return all.filter((one, index) => all.findIndex((other) => other.id === one.id) === index)
}
