// A real directory for tests: slapd of the distribution, started privately on free ports with a few people, and ways to
// change them. And one that never answers.
import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { free_port, pause, temporary_folder } from './server.mjs'

export const base = 'dc=huaxin,dc=example'
const admin = ['-D', `cn=admin,${base}`, '-w', 'of the test alone']
export const reader = { name: `cn=guanxi,${base}`, password: 'only reads (people) & *groups*' }

function run(program, words, input = '') {
  const done = spawnSync(program, words, { input, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${program}: ${done.stderr}${done.error ?? ''}`)
  return done.stdout
}

// Quickly made.
const new_key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']

function make_certificates(folder) {
  const at = (name) => join(folder, name)
  run('openssl', ['req', '-x509', ...new_key, '-nodes', '-days', '2', '-subj', '/CN=Authority of the test', '-keyout', at('ca.key'), '-out', at('ca.pem')])
  run('openssl', ['req', ...new_key, '-nodes', '-subj', '/CN=localhost', '-keyout', at('server.key'), '-out', at('server.csr')])
  writeFileSync(at('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  run('openssl', ['x509', '-req', '-in', at('server.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('names'), '-out', at('server.pem')])
}

function make_authority(folder) {
  run('openssl', ['req', '-x509', ...new_key, '-nodes', '-days', '2', '-subj', '/CN=Another authority', '-keyout', join(folder, 'other.key'), '-out', join(folder, 'other.pem')])
  return readFileSync(join(folder, 'other.pem'), 'utf8')
}

const text = (value) => (/^[\x20-\x7e]*$/.test(value) && !/^[ :<]/.test(value) ? `: ${value}` : `:: ${Buffer.from(value).toString('base64')}`)
const ldif = (dn, lines) => `dn${text(dn)}\n${lines.map(([name, value]) => `${name}${text(value)}`).join('\n')}\n\n`

export class Directory {
  static async open() {
    const directory = new Directory()
    const folder = (directory.folder = temporary_folder())
    make_certificates(folder)
    mkdirSync(join(folder, 'data'))
    const [plain, secure] = [await free_port(), await free_port()]
    directory.url = `ldap://127.0.0.1:${plain}`
    directory.secure_url = `ldaps://127.0.0.1:${secure}`
    directory.other_authority = make_authority(folder)
    directory.authority = readFileSync(join(folder, 'ca.pem'), 'utf8')
    const schemas = ['core', 'cosine', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`)
    writeFileSync(
      join(folder, 'slapd.conf'),
      [
        ...schemas, 'modulepath /usr/lib/ldap', 'moduleload back_mdb', 'moduleload ppolicy', `pidfile ${folder}/pid`, 'disallow bind_anon', 'sizelimit size.soft=20 size.hard=20 size.prtotal=unlimited',
        `TLSCACertificateFile ${folder}/ca.pem`, `TLSCertificateFile ${folder}/server.pem`, `TLSCertificateKeyFile ${folder}/server.key`, 'database mdb', `suffix "${base}"`,
        `rootdn "cn=admin,${base}"`, 'rootpw "of the test alone"', `directory ${folder}/data`, 'dbnosync', 'index objectClass,uid,entryUUID,member eq',
        'access to attrs=userPassword by anonymous auth by * none', `access to * by dn.exact="${reader.name}" read by anonymous auth by * none`, 'overlay ppolicy', `ppolicy_default "cn=policy,${base}"`, '',
      ].join('\n'),
    )
    directory.child = spawn('/usr/sbin/slapd', ['-f', join(folder, 'slapd.conf'), '-h', `${directory.url}/ ${directory.secure_url}/`, '-d', '0'], { stdio: ['ignore', 'ignore', 'pipe'] })
    directory.log = ''
    directory.child.stderr.on('data', (piece) => (directory.log += piece))
    process.on('exit', () => directory.child.kill('SIGKILL'))
    for (let tries = 0; ; ++tries) {
      const answer = spawnSync('ldapsearch', ['-x', '-H', directory.url, ...admin, '-b', '', '-s', 'base'], { encoding: 'utf8' })
      if (answer.status === 0) break
      if (tries > 200 || directory.child.exitCode !== null) throw new Error(`slapd does not start: ${directory.log}${answer.stderr}`)
      await pause(50)
    }
    directory.add(
      ldif(base, [['objectClass', 'dcObject'], ['objectClass', 'organization'], ['o', '华信科技'], ['dc', 'huaxin']]),
      ldif(`ou=people,${base}`, [['objectClass', 'organizationalUnit'], ['ou', 'people']]),
      ldif(reader.name, [['objectClass', 'organizationalRole'], ['objectClass', 'simpleSecurityObject'], ['cn', 'guanxi'], ['userPassword', reader.password]]),
      // Five wrong passwords in a row lock an account until somebody unlocks it.
      ldif(`cn=policy,${base}`, [['objectClass', 'device'], ['objectClass', 'pwdPolicy'], ['cn', 'policy'], ['pwdAttribute', 'userPassword'], ['pwdLockout', 'TRUE'], ['pwdMaxFailure', '5']]),
    )
    return directory
  }

  close() {
    this.child.kill('SIGKILL')
  }

  add(...entries) {
    run('ldapadd', ['-x', '-H', this.url, ...admin], entries.join(''))
  }
  person(uid, { name = uid, mail, mobile, password = `directory of ${uid}` } = {}) {
    const lines = [['objectClass', 'inetOrgPerson'], ['uid', uid], ['cn', name], ['sn', name], ['userPassword', password]]
    if (mail) lines.push(['mail', mail])
    if (mobile) lines.push(['mobile', mobile])
    this.add(ldif(`uid=${uid},ou=people,${base}`, lines))
    return { login: uid, password }
  }
  people(uids) {
    this.add(...uids.map((uid) => ldif(`uid=${uid},ou=people,${base}`, [['objectClass', 'inetOrgPerson'], ['uid', uid], ['cn', uid], ['sn', uid]])))
  }
  // `inside`: other groups that are in this one.
  group(cn, uids, inside = []) {
    const members = [...uids.map((uid) => `uid=${uid},ou=people,${base}`), ...inside.map((other) => `cn=${other},${base}`)]
    this.add(ldif(`cn=${cn},${base}`, [['objectClass', 'groupOfNames'], ['cn', cn], ...members.map((member) => ['member', member])]))
  }
  lock(uid) {
    for (let tries = 0; tries < 5; ++tries) spawnSync('ldapwhoami', ['-x', '-H', this.url, '-D', `uid=${uid},ou=people,${base}`, '-w', 'wrong'])
  }
  unlock(uid) {
    run('ldapmodify', ['-x', '-H', this.url, ...admin], `dn: uid=${uid},ou=people,${base}\nchangetype: modify\ndelete: pwdAccountLockedTime\n`)
  }
  members(cn, uids) {
    const members = uids.map((uid) => `member: uid=${uid},ou=people,${base}`).join('\n')
    run('ldapmodify', ['-x', '-H', this.url, ...admin], `dn: cn=${cn},${base}\nchangetype: modify\nreplace: member\n${members}\n`)
  }
  change(uid, attribute, value) {
    run('ldapmodify', ['-x', '-H', this.url, ...admin], `dn: uid=${uid},ou=people,${base}\nchangetype: modify\nreplace: ${attribute}\n${attribute}${text(value)}\n`)
  }
  rename(uid, next) {
    run('ldapmodrdn', ['-x', '-H', this.url, ...admin, '-r', `uid=${uid},ou=people,${base}`, `uid=${next}`])
  }
  remove(...uids) {
    run('ldapdelete', ['-x', '-H', this.url, ...admin], uids.map((uid) => `uid=${uid},ou=people,${base}\n`).join(''))
  }
}

// Takes connections and says nothing; with `agrees` it says one thing, that encryption may begin (StartTLS).
const may_begin = Buffer.from('300c02010178070a010004000400', 'hex')
export async function open_silence({ agrees = false } = {}) {
  const sockets = new Set()
  const silence = { taken: 0 }
  const server = createServer((socket) => {
    ++silence.taken
    if (agrees) socket.once('data', () => socket.write(may_begin))
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  server.unref()
  const close = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  const { port } = server.address()
  return Object.assign(silence, { url: `ldap://127.0.0.1:${port}`, secure_url: `ldaps://127.0.0.1:${port}`, close })
}
