// A small sales office on a running server: a manager of everything, two salespeople, and somebody with other rights.
import { Installation, password_of } from './server.mjs'

// `serve`: options of the server.
export async function open_office(kind, { roles = {}, serve = [] } = {}) {
  const installation = Installation.kept('office', kind, (made) => {
    made.add_user('boss', 'administrator', { name: '总管' })
    made.add_user('zhou', 'salesperson', { name: '周凯' })
    made.add_user('lin', 'salesperson', { name: '林悦' })
  })
  const accounts = Object.fromEntries(['boss', 'zhou', 'lin'].map((login) => [login, { login, password: password_of(login) }]))
  for (const [login, role] of Object.entries(roles)) accounts[login] = installation.add_user(login, role)
  const server = await installation.serve(serve)
  const office = { installation, server, accounts }
  for (const [login, account] of Object.entries(accounts)) office[login] = await server.sign_in(account)
  const stages = await office.boss.all('stage', { sort: 'order' })
  office.stage = Object.fromEntries(stages.map((stage) => [stage.code, stage]))
  office.open_stages = stages.filter((stage) => stage.kind.code === 'open')
  return office
}

export const employee_of = (client) => client.user.employee.id
