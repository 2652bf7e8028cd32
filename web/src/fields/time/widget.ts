import { exactMoment } from '@/base/format'
import { parseMoment } from '../shared/parse'
import { dateOps, type Widget } from '../widget'
import TimeDisplay from './TimeDisplay.vue'

export const time: Widget<'time'> = {
  display: TimeDisplay,
  edit: () => import('../date/DateEdit.vue').then((part) => part.default),
  text: (value) => (value === null ? '' : exactMoment(value)),
  parse: (text) => parseMoment(text),
  send: (value) => (value === null ? null : new Date(value).toISOString()),
  ops: dateOps,
  aggregates: ['minimum', 'maximum'],
  width: 130,
  align: 'start',
}
