import { pickOps, type Widget } from '../widget'
import RefDisplay from './RefDisplay.vue'

export const ref: Widget<'ref'> = {
  display: RefDisplay,
  edit: () => import('./RefEdit.vue').then((part) => part.default),
  text: (value) => value?.title ?? '',
  // A name may belong to several records; only picking from a list is sure.
  parse: (text) => (text.trim() ? { problem: 'fields.problem.pick' } : { value: null }),
  send: (value) => value?.id ?? null,
  ops: pickOps,
  aggregates: [],
  width: 160,
  align: 'start',
}
