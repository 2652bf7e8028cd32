import PlainDisplay from '../shared/PlainDisplay.vue'
import { parseText } from '../shared/parse'
import { emptiness, type Widget } from '../widget'

export const longText: Widget<'long_text'> = {
  display: PlainDisplay,
  edit: () => import('./LongTextEdit.vue').then((part) => part.default),
  text: (value) => value ?? '',
  parse: parseText,
  send: (value) => value,
  ops: [{ op: 'contains', operand: 'one' }, ...emptiness],
  aggregates: [],
  width: 240,
  align: 'start',
}
