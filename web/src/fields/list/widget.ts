import type { Widget } from '../widget'
import ListDisplay from './ListDisplay.vue'

/** Records of another object that refer to this one: shown as a related list, not edited as a value. */
export const list: Widget<'list'> = {
  display: ListDisplay,
  edit: () => Promise.resolve(ListDisplay),
  text: (value) => (value === null ? '' : String(value.count)),
  parse: () => ({ problem: 'fields.problem.readOnly' }),
  send: () => undefined,
  ops: [],
  aggregates: [],
  width: 80,
  align: 'end',
}
