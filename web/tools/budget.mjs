// Sizes of what a first visit loads, gzipped, against the budget. Fails when a page grows past it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))
const size = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length

function reach(keys) {
  const seen = new Set()
  const walk = (key) => {
    if (seen.has(key) || !manifest[key]) return
    seen.add(key)
    for (const next of manifest[key].imports ?? []) walk(next)
  }
  keys.forEach(walk)
  const chunks = [...seen].map((key) => manifest[key])
  const total = (files) => [...new Set(files)].reduce((sum, file) => sum + size(file), 0)
  return { script: total(chunks.map((chunk) => chunk.file).filter((file) => file.endsWith('.js'))), style: total(chunks.flatMap((chunk) => chunk.css ?? [])) }
}
const start = ['index.html', 'src/shell/texts.zh.ts']
const pages = [
  ['sign-in', [...start, 'src/screens/signin/SignInScreen.vue'], 130_000, 12_000],
  ['shell and list', [...start, 'src/shell/AppShell.vue', 'src/screens/list/ListScreen.vue'], 230_000, 24_000],
  ['record', [...start, 'src/shell/AppShell.vue', 'src/screens/record/RecordScreen.vue'], 250_000, 26_000],
]
let failed = false
for (const [name, keys, scripts, styles] of pages) {
  const got = reach(keys)
  const over = got.script > scripts || got.style > styles
  failed ||= over
  console.log(`${over ? 'OVER' : 'fine'} ${name}: ${(got.script / 1000).toFixed(1)} of ${scripts / 1000} kB script, ${(got.style / 1000).toFixed(1)} of ${styles / 1000} kB style`)
}
process.exit(failed ? 1 : 0)
