import { percent as write } from '@/base/format'
import { parsePercent } from '../shared/parse'
import { orderOps, type Widget } from '../widget'
import PercentDisplay from './PercentDisplay.vue'

export const percent: Widget<'percent'> = {
  display: PercentDisplay,
  edit: () => import('./PercentEdit.vue').then((part) => part.default),
  text: (value) => (value === null ? '' : write(value)),
  parse: parsePercent,
  send: (value) => value,
  ops: orderOps,
  aggregates: ['average', 'minimum', 'maximum'],
  width: 90,
  align: 'end',
}
