import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { open_office } from '../support/office.mjs'
import { Installation, program, temporary_folder } from '../support/server.mjs'

function run(words, folder, input = '') {
  return spawnSync(program, words, { cwd: folder, input, encoding: 'utf8', timeout: 60_000 })
}

test('--help lists every command on standard output', () => {
  const { status, stdout } = run(['--help'])
  assert.equal(status, 0)
  for (const command of ['serve', 'demo', 'import', 'export', 'user']) assert.match(stdout, new RegExp(`^  guanxi ${command} `, 'm'))
})

test('every command explains itself without touching anything', () => {
  const folder = temporary_folder()
  for (const command of ['serve', 'demo', 'import', 'export', 'user', 'explain', 'doctor']) {
    const { status, stdout } = run([command, '--help'], folder)
    assert.equal(status, 0, command)
    assert.match(stdout, new RegExp(`^guanxi ${command}`), command)
  }
  assert.deepEqual(readdirSync(folder), [])
})

test('wrong arguments exit with 2, say what is wrong, and make no data folder', () => {
  const cases = [
    [[], /guanxi/],
    [['nonsense'], /nonsense/],
    [['--nonsense'], /--nonsense/],
    [['serve', 'extra'], /extra/],
    [['serve', '--nonsense'], /--nonsense/],
    [['serve', '--listen'], /--listen/],
    [['serve', '--listen', 'nowhere'], /--listen/],
    [['serve', '--listen', '127.0.0.1:99999'], /port/],
    [['serve', '--listen', '127.0.0.1:x'], /port/],
    [['serve', '--node', '16'], /--node/],
    [['serve', '--config', 'absent.json'], /absent\.json/],
    [['demo', '--size', 'huge'], /--size/],
    [['demo', '--size'], /--size/],
    [['import'], /OBJECT/],
    [['import', 'customer'], /FILE/],
    [['import', 'customer', 'absent.csv'], /absent\.csv/],
    [['import', 'customer', 'a.csv', 'b.csv'], /b\.csv/],
    [['export'], /OBJECT/],
    [['export', 'customer', '--format', 'pdf'], /--format/],
    [['export', 'customer', '--language', 'fr'], /--language/],
    [['user', 'add', 'zhou'], /--name/],
    [['user', 'add'], /LOGIN/],
  ]
  const folder = temporary_folder()
  for (const [words, complaint] of cases) {
    const { status, stderr, stdout } = run(words, folder)
    assert.equal(status, 2, words.join(' '))
    assert.match(stderr, complaint, words.join(' '))
    assert.equal(stdout, '', words.join(' '))
  }
  assert.deepEqual(readdirSync(folder).filter((name) => name === 'data'), [])
})

test('a configuration with an unknown setting, or one that is no JSON, is refused by name', () => {
  const folder = temporary_folder()
  writeFileSync(join(folder, 'unknown.json'), '{"databse": "sqlite"}')
  writeFileSync(join(folder, 'broken.json'), '{"data": ')
  const unknown = run(['serve', '--config', 'unknown.json'], folder)
  assert.equal(unknown.status, 2)
  assert.match(unknown.stderr, /databse/)
  assert.equal(run(['serve', '--config', 'broken.json'], folder).status, 2)
  for (const months of ['1', '"12"', '-6', '6.5']) {
    writeFileSync(join(folder, 'months.json'), `{"audit_months": ${months}}`)
    const refused = run(['serve', '--config', 'months.json'], folder)
    assert.equal(refused.status, 2, months)
    assert.match(refused.stderr, /audit_months/, months)
  }
})

test('a user can be added once, gets a password by standard input, and a weak one is refused', () => {
  const installation = new Installation('sqlite')
  installation.add_user('zhou', 'salesperson', { name: '周凯' })
  const again = installation.command(['user', 'add', 'zhou', '--name', '周凯', '--role', 'salesperson', '--password-stdin'], { input: 'another long password\n' })
  assert.equal(again.code, 1)
  const weak = installation.command(['user', 'add', 'li', '--name', '李明', '--role', 'salesperson', '--password-stdin'], { input: 'abc\n' })
  assert.equal(weak.code, 1)
  assert.match(weak.err, /password|characters/i)
  const roleless = installation.command(['user', 'add', 'li', '--name', '李明', '--role', 'nobody', '--password-stdin'], { input: 'a long enough password\n' })
  assert.equal(roleless.code, 1)
  assert.equal(installation.command(['user', 'disable', 'nobody']).code, 1)
})

test('a generated password is shown once and works', async () => {
  const installation = new Installation('sqlite')
  const { out } = installation.done(['user', 'add', 'zhou', '--name', '周凯', '--role', 'salesperson'])
  const [, password] = out.match(/^zhou \/ (\S+)/)
  const server = await installation.serve()
  const zhou = await server.sign_in({ login: 'zhou', password })
  assert.equal(zhou.user.name, '周凯')
  await server.stop()
})

test('a server without accounts makes one administrator with a password of its own, once', async () => {
  const installation = new Installation('sqlite')
  const first = await installation.serve()
  const [, password] = first.out.match(/admin \/ (\S+)/)
  const admin = await first.sign_in({ login: 'admin', password })
  assert.equal(admin.user.administrator, true)
  assert.deepEqual(await first.stop(), { code: 0, signal: null })
  const second = await installation.serve()
  assert.doesNotMatch(second.out, /admin \//)
  await second.sign_in({ login: 'admin', password })
  await second.stop('SIGINT')
})

test('the demo company is the same every time, and goes into an empty installation only', () => {
  const summary = (out) => out.split('\n').filter((line) => !line.includes('password'))
  const one = new Installation('sqlite')
  const first = one.done(['demo', '--size', 'small']).out
  const second = new Installation('sqlite').done(['demo', '--size', 'small']).out
  assert.match(first, /customers/)
  assert.deepEqual(summary(first), summary(second))
  const names = (installation) => installation.done(['export', 'customer', '--filter', '{"and":[]}']).out
  const before = names(one)
  const again = one.command(['demo', '--size', 'small'])
  assert.equal(again.code, 1)
  assert.equal(names(one), before)
})

test('explain says which role lets somebody see a record, and which does not (covers: PLAT-58)', async (context) => {
  const office = await open_office('sqlite')
  context.after(() => office.server.stop())
  const { id } = await office.boss.create('customer', { name: '说明公司' })
  const told = office.installation.command(['explain', 'zhou', 'customer', id])
  assert.equal(told.code, 0, told.err)
  assert.match(told.out, /^zhou may not view customer \d+$/m)
  assert.match(told.out, /^  yes  function: /m)
  assert.match(told.out, /^  no   record: [^]*salesperson by user zhou: own \(does not reach the record\)/m)
  assert.match(office.installation.command(['explain', 'boss', 'customer', id, '--verb', 'change', '--field', 'name']).out, /^boss may change customer/)
  assert.equal(office.installation.command(['explain', 'zhou', 'customer', 'x']).code, 2)
  assert.equal(office.installation.command(['explain', 'nobody', 'customer', id]).code, 1)
})
