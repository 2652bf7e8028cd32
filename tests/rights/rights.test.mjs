// Random companies against a slow, obvious model of rights: docs in README.md. The seed changes every day and can be
// chosen with GX_RIGHTS_SEED; a difference tells how to ask for it alone.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { databases, root } from '../support/server.mjs'
import { names_of_faults } from './planted.mjs'
import { Run } from './runner.mjs'

const cases = 1000
const seed = process.env.GX_RIGHTS_SEED ?? new Date().toISOString().slice(0, 10).replaceAll('-', '')

for (const database of databases) {
  describe(`rights of random companies on ${database}, seed ${seed}`, () => {
    const lines = []
    const run = new Run({ seed, database, cases: Math.ceil(cases / databases.length), log: (text) => lines.push(text) })

    test('who may do what is the same in every answer as in the model (covers: PLAT-47, PLAT-57, PLAT-60, PLAT-62, PLAT-64, PLAT-65, PLAT-66, NFR-27)', async () => {
      await run.run()
      assert.equal(run.differences.length, 0, lines.join('\n'))
      assert.equal(run.done, run.cases)
    })

    test('every route of the API description is held against the model, or says why it need not be (covers: NFR-31)', () => {
      assert.deepEqual(run.described.unknown, [], 'say in tests/rights/routes.mjs which cases ask these routes')
      assert.deepEqual(run.described.gone, [], 'these are no routes any more')
      assert.deepEqual(run.unasked(), [], 'no case has come by')
    })

    test('the time of a refusal does not tell whether the record is there', () => {
      for (const { text } of run.times) console.log(`# ${text}`)
      assert.ok(run.times.length > 0, 'times were taken')
      assert.deepEqual(run.times.filter(({ differs }) => differs), [])
    })
  })
}

// Whether they are found takes an hour to see (tests/rights/faults.mjs); that they can still be planted does not.
test('every planted fault still fits the sources', () => {
  assert.ok(names_of_faults().length >= 20)
  for (const name of names_of_faults()) {
    const { status, stderr } = spawnSync('git', ['apply', '--check', join('tests/rights/faults', `${name}.patch`)], { cwd: root, encoding: 'utf8' })
    assert.equal(status, 0, `${name}: ${stderr}`)
  }
})
