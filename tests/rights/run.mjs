// node tests/rights/run.mjs [--cases 1000] [--seed N] [--database sqlite|postgres] [--organisation K [--case I]]
//                           [--family NAME] [--differences 5] [--template FOLDER]
// Without a seed one is taken from the clock and printed. The exit code is 1 when anything differs.
import { parseArgs } from 'node:util'
import { Run } from './runner.mjs'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    database: { type: 'string', default: 'sqlite' },
    organisation: { type: 'string' },
    case: { type: 'string' },
    family: { type: 'string' },
    differences: { type: 'string', default: '5' },
    template: { type: 'string' },
  },
})
const number = (text) => (text === undefined ? undefined : Number(text))
const seed = values.seed ?? String(Date.now() % 1_000_000_000)
const run = new Run({
  seed,
  database: values.database,
  cases: number(values.cases),
  organisation: number(values.organisation),
  only: number(values.case),
  family: values.family,
  kept: values.template,
  differences_max: number(values.differences),
})
console.log(`seed ${seed}, ${values.database}`)
const started = performance.now()
await run.run()
for (const [family, { cases, milliseconds }] of [...run.by_family].sort()) console.log(`  ${family.padEnd(24)} ${String(cases).padStart(6)} cases ${String(Math.round(milliseconds / cases)).padStart(6)} ms each`)
for (const { text, differs } of run.times) console.log(`  ${text}${differs ? '  DIFFERS' : ''}`)
for (const route of run.described?.unknown ?? []) console.log(`  UNKNOWN ROUTE ${route}: say in tests/rights/routes.mjs which cases ask it`)
console.log(`${run.done} cases, ${run.differences.length} differences, ${Math.round((performance.now() - started) / 1000)} s`)
process.exit(run.differences.length || run.described?.unknown.length || run.times.some(({ differs }) => differs) ? 1 : 0)
