// Files and sizes of what a first visit loads, gzipped, against the budget. Fails when a page grows past it.
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
  const files = [...new Set(chunks.flatMap((chunk) => [chunk.file, ...(chunk.css ?? [])]))]
  const total = (end) => files.filter((file) => file.endsWith(end)).reduce((sum, file) => sum + size(file), 0)
  return { script: total('.js'), style: total('.css'), files: files.length }
}
const start = ['index.html', 'src/shell/texts.zh.ts']
const pages = [
  ['sign-in', [...start, 'src/screens/signin/SignInScreen.vue'], 130_000, 12_000, 8],
  ['shell and list', [...start, 'src/shell/AppShell.vue', 'src/screens/list/ListScreen.vue'], 230_000, 24_000, 18],
  ['record', [...start, 'src/shell/AppShell.vue', 'src/screens/record/RecordScreen.vue'], 250_000, 26_000, 18],
]
let failed = false
for (const [name, keys, scripts, styles, files] of pages) {
  const got = reach(keys)
  const over = got.script > scripts || got.style > styles || got.files > files
  failed ||= over
  console.log(`${over ? 'OVER' : 'fine'} ${name}: ${(got.script / 1000).toFixed(1)} of ${scripts / 1000} kB script, ${(got.style / 1000).toFixed(1)} of ${styles / 1000} kB style, ${got.files} of ${files} files`)
}
process.exit(failed ? 1 : 0)
