import { t } from '@/base/i18n'
import { findChoice, titleOf } from '../choice/colors'
import { emptiness, type Widget } from '../widget'
import ChoicesDisplay from './ChoicesDisplay.vue'

export const choices: Widget<'choices'> = {
  display: ChoicesDisplay,
  edit: () => import('../choice/ChoiceEdit.vue').then((part) => part.default),
  text: (value, field) => (value ?? []).map((one) => titleOf(one, field)).join(t('base.list.separator')),
  parse(text, field) {
    const names = text.split(/[,;\uff0c\u3001\uff1b]/).map((name) => name.trim()).filter(Boolean)
    const found = names.map((name) => findChoice(name, field))
    return found.some((one) => !one) ? { problem: 'fields.problem.notChoice' } : { value: found.map((one) => one!) }
  },
  send: (value) => (value ?? []).map((one) => one.code),
  ops: [{ op: 'in', operand: 'several' }, { op: 'contains', operand: 'one' }, ...emptiness],
  aggregates: [],
  width: 150,
  align: 'start',
}
