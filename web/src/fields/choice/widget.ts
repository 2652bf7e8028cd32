import { pickOps, type Widget } from '../widget'
import ChoiceDisplay from './ChoiceDisplay.vue'
import { findChoice, titleOf } from './colors'

export const choice: Widget<'choice'> = {
  display: ChoiceDisplay,
  edit: () => import('./ChoiceEdit.vue').then((part) => part.default),
  text: (value, field) => (value === null ? '' : titleOf(value, field)),
  parse(text, field) {
    if (!text.trim()) return { value: null }
    const found = findChoice(text, field)
    return found ? { value: found } : { problem: 'fields.problem.notChoice' }
  },
  send: (value) => value?.code ?? null,
  ops: pickOps,
  aggregates: [],
  width: 120,
  align: 'start',
}
