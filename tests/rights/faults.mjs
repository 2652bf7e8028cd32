// Does the generated test find what is wrong? Each patch of faults/ is applied to a copy of the sources, the program is
// built from it in a folder of its own, and cases are asked until something differs.
//
// node tests/rights/faults.mjs [--build FOLDER] [--cases 1500] [--seed N] [--database sqlite] [--only NAME[,NAME]]
//                              [--family NAME] [--missing] [--table]
//
// The build folder is kept, so that only what a fault touches is built again, and so are the results: --missing asks
// those that have none (and not first whether 1,500 cases differ without any fault), --table prints them for docs/security/rights_test.md. Not part of ./test: it takes an hour.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../support/server.mjs'
import { names_of_faults, patch_of, what_is_wrong } from './planted.mjs'

const { values } = parseArgs({
  options: {
    build: { type: 'string', default: join(root, 'build/faults') },
    cases: { type: 'string', default: '1500' },
    seed: { type: 'string', default: '1' },
    database: { type: 'string', default: 'sqlite' },
    only: { type: 'string' },
    family: { type: 'string' },
    missing: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
})
const build = resolve(values.build)
const copy = join(build, 'copy')
const kept = join(build, 'results.json')
const results = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : {}
const wanted = values.only?.split(',')
const names = names_of_faults().filter((name) => (!wanted || wanted.includes(name)) && !(values.missing && results[name]?.found))

if (values.table) {
  console.log('| Fault | What is wrong | Found after | Seed | By |\n| --- | --- | --- | --- | --- |')
  for (const name of names_of_faults()) {
    const { found, cases, seed, family } = results[name] ?? {}
    console.log(`| \`${name}\` | ${what_is_wrong(name)} | ${found ? `${cases} cases` : 'not yet'} | ${seed ?? ''} | ${family ?? ''} |`)
  }
  process.exit(0)
}

function run(words, options = {}) {
  return spawnSync(words[0], words.slice(1), { encoding: 'utf8', maxBuffer: 64 << 20, ...options })
}
function must(words, options) {
  const { status, stdout, stderr } = run(words, options)
  if (status !== 0) throw new Error(`${words.join(' ')}: ${status}\n${stdout}${stderr}`)
  return stdout
}

// Only what is different is written, so that the build knows what is old.
function put_sources() {
  const listed = must(['git', 'ls-files', '-co', '--exclude-standard'], { cwd: root }).split('\n').filter((name) => name && existsSync(join(root, name)))
  for (const name of listed) {
    const [from, to] = [readFileSync(join(root, name)), join(copy, name)]
    if (existsSync(to) && readFileSync(to).equals(from)) continue
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, from)
    chmodSync(to, statSync(join(root, name)).mode)
  }
  // What is gone must not be found by the build.
  const known = new Set(listed)
  for (const part of ['src', 'modules'])
    for (const name of readdirSync(join(copy, part), { recursive: true }).map((name) => join(part, name)))
      if (!known.has(name) && statSync(join(copy, name)).isFile()) rmSync(join(copy, name))
}

function build_program() {
  if (!existsSync(join(copy, 'build/release/build.ninja'))) must(['cmake', '--preset', 'release', '-DGX_WEB=OFF', '-DGX_TESTS=OFF'], { cwd: copy })
  return run(['cmake', '--build', 'build/release', '--target', 'guanxi', '-j2'], { cwd: copy })
}

function ask(program, only = []) {
  const words = ['node', 'tests/rights/run.mjs', '--cases', values.cases, '--seed', values.seed, '--database', values.database, '--differences', '1', '--template', join(build, 'template'), ...(values.family ? ['--family', values.family] : []), ...only]
  return run(words, { cwd: root, env: { ...process.env, GX_PROGRAM: program } })
}

const program = join(copy, 'build/release/guanxi')
const found_now = []
const unspoilt = '(as it is)'
rmSync(join(build, 'template'), { recursive: true, force: true })
put_sources()
if (build_program().status !== 0) throw new Error('the sources do not build as they are')
const sound = join(build, 'unspoilt')
copyFileSync(program, sound)
for (const name of values.missing ? names : [unspoilt, ...names]) {
  const started = Date.now()
  put_sources()
  if (name !== unspoilt) must(['patch', '-p1', '--no-backup-if-mismatch', '-i', patch_of(name)], { cwd: copy })
  const built = build_program()
  if (built.status !== 0) throw new Error(`${name} does not build\n${built.stdout.slice(-3000)}${built.stderr.slice(-3000)}`)
  const built_seconds = Math.round((Date.now() - started) / 1000)
  const { status, stdout, stderr } = ask(program)
  const first = (/^DIFFERENCE (.*)$/m.exec(stdout) ?? /^ +(.* DIFFERS)$/m.exec(stdout))?.[1] ?? ''
  const found = first !== ''
  if (status !== 0 && !found) throw new Error(`${name}: the cases broke off\n${stdout.slice(-4000)}${stderr.slice(-2000)}`)
  // A case in which the model is wrong finds every fault.
  const again = /organisation (\d+), case (\d+)/.exec(first)
  if (name !== unspoilt && again && ask(sound, ['--organisation', again[1], '--case', again[2]]).status !== 0)
    throw new Error(`${name}: the program without any fault differs in the same case: ${first}`)
  const cases = /^(\d+) cases/m.exec(stdout)?.[1] ?? '?'
  const why = name === unspoilt ? 'Nothing is wrong.' : what_is_wrong(name)
  found_now.push({ name, found })
  if (name !== unspoilt) {
    const family = /, case \d+, (\w+),/.exec(first)?.[1] ?? ''
    results[name] = { found, cases: Number(cases), seed: values.seed, family, first: first.slice(0, 300) }
    writeFileSync(kept, JSON.stringify(results, null, 1))
  }
  console.log(`${found ? 'FOUND    ' : 'not found'} ${name}: ${why}\n            after ${cases} cases (built in ${built_seconds} s, asked for ${Math.round((Date.now() - started) / 1000) - built_seconds} s) ${first.slice(0, 300)}`)
  if (name === unspoilt && status !== 0) throw new Error(`there is a difference without any fault\n${stdout.slice(-4000)}${stderr.slice(-2000)}`)
}
const missed = found_now.filter(({ name, found }) => name !== unspoilt && !found)
const asked = found_now.filter(({ name }) => name !== unspoilt).length
console.log(`${asked - missed.length} of ${asked} faults were found${missed.length ? `; missed: ${missed.map(({ name }) => name).join(', ')}` : ''}`)
process.exit(missed.length ? 1 : 0)
