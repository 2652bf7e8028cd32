import { text } from '../text/widget'
import type { Widget } from '../widget'
import UrlDisplay from './UrlDisplay.vue'

export const url: Widget<'url'> = {
  ...text,
  display: UrlDisplay,
  edit: () => import('./UrlEdit.vue').then((part) => part.default),
  width: 140,
}
