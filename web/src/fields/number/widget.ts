import { text } from '../text/widget'
import type { Widget } from '../widget'

/** Given by the server when a record is made. */
export const number: Widget<'number'> = { ...text, parse: () => ({ problem: 'fields.problem.readOnly' }), width: 130 }
