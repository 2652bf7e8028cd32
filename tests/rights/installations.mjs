// One installation with a few accounts that are signed in, made once; every organisation starts from a copy of it, so
// that none knows anything of the others and one can be made again alone.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, Installation } from '../support/server.mjs'

export const account_names = ['boss', 'anna', 'bert', 'cora', 'dora', 'emil', 'fred']

const session_of = ({ cookie, csrf, user }) => ({ cookie, csrf, user })

// `kept`: a folder in which the template stays between runs (SQLite only); signing in is slow on purpose.
export class Template {
  static async make(kind, kept) {
    const template = new Template()
    template.kind = kind
    template.folder = kept && kind === 'sqlite' ? kept : undefined
    const known = template.folder && join(template.folder, 'sessions.json')
    if (known && existsSync(known)) {
      template.sessions = JSON.parse(readFileSync(known, 'utf8'))
      return template
    }
    const installation = new Installation(kind)
    template.installation = installation
    const accounts = account_names.map((login) => installation.add_user(login, login === 'boss' ? 'administrator' : 'salesperson'))
    const server = await installation.serve()
    const clients = await Promise.all(accounts.map((account) => server.sign_in(account)))
    await server.stop()
    template.sessions = Object.fromEntries(account_names.map((login, i) => [login, session_of(clients[i])]))
    if (known) {
      rmSync(template.folder, { recursive: true, force: true })
      mkdirSync(template.folder, { recursive: true })
      cpSync(installation.folder, join(template.folder, 'data'), { recursive: true })
      writeFileSync(known, JSON.stringify(template.sessions))
    }
    return template
  }

  // A running server on a copy of its own, and everybody signed in to it.
  async start() {
    const copy = this.installation ? this.installation.copy() : Installation.from(join(this.folder, 'data'))
    const server = await copy.serve()
    const clients = {}
    for (const [login, session] of Object.entries(this.sessions)) clients[login] = Object.assign(new Client(server.origin), session)
    return { installation: copy, server, clients }
  }
}
