import PlainDisplay from '../shared/PlainDisplay.vue'
import { parseText } from '../shared/parse'
import { textOps, type Widget } from '../widget'

export const text: Widget<'text'> = {
  display: PlainDisplay,
  edit: () => import('../shared/TextEdit.vue').then((part) => part.default),
  text: (value) => value ?? '',
  parse: parseText,
  send: (value) => value,
  ops: textOps,
  aggregates: [],
  width: 180,
  align: 'start',
}
