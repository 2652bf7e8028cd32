import { number } from '@/base/format'
import { parseDecimal } from '../shared/parse'
import { orderOps, type Widget } from '../widget'
import DecimalDisplay from './DecimalDisplay.vue'

export const decimal: Widget<'decimal'> = {
  display: DecimalDisplay,
  edit: () => import('./DecimalEdit.vue').then((part) => part.default),
  text: (value) => (value === null ? '' : number(value)),
  parse: parseDecimal,
  send: (value) => value,
  ops: orderOps,
  aggregates: ['sum', 'average', 'minimum', 'maximum'],
  width: 110,
  align: 'end',
}
