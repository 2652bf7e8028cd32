import { t } from '@/base/i18n'
import { emptiness, type Widget } from '../widget'
import RefsDisplay from './RefsDisplay.vue'

export const refs: Widget<'refs'> = {
  display: RefsDisplay,
  edit: () => import('../ref/RefEdit.vue').then((part) => part.default),
  text: (value) => (value ?? []).map((one) => one.title).join(t('base.list.separator')),
  parse: (text) => (text.trim() ? { problem: 'fields.problem.pick' } : { value: [] }),
  send: (value) => (value ?? []).map((one) => one.id),
  ops: [{ op: 'in', operand: 'several' }, { op: 'contains', operand: 'one' }, ...emptiness],
  aggregates: [],
  width: 180,
  align: 'start',
}
