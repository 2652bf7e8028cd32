import { parseDate } from '../shared/parse'
import { dateOps, type Widget } from '../widget'
import DateDisplay from './DateDisplay.vue'

export const date: Widget<'date'> = {
  display: DateDisplay,
  edit: () => import('./DateEdit.vue').then((part) => part.default),
  text: (value) => value ?? '',
  parse: (text) => parseDate(text),
  send: (value) => value,
  ops: dateOps,
  aggregates: ['minimum', 'maximum'],
  width: 110,
  align: 'start',
}
