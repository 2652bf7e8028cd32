import { money as write } from '@/base/format'
import { parseDecimal } from '../shared/parse'
import { orderOps, type Widget } from '../widget'
import MoneyDisplay from './MoneyDisplay.vue'

const codes: Readonly<Record<string, string>> = { '¥': 'CNY', $: 'USD', '€': 'EUR', '£': 'GBP' }

export const money: Widget<'money'> = {
  display: MoneyDisplay,
  edit: () => import('./MoneyEdit.vue').then((part) => part.default),
  text: (value) => (value === null ? '' : write(value)),
  parse(text, field) {
    const currency = codes[text.normalize('NFKC').trim()[0] ?? ''] ?? /[A-Z]{3}/.exec(text)?.[0] ?? 'CNY'
    const parsed = parseDecimal(text.replace(/[A-Z]{3}/, ''), field, field.scale ?? 2)
    return 'problem' in parsed ? parsed : { value: parsed.value === null ? null : { amount: parsed.value, currency } }
  },
  send: (value) => value,
  ops: orderOps,
  aggregates: ['sum', 'average', 'minimum', 'maximum'],
  width: 130,
  align: 'end',
}
