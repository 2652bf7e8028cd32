// The faults that can be planted on purpose: faults/<name>.patch, whose first line says what is wrong.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/server.mjs'

export const folder_of_faults = join(root, 'tests/rights/faults')
export const patch_of = (name) => join(folder_of_faults, `${name}.patch`)
export const names_of_faults = () => readdirSync(folder_of_faults).filter((name) => name.endsWith('.patch')).map((name) => name.slice(0, -6)).sort()
export const what_is_wrong = (name) => readFileSync(patch_of(name), 'utf8').split('\n')[0]
