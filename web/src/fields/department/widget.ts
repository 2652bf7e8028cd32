import RefDisplay from '../ref/RefDisplay.vue'
import { ref } from '../ref/widget'
import { emptiness, type Widget } from '../widget'

export const department: Widget<'department'> = {
  ...ref,
  display: RefDisplay,
  ops: [{ op: 'under', operand: 'several' }, { op: 'in', operand: 'several' }, { op: 'not_in', operand: 'several' }, ...emptiness],
  width: 140,
}
