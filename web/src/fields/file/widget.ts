import { emptiness, type Widget } from '../widget'
import FileDisplay from './FileDisplay.vue'

export const file: Widget<'file'> = {
  display: FileDisplay,
  edit: () => import('./FileEdit.vue').then((part) => part.default),
  text: (value) => value?.name ?? '',
  parse: (text) => (text.trim() ? { problem: 'fields.problem.pick' } : { value: null }),
  send: (value) => value?.id ?? null,
  ops: emptiness,
  aggregates: [],
  width: 160,
  align: 'start',
}
