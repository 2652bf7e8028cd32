import { text } from '../text/widget'
import type { Widget } from '../widget'

/** Initials of the pinyin of another field, made by the server. */
export const mnemonic: Widget<'mnemonic'> = { ...text, parse: () => ({ problem: 'fields.problem.readOnly' }), width: 110 }
