// Every key exists in both languages with the same values, is named in one folder only, and every key the code asks for exists.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../src', import.meta.url))
const problems = []
function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* files(path)
    else yield path
  }
}
const all = [...files(root)]
const texts = { zh: new Map(), en: new Map() }
for (const path of all) {
  const language = /messages\.(zh|en)\.json$/.exec(path)?.[1]
  if (!language) continue
  for (const [key, text] of Object.entries(JSON.parse(readFileSync(path, 'utf8')))) {
    if (texts[language].has(key)) problems.push(`${relative(root, path)}: ${key} stands in two files`)
    texts[language].set(key, text)
  }
}
const values = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort().join(',')
for (const [key, text] of texts.zh) {
  const other = texts.en.get(key)
  if (other === undefined) problems.push(`${key}: no English text`)
  else if (values(text) !== values(other)) problems.push(`${key}: values differ between the languages`)
}
for (const key of texts.en.keys()) if (!texts.zh.has(key)) problems.push(`${key}: no Chinese text`)

const code = all.filter((path) => /\.(ts|vue)$/.test(path) && !path.endsWith('.test.ts')).map((path) => [path, readFileSync(path, 'utf8')])
const whole = code.map(([, source]) => source).join('\n')
for (const [path, source] of code) {
  for (const [, key] of source.matchAll(/(?<![\w.])t\(\s*'([\w.]+)'/g)) if (!texts.zh.has(key)) problems.push(`${relative(root, path)}: no text for ${key}`)
  for (const [, start] of source.matchAll(/(?<![\w.])t\(\s*`([\w.]+)\$\{/g)) if (![...texts.zh.keys()].some((key) => key.startsWith(start))) problems.push(`${relative(root, path)}: no text begins with ${start}`)
}
// A key is used when it, or the beginning that a template completes, stands in the code.
const beginnings = [...whole.matchAll(/`([\w.]+\.)\$\{/g)].map(([, start]) => start)
for (const key of texts.zh.keys()) if (!whole.includes(`'${key}'`) && !beginnings.some((start) => key.startsWith(start))) problems.push(`${key}: nobody asks for this text`)
// What comes with some screens only is asked for by these alone.
const apart = /screens\/(rights|security|import|handover)\//
const others = code.filter(([path]) => !apart.test(path)).map(([, source]) => source).join('\n')
for (const path of all) {
  if (!apart.test(path) || !path.endsWith('messages.zh.json')) continue
  for (const key of Object.keys(JSON.parse(readFileSync(path, 'utf8')))) if (others.includes(`'${key}'`)) problems.push(`${relative(root, path)}: ${key} is asked for by other screens, which do not load this file`)
}
for (const problem of problems) console.error(problem)
console.log(`messages: ${texts.zh.size} keys, ${problems.length} problems`)
process.exit(problems.length ? 1 : 0)
