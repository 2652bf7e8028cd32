import type { FieldItem, FieldMeta, FieldProblem, ObjectMeta, SectionItem } from '@/api/types'
import type { Label } from '@/base/text'
import { isLocked, isRequired, isShown, type Situation } from '@/records/record/conditions'
import { fieldOf } from '@/meta/meta'
import { isEmptyValue, isWritable, sameValue, toRequest } from '@/records/record/values'

export type Values = Record<string, unknown>
export interface FormField { readonly item: FieldItem; readonly field: FieldMeta; readonly required: boolean; readonly locked: boolean; readonly span: number }
export interface FormSection { readonly key: string; readonly label: Label | undefined; readonly columns: number; readonly closed: boolean; readonly fields: readonly FormField[] }

/** The sections of the form as the values have it now. */
export function sectionsOf(object: ObjectMeta, sections: readonly SectionItem[], values: Values, situation: Situation, creating: boolean): FormSection[] {
  return sections
    .filter((section) => isShown(object, section, values, situation))
    .map((section) => {
      const columns = Math.min(4, Math.max(1, section.cols ?? 2))
      const fields = section.items.flatMap((item): FormField[] => {
        const field = fieldOf(object, item.f)
        if (!field || field.type === 'list' || !isShown(object, item, values, situation)) return []
        const locked = !isWritable(field, creating) || isLocked(object, item, values, situation)
        // What the program fills in by itself is nothing to fill in here.
        if (locked && (creating || isEmptyValue(values[field.name]))) return []
        const wide = field.type === 'long_text' ? columns : 1
        return [{ item, field, locked, required: !locked && isRequired(object, item, values, situation), span: Math.min(columns, item.span ?? wide) }]
      })
      return { key: section.key, label: section.label ?? object.groups.find((group) => group.code === section.key)?.label, columns, closed: section.closed === true, fields }
    })
    .filter((section) => section.fields.length > 0)
}

/** The few fields of the quick form: the title, what is required, what the header of the record shows, what is given. */
export function quickSection(object: ObjectMeta, given: Values = {}): SectionItem {
  const all = object.layout.form.sections.flatMap((section) => section.items)
  const itemOf = (name: string) => all.find((item) => item.f === name) ?? { f: name }
  const wanted = new Set<string>([object.title])
  for (const field of object.fields) if (field.required && !field.system && isWritable(field, true)) wanted.add(field.name)
  for (const name of Object.keys(given)) wanted.add(name)
  for (const name of object.layout.compact) wanted.add(name)
  for (const item of all) if (item.req) wanted.add(item.f)
  const items = [...wanted].filter((name) => { const field = fieldOf(object, name); return field && isWritable(field, true) && field.type !== 'list' }).map(itemOf)
  return { t: 'section', key: 'quick', label: { zh: '', en: '' }, cols: 2, items }
}

export function changedFields(object: ObjectMeta, before: Values, now: Values): FieldMeta[] {
  return object.fields.filter((field) => !sameValue(field, before[field.name], now[field.name]))
}
export function isDirty(object: ObjectMeta, before: Values, now: Values): boolean {
  return changedFields(object, before, now).length > 0
}

/** What is sent: for a new record what is filled in, for an old one what differs. */
export function payloadOf(object: ObjectMeta, before: Values | undefined, now: Values): Values {
  const fields = before ? changedFields(object, before, now) : object.fields.filter((field) => !isEmptyValue(now[field.name]))
  return Object.fromEntries(fields.map((field) => [field.name, toRequest(field, now[field.name])]))
}

export function missing(sections: readonly FormSection[], values: Values): FieldMeta[] {
  return sections.flatMap((section) => section.fields).filter((one) => one.required && isEmptyValue(values[one.field.name])).map((one) => one.field)
}

/** The messages of a refused save by field; what belongs to no field that shows stands under the empty name. */
export function problemsByField(errors: readonly FieldProblem[], shown: ReadonlySet<string>): Record<string, string> {
  const result: Record<string, string> = {}
  for (const error of errors) {
    // A field within a field ("address.region", "roles[1]") belongs to the outer one.
    const name = error.field.split(/[.[]/)[0] ?? ''
    const key = shown.has(name) ? name : ''
    result[key] = result[key] ? `${result[key]} ${error.message}` : error.message
  }
  return result
}

export function firstWithProblem(sections: readonly FormSection[], problems: Readonly<Record<string, string>>): string | undefined {
  return sections.flatMap((section) => section.fields).find((one) => problems[one.field.name])?.field.name
}

/** A declared default as the widgets understand it: a code becomes the choice with its title. */
export function defaultsOf(object: ObjectMeta, choice: (dictionary: string, code: string) => unknown, me: unknown): Values {
  const values: Values = {}
  for (const field of object.fields) {
    if (field.name === 'owner' && field.type === 'user' && me) values.owner = me
    if (field.default === undefined || field.default === null || !isWritable(field, true)) continue
    if (field.type === 'choice' && field.dictionary) values[field.name] = choice(field.dictionary, String(field.default))
    else if (field.type === 'choices' && field.dictionary && Array.isArray(field.default)) values[field.name] = field.default.map((code) => choice(field.dictionary!, String(code)))
    else if (['ref', 'user', 'department', 'refs', 'money', 'address', 'file'].includes(field.type) && typeof field.default !== 'object') continue
    else values[field.name] = field.default
  }
  return values
}
