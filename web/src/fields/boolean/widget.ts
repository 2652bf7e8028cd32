import { t } from '@/base/i18n'
import type { Widget } from '../widget'
import BooleanDisplay from './BooleanDisplay.vue'

const yes = /^(1|true|yes|y|on|\u662f|\u5bf9|\u221a|\u2713)$/i
const no = /^(0|false|no|n|off|\u5426|\u4e0d|\u00d7|x)$/i

export const boolean: Widget<'boolean'> = {
  display: BooleanDisplay,
  edit: () => import('./BooleanEdit.vue').then((part) => part.default),
  text: (value) => (value === null ? '' : t(value ? 'base.yes' : 'base.no')),
  parse(text) {
    const clean = text.trim()
    if (!clean) return { value: null }
    if (yes.test(clean)) return { value: true }
    return no.test(clean) ? { value: false } : { problem: 'fields.problem.notBoolean' }
  },
  send: (value) => value,
  ops: [{ op: 'is', operand: 'one' }],
  aggregates: [],
  width: 80,
  align: 'start',
}
