import { text } from '../text/widget'
import type { Widget } from '../widget'
import EmailDisplay from './EmailDisplay.vue'

export const email: Widget<'email'> = {
  ...text,
  display: EmailDisplay,
  edit: () => import('./EmailEdit.vue').then((part) => part.default),
  width: 140,
}
