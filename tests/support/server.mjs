// Runs the program under test: commands, a server on a free port with its own data folder, and people who use it.
// Every test runs on SQLite, and on PostgreSQL where there is one (a server named by GX_TEST_POSTGRES, or a private one
// started from the distribution's package).
import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const data = (name) => join(root, 'tests/data', name)

function found_program() {
  const named = process.env.GX_PROGRAM
  if (named) return resolve(named)
  for (const build of ['release', 'debug']) {
    const program = join(root, 'build', build, 'guanxi')
    if (existsSync(program)) return program
  }
  throw new Error('no program to test: build guanxi, or name it in GX_PROGRAM')
}
export const program = found_program()

// What the program is started with, unless a test is about passwords themselves: see quick_passwords.cpp. A build with
// sanitizers has no such library.
const quick_passwords = join(dirname(program), 'quick_passwords.so')
const quickly = existsSync(quick_passwords) ? { LD_PRELOAD: quick_passwords } : {}

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds))

export async function until(what, condition, milliseconds = 20_000) {
  const end = Date.now() + milliseconds
  for (;;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > end) throw new Error(`waited ${milliseconds} ms in vain: ${what}`)
    await pause(25)
  }
}

// --- what must be gone when the tests end ---------------------------------------------------------------------------
const cleanups = new Set()
process.on('exit', () => {
  for (const cleanup of cleanups) cleanup()
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

export function temporary_folder() {
  const folder = mkdtempSync(join(tmpdir(), 'guanxi-test-'))
  cleanups.add(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

// What suites of one run share: tests/run names a folder for it. A suite that runs alone keeps it to itself.
const shared_folder = process.env.GX_TEST_SHARED ?? temporary_folder()

// Makes what will stand at the path, or waits until another suite has made it.
function once(path, make) {
  try {
    mkdirSync(`${path}.begun`)
  } catch (failure) {
    if (failure.code !== 'EEXIST') throw failure
    for (let tries = 0; !existsSync(path); ++tries) {
      if (tries > 1200) throw new Error(`another suite began to make ${path} and has not ended`)
      spawnSync('sleep', ['0.05'])
    }
    return
  }
  make()
}

// --- databases ------------------------------------------------------------------------------------------------------
function postgres_binaries() {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : []
  const complete = versions.filter((version) => existsSync(`/usr/lib/postgresql/${version}/bin/initdb`))
  const newest = complete.sort((a, b) => Number(b) - Number(a))[0]
  return newest && `/usr/lib/postgresql/${newest}/bin`
}

// GX_TEST_DATABASES=sqlite leaves PostgreSQL out, for a quick run.
export const databases = (process.env.GX_TEST_DATABASES ?? (process.env.GX_TEST_POSTGRES || postgres_binaries() ? 'sqlite postgres' : 'sqlite')).split(
  /[ ,]+/,
)

let cluster
function start_cluster() {
  const binaries = postgres_binaries()
  const folder = temporary_folder()
  let account = {}
  if (process.getuid() === 0) {
    // PostgreSQL refuses to run as root.
    const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((entry) => entry.startsWith('postgres:'))
    if (!line) throw new Error('no account "postgres" to run PostgreSQL as')
    const [, , uid, gid] = line.split(':')
    account = { uid: Number(uid), gid: Number(gid) }
    chownSync(folder, account.uid, account.gid)
  }
  chmodSync(folder, 0o755)
  const made = spawnSync(
    `${binaries}/initdb`,
    ['-D', `${folder}/data`, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions'],
    { ...account, cwd: folder, encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`)
  // The shell notices by the end of its input that the tests are over, also when they were killed.
  const options = `-D ${folder}/data -k ${folder} -c listen_addresses= -c shared_buffers=32MB -c max_connections=120 -c log_min_messages=fatal`
  spawn('/bin/sh', ['-c', `${binaries}/postgres ${options} >${folder}/log 2>&1 & server=$!; cat >/dev/null; kill -QUIT $server; wait $server`], {
    ...account,
    cwd: folder,
    stdio: ['pipe', 'ignore', 'ignore'],
  }).unref()
  const pid_file = `${folder}/data/postmaster.pid`
  for (let tries = 0; tries < 600; ++tries) {
    // The last line of postmaster.pid says "ready" when connections are taken.
    if (existsSync(pid_file) && readFileSync(pid_file, 'utf8').includes('ready')) return `host=${folder} user=postgres`
    spawnSync('sleep', ['0.05'])
  }
  throw new Error(`PostgreSQL does not start: ${readFileSync(`${folder}/log`, 'utf8')}`)
}

let databases_made = 0
const name_of_database = (connection) => /dbname=(\S+)/.exec(connection)[1]
// A new database, with all that is in the one named `template`.
function new_postgres_database(template, name = `guanxi_test_${process.pid}_${++databases_made}`) {
  const named = process.env.GX_TEST_POSTGRES
  cluster ??= named ? named.replace(/\bdbname=\S+/, '') : start_cluster()
  sql(`${cluster} dbname=postgres`, `create database ${name}${template ? ` template ${template}` : ''}`)
  return `${cluster} dbname=${name}`
}
function drop_postgres_database(connection) {
  sql(`${cluster} dbname=postgres`, `drop database ${name_of_database(connection)}`)
}

function sql(connection, statement) {
  const done = spawnSync('psql', ['-X', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-d', connection, '-c', statement], { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`psql: ${done.stderr}`)
  return done.stdout
}

const rows_of = (text) => text.split('\n').filter(Boolean).map((line) => line.split('\t'))
const sqlite_script = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=20)
for row in database.execute(sys.argv[2]): print(*row, sep='\\t')
database.commit()`

// Ends as the command ends, a signal included.
const measuring = `
import os, resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
open(sys.argv[1], 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
if code < 0: os.kill(os.getpid(), -code)
sys.exit(code)`

// --- one installation: a data folder and a database -----------------------------------------------------------------
export class Installation {
  // `real_passwords`: hashed with all the work that it takes outside of tests.
  constructor(kind, database, { real_passwords = false } = {}) {
    this.kind = kind
    this.env = { ...process.env, ...(real_passwords ? {} : quickly) }
    this.folder = temporary_folder()
    this.database = database ?? (kind === 'sqlite' ? 'sqlite' : new_postgres_database())
    this.options = ['--data', this.folder, '--database', this.database]
  }

  // The same again, with everything in it. No server may run on this one.
  copy() {
    const copy = new Installation(this.kind, this.kind === 'sqlite' ? undefined : new_postgres_database(name_of_database(this.database)))
    cpSync(this.folder, copy.folder, { recursive: true })
    return copy
  }

  // What several suites begin with: `make(installation)` makes it once in a run, and each gets a copy.
  static kept(name, kind, make) {
    const folder = join(shared_folder, `${name}-${kind}`)
    const database = `${basename(shared_folder)}_${name}`.toLowerCase().replaceAll('-', '_')
    once(folder, () => {
      const made = new Installation(kind, kind === 'sqlite' ? undefined : new_postgres_database(undefined, database))
      make(made)
      renameSync(made.folder, folder)
    })
    const copy = new Installation(kind, kind === 'sqlite' ? undefined : new_postgres_database(database))
    cpSync(folder, copy.folder, { recursive: true })
    return copy
  }

  // The small demo company, on SQLite.
  static demo() {
    return Installation.kept('demo', 'sqlite', (made) => made.done(['demo', '--size', 'small']))
  }

  // From the data folder of another one, on SQLite.
  static from(folder) {
    const copy = new Installation('sqlite')
    cpSync(folder, copy.folder, { recursive: true })
    return copy
  }

  // No server runs on it any more, and nobody wants what is in it.
  remove() {
    rmSync(this.folder, { recursive: true, force: true })
    if (this.kind === 'postgres') drop_postgres_database(this.database)
  }

  // Runs one command to its end. The first word is the command. `peak`: also tells the most memory it held, in bytes.
  command(words, { input = '', cwd, binary = false, peak = false } = {}) {
    const peak_file = join(this.folder, 'peak')
    const call = [program, ...words, ...this.options]
    const [first, ...rest] = peak ? ['python3', '-c', measuring, peak_file, ...call] : call
    const started = spawnSync(first, rest, {
      input,
      cwd,
      env: this.env,
      encoding: binary ? 'buffer' : 'utf8',
      maxBuffer: 256 << 20,
    })
    const bytes = peak ? Number(readFileSync(peak_file, 'utf8')) * 1024 : undefined
    return { code: started.status, signal: started.signal, out: started.stdout, err: String(started.stderr), peak: bytes }
  }

  done(words, options) {
    const result = this.command(words, options)
    if (result.code !== 0) throw new Error(`guanxi ${words.join(' ')}: exit ${result.code} ${result.signal ?? ''}\n${result.err}${result.out}`)
    return result
  }

  // One statement past the program: what somebody with the database in hand would do. Gives rows of texts.
  sql(statement) {
    if (this.kind !== 'sqlite') return rows_of(sql(this.database, `set search_path to guanxi; ${statement}`).replace(/^SET\n/, ''))
    const done = spawnSync('python3', ['-c', sqlite_script, join(this.folder, 'guanxi.db'), statement], { encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`sqlite: ${done.stderr}`)
    return rows_of(done.stdout)
  }

  // The summary that an import prints.
  import_file(object, file, map, more = []) {
    const { out } = this.done(['import', object, file, ...(map ? ['--map', map] : []), ...more])
    return JSON.parse(out)
  }

  // Commands from here on take it to be so many days earlier; 0 days ends that.
  days_ago(days) {
    const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch]
    const preload = [quickly.LD_PRELOAD, `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`].filter(Boolean).join(':')
    this.env = days ? { ...process.env, LD_PRELOAD: preload, FAKETIME: `-${days}d`, FAKETIME_DONT_FAKE_MONOTONIC: '1' } : { ...process.env, ...quickly }
  }

  add_user(login, role, { name = login, department, password = password_of(login) } = {}) {
    const words = ['user', 'add', login, '--name', name, '--role', role, '--password-stdin']
    if (department) words.push('--department', department)
    this.done(words, { input: password + '\n' })
    return { login, password }
  }

  async serve(more = []) {
    const port = await free_port()
    const child = spawn(program, ['serve', ...this.options, '--listen', `127.0.0.1:${port}`, ...more], { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] })
    const server = new Server(this, child, port)
    await server.ready()
    return server
  }
}

export const password_of = (login) => `correct horse of ${login}`

export function free_port() {
  return new Promise((done, failed) => {
    const probe = createServer()
    probe.on('error', failed)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => done(port))
    })
  })
}

export class Server {
  constructor(installation, child, port) {
    this.installation = installation
    this.child = child
    this.origin = `http://127.0.0.1:${port}`
    this.log = ''
    this.out = ''
    this.started = performance.now()
    child.stderr.on('data', (piece) => (this.log = (this.log + piece).slice(-200_000)))
    child.stdout.on('data', (piece) => (this.out += piece))
    this.ended = new Promise((done) => child.on('exit', (code, signal) => done((this.end = { code, signal }))))
    this.cleanup = () => child.kill('SIGKILL')
    cleanups.add(this.cleanup)
  }

  async ready() {
    await until('the server listens', () => {
      if (this.end) throw new Error(`the server ended: ${JSON.stringify(this.end)}\n${this.log}`)
      return this.out.includes('listens on')
    })
    this.start_milliseconds = performance.now() - this.started
  }

  async stop(signal = 'SIGTERM') {
    this.child.kill(signal)
    const end = await this.ended
    cleanups.delete(this.cleanup)
    return end
  }

  kill() {
    return this.stop('SIGKILL')
  }

  // Whoever has not signed in.
  stranger(headers = {}) {
    return new Client(this.origin, headers)
  }

  async sign_in({ login, password }, headers = {}) {
    const client = new Client(this.origin, headers)
    const answer = await client.post('/api/session', { login, password })
    if (answer.status !== 200) throw new Error(`sign-in of ${login}: ${answer.status} ${answer.text}`)
    client.take_session(answer)
    return client
  }

  // Lines of the log that speak of a defect in the program.
  defects() {
    return this.log.split('\n').filter((line) => /"level":"error"|defect/.test(line))
  }
}

// --- requests -------------------------------------------------------------------------------------------------------
export class Client {
  constructor(origin, headers = {}) {
    this.origin = origin
    this.headers = { 'accept-language': 'en', ...headers }
    this.cookie = ''
    this.csrf = ''
  }

  take_session(answer) {
    const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('gx_session='))
    if (cookie) this.cookie = cookie.split(';')[0]
    this.csrf = answer.body.csrf
    this.user = answer.body.user
  }

  // A body that is a string or bytes is sent as it stands; anything else as JSON.
  async request(method, path, { body, headers = {}, query, signal } = {}) {
    const url = new URL(this.origin + path)
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value === undefined) continue
      url.searchParams.set(name, typeof value === 'object' ? JSON.stringify(value) : value)
    }
    const sent = { ...this.headers, ...headers }
    if (this.cookie && !('cookie' in sent)) sent.cookie = this.cookie
    if (this.csrf && method !== 'GET' && !('x-csrf-token' in sent)) sent['x-csrf-token'] = this.csrf
    let raw = body
    if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array) && !(body instanceof FormData)) {
      raw = JSON.stringify(body)
      sent['content-type'] ??= 'application/json'
    }
    for (const name of Object.keys(sent)) if (sent[name] === null) delete sent[name]
    const response = await fetch(url, { method, body: raw, headers: sent, redirect: 'manual', signal })
    const bytes = Buffer.from(await response.arrayBuffer())
    const text = bytes.toString('utf8')
    const type = response.headers.get('content-type') ?? ''
    return { status: response.status, headers: response.headers, type, bytes, text, body: type.includes('json') && text ? JSON.parse(text) : undefined }
  }

  get(path, query, headers) {
    return this.request('GET', path, { query, headers })
  }
  post(path, body, headers) {
    return this.request('POST', path, { body, headers })
  }
  patch(path, body, headers) {
    return this.request('PATCH', path, { body, headers })
  }
  delete(path, headers) {
    return this.request('DELETE', path, { headers })
  }

  // The body of an answer that must be as expected.
  async expect(status, method, path, options) {
    const answer = await this.request(method, path, options)
    if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} instead of ${status}\n${answer.text.slice(0, 2000)}`)
    return answer.body
  }

  list(object, query = {}) {
    return this.expect(200, 'GET', `/api/records/${object}`, { query })
  }
  read(object, id, query) {
    return this.expect(200, 'GET', `/api/records/${object}/${id}`, { query })
  }
  create(object, fields, headers) {
    return this.expect(201, 'POST', `/api/records/${object}`, { body: fields, headers })
  }
  change(object, record, fields) {
    return this.expect(200, 'PATCH', `/api/records/${object}/${record.id}`, { body: fields, headers: { 'if-match': String(record.version) } })
  }
  act(object, id, action, params = {}) {
    return this.expect(200, 'POST', `/api/records/${object}/${id}/${action}`, { body: params })
  }

  async count(object, query = {}) {
    const { count } = await this.list(object, { limit: 1, count: 'exact', ...query })
    return count.value
  }

  // Every record of a list, page by page.
  async all(object, query = {}) {
    const records = []
    let after
    do {
      const page = await this.list(object, { limit: 500, ...query, after })
      records.push(...page.records)
      after = page.next ?? undefined
    } while (after)
    return records
  }

  async upload(name, content, type = 'text/csv') {
    const form = new FormData()
    form.set('file', new Blob([content], { type }), name)
    return this.expect(201, 'POST', '/api/files', { body: form })
  }

  // Long work, until it is over.
  async job(id, milliseconds = 120_000) {
    return until(`job ${id} ends`, async () => {
      const job = await this.expect(200, 'GET', `/api/jobs/${id}`)
      return ['done', 'failed', 'cancelled'].includes(job.state) && job
    }, milliseconds)
  }

  // The result of an answer that may have become a job.
  async result(answer) {
    if (answer.status === 200) return answer.body
    if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`)
    const job = await this.job(answer.body.job)
    if (job.state !== 'done') throw new Error(`job ${job.state}: ${job.problem}`)
    return job.result
  }

  async undo(batch) {
    return this.result(await this.post(`/api/batches/${batch}/undo`))
  }

  // Server-sent events. `next` gives the first one that the condition accepts.
  async events(headers = {}) {
    const abort = new AbortController()
    const response = await fetch(this.origin + '/api/events', { headers: { ...this.headers, cookie: this.cookie, ...headers }, signal: abort.signal })
    if (response.status !== 200) throw new Error(`events: ${response.status}`)
    const stream = { received: [], closed: false, close: () => abort.abort(), headers: response.headers }
    const reader = response.body.getReader()
    const decoder = new TextDecoder()
    let rest = ''
    const run = async () => {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        rest += decoder.decode(value, { stream: true })
        for (let at; (at = rest.indexOf('\n\n')) >= 0; rest = rest.slice(at + 2)) {
          const event = {}
          for (const line of rest.slice(0, at).split('\n')) {
            const colon = line.indexOf(':')
            if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 1).trim()
          }
          if (event.data) stream.received.push({ id: event.id, event: event.event, data: JSON.parse(event.data) })
        }
      }
    }
    run().catch(() => {}).finally(() => (stream.closed = true))
    stream.next = (condition, milliseconds = 5000) => until('an event arrives', () => stream.received.find(condition), milliseconds)
    return stream
  }
}

export const items = (answer) => answer.records
export const titles = (records) => records.map((record) => record.name)
