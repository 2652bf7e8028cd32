import { text } from '../text/widget'
import type { Widget } from '../widget'
import PhoneDisplay from './PhoneDisplay.vue'

export const phone: Widget<'phone'> = {
  ...text,
  display: PhoneDisplay,
  edit: () => import('./PhoneEdit.vue').then((part) => part.default),
  width: 140,
}
