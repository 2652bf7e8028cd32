// Every kind of case: how often it is asked, and whether it writes.
import { lists } from './cases/lists.mjs'
import { moving } from './cases/moving.mjs'
import { records } from './cases/records.mjs'
import { changing, telling } from './cases/rights.mjs'
import { reading_shares, writes } from './cases/writes.mjs'

const named = (of, writes, weights) => Object.entries(weights).map(([name, weight]) => ({ name, weight, writes, run: of[name] }))

export const families = [
  ...named(lists, false, { list: 10, sorted_list: 4, groups: 6, search_in_list: 4, search_everywhere: 4, options: 4 }),
  ...named(records, false, { read: 12, timeline: 3, history: 5, past: 7, explanation: 4, duplicates: 3 }),
  ...named(reading_shares, false, { shares: 2 }),
  ...named(moving, false, { export_csv: 5, export_xlsx: 2, files: 1, import_rows: 2 }),
  ...named(telling, false, { meta: 2, help: 1, rights_of_user: 2, rights_of_department: 1, rights_model: 1, rights_users: 1, rights_check: 1, handover: 2, notices: 2, changes_of_batch: 1 }),
  ...named(changing, true, { events: 3, hand_over: 1 }),
  ...named(writes, true, { create: 4, change: 7, guess: 1, remove: 4, restore: 2, assign: 3, act: 3, change_many: 3, change_each: 3, delete_many: 1, undo: 2, share: 3, share_many: 1, unshare: 2 }),
]
for (const family of families) if (!family.run) throw new Error(`no cases of the kind ${family.name}`)
