import { computed, ref, shallowRef } from 'vue'
import { changeAll, changeRecord } from '@/api/records'
import type { FieldMeta, RecordRow } from '@/api/types'
import { say, t } from '@/base/i18n'
import { isEditable, isEmpty, widgetOf } from '@/fields/registry'
import { weigh } from '@/records/record/conflicts'
import { didAction } from '@/records/undo'
import type { GridColumn } from './columns'
import type { Source } from './source'

export interface Editing { readonly id: string; readonly line: number; readonly column: number; readonly field: FieldMeta; readonly row: RecordRow; readonly value: unknown; readonly typed: boolean }
export interface CellProblem { readonly message: string; readonly value: unknown }
export interface Conflict { readonly id: string; readonly field: FieldMeta; readonly mine: unknown; readonly current: RecordRow }
export interface CellWrite { readonly line: number; readonly column: number; readonly text: string }

export const cellKey = (id: string, field: string) => `${id} ${field}`
/** More than this at once is a case for the import. */
export const writesMax = 2000
const same = (one: unknown, other: unknown) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null)

/** Cells show what was written at once; the server's answer confirms it, corrects it, or brings a choice. */
export function useCellEditing(object: () => string, source: Source, columns: () => readonly GridColumn[], batchDone: (batch: string, count: number) => void) {
  const editing = shallowRef<Editing>()
  const problems = ref(new Map<string, CellProblem>())
  /** Each waits for its choice; none is dropped because another came. */
  const conflicts = shallowRef<readonly Conflict[]>([])
  const conflict = computed(() => conflicts.value[0])
  const saving = ref(0)

  function begin(line: number, column: number, typed?: string): boolean {
    const row = source.rowAt(line)
    const field = columns()[column]?.field
    if (!row || !field || !isEditable(field)) return false
    const failed = problems.value.get(cellKey(row.id, field.name))
    // Writing over a value begins with nothing; a choice from a list keeps the old one until another is taken.
    const written = ['text', 'long_text', 'phone', 'email', 'url', 'integer', 'decimal', 'money', 'percent'].includes(field.type)
    const start = typed !== undefined && written ? null : failed ? failed.value : row[field.name] ?? null
    editing.value = { id: row.id, line, column, field, row, value: start, typed: typed !== undefined }
    return true
  }
  /** What the editor holds now. One that holds several things adds to what it is given back. */
  function take(value: unknown): void {
    if (editing.value) editing.value = { ...editing.value, value }
  }
  function cancel(): void {
    const now = editing.value
    if (now) problems.value.delete(cellKey(now.id, now.field.name))
    editing.value = undefined
  }
  async function commit(): Promise<void> {
    const now = editing.value
    if (!now) return
    editing.value = undefined
    const known = problems.value.has(cellKey(now.id, now.field.name))
    if (same(now.value, now.row[now.field.name]) || (isEmpty(now.value) && isEmpty(now.row[now.field.name]))) {
      if (known) problems.value.delete(cellKey(now.id, now.field.name))
      return
    }
    await save(now.row, { [now.field.name]: now.value })
  }

  const find = (id: string): RecordRow | undefined => {
    for (const row of source.loaded()) if (row.id === id) return row
    return undefined
  }
  const fieldOf = (name: string): FieldMeta | undefined => columns().find((one) => one.field.name === name)?.field

  /** What of `values` may be written over `current`, by somebody who saw `row`; what may not becomes a choice. */
  function unopposed(row: RecordRow, values: Readonly<Record<string, unknown>>, current: RecordRow): Record<string, unknown> {
    const free: Record<string, unknown> = {}
    for (const [name, mine] of Object.entries(values)) {
      const field = fieldOf(name)
      const staleness = field && weigh(field, row[name] ?? null, mine, current)
      if (staleness?.kind === 'conflict') conflicts.value = [...conflicts.value, { id: row.id, field: staleness.conflict.field, mine, current }]
      else if (staleness?.kind !== 'same') free[name] = mine
    }
    return free
  }

  /** `row` is what the writer saw; the record may have moved on since. */
  async function save(row: RecordRow, wanted: Readonly<Record<string, unknown>>): Promise<boolean> {
    const before = find(row.id) ?? row
    for (const name of Object.keys(wanted)) problems.value.delete(cellKey(row.id, name))
    const values = unopposed(row, wanted, before)
    if (!Object.keys(values).length) return false
    source.replace({ ...before, ...values })
    saving.value += 1
    const sent = Object.fromEntries(Object.entries(values).map(([name, value]) => {
      const field = fieldOf(name)
      return [name, field ? widgetOf(field).send(value) : value]
    }))
    const answer = await changeRecord(object(), row.id, before.version, sent)
    saving.value -= 1
    if (answer.ok) {
      source.replace(answer.value)
      // What was changed stands in the cell: it can be taken back, but needs no message.
      didAction(t('grid.changed', { fields: Object.keys(values).map((name) => say(fieldOf(name)?.label)).join(t('base.list.separator')) }), answer.value.batch, false)
      return true
    }
    // Back to what is stored; what was typed is kept beside the reason.
    source.replace(Object.assign({}, find(row.id), Object.fromEntries(Object.keys(values).map((name) => [name, before[name] ?? null])), { id: row.id, version: before.version }))
    const { failure } = answer
    if (failure.status === 412 && failure.current) {
      source.replace(failure.current)
      // Others changed other fields: ours goes on top of theirs.
      const rest = unopposed(before, values, failure.current)
      return Object.keys(rest).length ? save(failure.current, rest) : false
    }
    for (const [name, value] of Object.entries(values)) {
      const own = failure.errors.find((one) => one.field === name)
      const others = failure.errors.map((one) => one.message).join(t('base.list.separator'))
      problems.value.set(cellKey(row.id, name), { message: own?.message ?? (others || failure.detail || failure.title), value })
    }
    return false
  }

  async function resolve(mine: boolean): Promise<void> {
    const now = conflict.value
    conflicts.value = conflicts.value.slice(1)
    if (now && mine) await save(now.current, { [now.field.name]: now.mine })
  }

  /** Pasted text becomes values cell by cell; what cannot be read is told under its cell, the rest is saved. */
  async function write(writes: readonly CellWrite[]): Promise<void> {
    const rows = new Map<string, { row: RecordRow; values: Record<string, unknown> }>()
    for (const one of writes.slice(0, writesMax)) {
      const row = source.rowAt(one.line)
      const field = columns()[one.column]?.field
      if (!row || !field) continue
      const parsed = isEditable(field) ? widgetOf(field).parse(one.text, field) : { problem: 'fields.problem.readOnly' }
      if ('problem' in parsed) { problems.value.set(cellKey(row.id, field.name), { message: t(parsed.problem), value: row[field.name] ?? null }); continue }
      const entry = rows.get(row.id) ?? { row, values: {} }
      entry.values[field.name] = parsed.value
      rows.set(row.id, entry)
    }
    const queue = [...rows.values()]
    const worker = async (): Promise<void> => { for (let next = queue.shift(); next; next = queue.shift()) await save(next.row, next.values) }
    await Promise.all([worker(), worker(), worker(), worker()])
  }

  /** The same values for several records go as one change, which one undo takes back. */
  async function fill(lines: readonly number[], from: RecordRow, fields: readonly FieldMeta[]): Promise<void> {
    const usable = fields.filter(isEditable)
    const rows = lines.flatMap((line) => source.rowAt(line) ?? [])
    if (!usable.length || !rows.length) return
    const values = Object.fromEntries(usable.map((field) => [field.name, widgetOf(field).send(from[field.name] ?? null)]))
    const answer = await changeAll(object(), { ids: rows.map((row) => row.id) }, values)
    if (answer.ok) {
      if (answer.value.batch) batchDone(answer.value.batch, answer.value.updated ?? rows.length)
      source.refresh()
      return
    }
    const { failure } = answer
    for (const row of rows) for (const field of usable) problems.value.set(cellKey(row.id, field.name), { message: failure.errors[0]?.message ?? failure.title, value: from[field.name] ?? null })
  }

  return { editing, problems, conflict, saving, begin, take, cancel, commit, save, resolve, write, fill }
}
