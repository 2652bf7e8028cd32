import { number } from '@/base/format'
import { parseDecimal } from '../shared/parse'
import { orderOps, type Widget } from '../widget'
import IntegerDisplay from './IntegerDisplay.vue'

export const integer: Widget<'integer'> = {
  display: IntegerDisplay,
  edit: () => import('./IntegerEdit.vue').then((part) => part.default),
  text: (value) => (value === null ? '' : number(value)),
  parse(text, field) {
    const parsed = parseDecimal(text, field, 0)
    if ('problem' in parsed) return parsed
    const value = parsed.value === null ? null : Number(parsed.value)
    return value === null || Number.isSafeInteger(value) ? { value } : { problem: 'fields.problem.tooLarge' }
  },
  send: (value) => value,
  ops: orderOps,
  aggregates: ['sum', 'average', 'minimum', 'maximum'],
  width: 100,
  align: 'end',
}
