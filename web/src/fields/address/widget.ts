import { emptiness, type Widget } from '../widget'
import { writeAddress } from './address'
import AddressDisplay from './AddressDisplay.vue'

export const address: Widget<'address'> = {
  display: AddressDisplay,
  edit: () => import('./AddressEdit.vue').then((part) => part.default),
  text: (value) => (value === null ? '' : writeAddress(value)),
  // Only the street can be told from plain text; the region is found by the server when importing.
  parse: (text) => ({ value: text.trim() ? { region: null, street: text.trim() } : null }),
  send: (value) => (value === null ? null : { region: value.region?.id ?? null, street: value.street }),
  ops: [{ op: 'contains', operand: 'one' }, ...emptiness],
  aggregates: [],
  width: 220,
  align: 'start',
}
