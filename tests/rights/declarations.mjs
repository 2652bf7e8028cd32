// What the declarations under modules/ say of objects and fields: the specification that the model of rights reads.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from '../support/server.mjs'

// JSON with comments.
function parse(file) {
  const text = readFileSync(file, 'utf8')
  let out = ''
  for (let i = 0, quoted = false; i < text.length; ++i) {
    const c = text[i]
    if (quoted) {
      out += c
      if (c === '\\') out += text[++i]
      else if (c === '"') quoted = false
    } else if (c === '/' && text[i + 1] === '/') {
      while (i + 1 < text.length && text[i + 1] !== '\n') ++i
    } else if (c === '/' && text[i + 1] === '*') {
      i = text.indexOf('*/', i) + 1
    } else {
      if (c === '"') quoted = true
      out += c
    }
  }
  return JSON.parse(out)
}

const system_fields = {
  id: { type: 'ref' },
  version: { type: 'integer' },
  created_by: { type: 'user' },
  created_at: { type: 'time' },
  updated_by: { type: 'user' },
  updated_at: { type: 'time' },
  deleted_at: { type: 'time' },
}
const owner_fields = { owner: { type: 'user' }, owner_department: { type: 'department' } }

const modules = join(root, 'modules')
const folders = (path) => readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name)

export const dictionaries = new Map() // code -> codes of its items
export const objects = new Map()

for (const area of folders(modules)) {
  const place = join(modules, area)
  if (!existsSync(join(place, 'module.json'))) continue
  for (const folder of ['', ...folders(place)])
    for (const file of readdirSync(join(place, folder)))
      if (file.endsWith('.dictionary.json')) {
        const { code, items } = parse(join(place, folder, file))
        dictionaries.set(code, items.filter((item) => item.active !== false).map((item) => item.code))
      }
  for (const name of parse(join(place, 'module.json')).objects) {
    const declared = parse(join(place, name, `${basename(name)}.json`))
    const fields = new Map()
    for (const [field, one] of Object.entries(declared.fields)) fields.set(field, { ...one, name: field })
    for (const [field, one] of Object.entries({ ...system_fields, ...(declared.owned ? owner_fields : {}) })) fields.set(field, { ...one, name: field, system: true })
    for (const field of fields.values()) field.target = field.type === 'user' ? 'employee' : field.type === 'department' ? 'department' : field.name === 'id' ? undefined : field.to
    objects.set(name, {
      name,
      area,
      title: declared.title,
      title_en: declared.title_en,
      owned: declared.owned ?? false,
      restricted: declared.restricted ?? false,
      kept: declared.kept_by_platform ?? false,
      single: declared.single ?? false,
      system: declared.system ?? false,
      searchable: [...fields.values()].some((field) => field.search),
      fields,
      actions: declared.actions ?? {},
      duplicates: declared.duplicates ?? [],
      timeline: declared.timeline,
      special: Object.keys(declared.special ?? {}),
      hand_over: declared.hand_over,
    })
  }
}

export const is_text = (field) => ['text', 'long_text', 'phone', 'email', 'url', 'number', 'mnemonic'].includes(field.type)
export const is_reference = (field) => ['ref', 'user', 'department'].includes(field.type) && field.name !== 'id'
export const has_value = (field) => field.type !== 'list'
export const visible_fields = (object) => [...object.fields.values()].filter((field) => !field.hidden)
