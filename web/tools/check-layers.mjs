// Reads the table of layers in src/README.md, and names every import that goes against it.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../src', import.meta.url))
const rows = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^\| `(\w+)` \| ([^|]*) \|/gm)]
const allowed = new Map(rows.map(([, layer, uses]) => [layer, new Set([layer, ...uses.match(/\w+/g)?.filter((word) => word !== 'nothing') ?? []])]))
const problems = []
const folders = readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory() && name !== 'styles')
for (const folder of folders) if (!allowed.has(folder)) problems.push(`src/${folder} has no row in src/README.md`)
for (const layer of allowed.keys()) if (!folders.includes(layer)) problems.push(`src/README.md names ${layer}, which does not exist`)

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* files(path)
    else if (/\.(ts|vue)$/.test(entry.name)) yield path
  }
}
const layerOf = (path) => relative(root, path).split(/[\\/]/)[0]
for (const path of files(root)) {
  const from = layerOf(path)
  if (!allowed.has(from)) continue
  const source = readFileSync(path, 'utf8')
  for (const [, target] of source.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
    const where = `${relative(root, path)}: ${target}`
    if (/^element-plus/.test(target) && from !== 'ui') problems.push(`${where}: only ui/ may use Element Plus`)
    const file = target.startsWith('@/') ? join(root, target.slice(2)) : target.startsWith('.') ? resolve(dirname(path), target) : ''
    if (!file || !file.startsWith(root)) continue
    const to = layerOf(file)
    if (!allowed.get(from).has(to)) problems.push(`${where}: ${from} may not use ${to}`)
  }
  if (from !== 'api' && !path.endsWith('.test.ts') && /(?<![\w.]|async )fetch\(/.test(source)) problems.push(`${relative(root, path)}: only api/ may call fetch`)
  if (/#[0-9a-f]{3,8}\b/i.test(source.match(/<style[\s\S]*<\/style>/)?.[0] ?? '')) problems.push(`${relative(root, path)}: a raw colour; use a token`)
}
for (const problem of problems) console.error(problem)
console.log(`layers: ${problems.length} problems`)
process.exit(problems.length ? 1 : 0)
