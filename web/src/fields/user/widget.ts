import { ref } from '../ref/widget'
import { emptiness, type Widget } from '../widget'
import UserDisplay from './UserDisplay.vue'

/** A person of the own company. Filters also take `me`. */
export const user: Widget<'user'> = {
  ...ref,
  display: UserDisplay,
  ops: [{ op: 'is', operand: 'one' }, { op: 'in', operand: 'several' }, { op: 'not_in', operand: 'several' }, ...emptiness],
  width: 120,
}
