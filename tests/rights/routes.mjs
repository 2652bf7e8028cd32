// Every route of the API description, and the kinds of cases that ask it. A route that is not here fails the test: say
// which cases hold it against the model, or why it tells and changes nothing of records.
const none = (why) => ({ no_records: why })
const open = none('answers without sign-in and tells nothing of records')
const own_session = none('the own session and account, whatever rights somebody has')
const accounts = none('accounts, for who has the special right; told of no records, in tests/api/identity.test.mjs and passkeys.test.mjs')
const providers = none('sets single sign-on up, for administrators, in tests/api/sso.test.mjs')
const directories = none('the company\'s directories, for who has the special right, in tests/api/directory.test.mjs')
const application = none('for applications, with tokens of their own, in tests/api/issuer.test.mjs')
const keys = none('own API keys, or all of them with the special right, in tests/api/keys.test.mjs')
const views = none('who looks as whom, in tests/api/view_as.test.mjs')

export const routes = {
  'GET /api/records/{object}': ['list', 'sorted_list', 'search_in_list', 'past'],
  'POST /api/records/{object}': ['create'],
  'PATCH /api/records/{object}': ['change_each'],
  'GET /api/records/{object}/groups': ['groups', 'past'],
  'GET /api/records/{object}/options': ['options'],
  'POST /api/records/{object}/duplicates': ['duplicates'],
  'POST /api/records/{object}/shares': ['share_many'],
  'POST /api/records/{object}/{action}': ['change_many', 'delete_many', 'assign', 'guess'],
  'GET /api/records/{object}/{id}': ['read', 'past'],
  'PATCH /api/records/{object}/{id}': ['change', 'guess', 'undo'],
  'DELETE /api/records/{object}/{id}': ['remove'],
  'GET /api/records/{object}/{id}/history': ['history'],
  'GET /api/records/{object}/{id}/timeline': ['timeline'],
  'GET /api/records/{object}/{id}/access': ['explanation'],
  'GET /api/records/{object}/{id}/shares': ['shares', 'share'],
  'POST /api/records/{object}/{id}/shares': ['share'],
  'DELETE /api/records/{object}/{id}/shares/{share}': ['unshare'],
  'POST /api/records/{object}/{id}/{action}': ['act', 'remove', 'restore', 'assign'],
  'GET /api/search': ['search_everywhere'],
  'GET /api/exports/{object}': ['export_csv', 'export_xlsx'],
  'GET /api/events': ['events'],
  'GET /api/batches': ['undo'],
  'POST /api/batches/{id}/undo': ['undo'],
  'GET /api/batches/{id}/changes': ['changes_of_batch'],
  'GET /api/notices': ['notices'],
  'POST /api/notices/read': ['notices'],
  'GET /api/handovers/{object}/{id}': ['handover'],
  'POST /api/handovers/{object}/{id}': ['hand_over'],
  'POST /api/files': ['files', 'import_rows'],
  'GET /api/files/{id}': ['files'],
  'POST /api/imports': ['import_rows'],
  'GET /api/imports/{id}': ['import_rows'],
  'PATCH /api/imports/{id}': ['import_rows'],
  'POST /api/imports/{id}/check': ['import_rows'],
  'POST /api/imports/{id}/run': ['import_rows'],
  'POST /api/imports/{id}/cancel': ['import_rows'],
  'GET /api/imports/{id}/rejects': ['import_rows'],
  'PATCH /api/imports/{id}/rejects': ['import_rows'],
  'GET /api/imports/{id}/rejects.csv': ['import_rows'],
  'GET /api/jobs/{id}': ['import_rows', 'hand_over'],
  'POST /api/jobs/{id}/cancel': ['import_rows'],
  'GET /api/meta': ['meta'],
  'GET /api/help/{object}': ['help'],
  'GET /api/rights/model': ['rights_model'],
  'POST /api/rights/check': ['rights_check'],
  'GET /api/rights/users': ['rights_users'],
  'GET /api/rights/users/{id}': ['rights_of_user'],
  'GET /api/rights/departments/{id}': ['rights_of_department'],
  'GET /api/audit/archives': none('files of the audit; for administrators, in tests/api/audit.test.mjs'),
  'POST /api/audit/archives': none('moves entries of the audit into a file; for administrators, in tests/api/audit.test.mjs'),
  'GET /api/audit/archives/{name}': none('a file of the audit; for administrators, in tests/api/audit.test.mjs'),
  'GET /api/audit/archives/{name}/check': none('says whether such a file is whole; for administrators, in tests/api/audit.test.mjs'),
  'GET /api/audit/verify': none('says whether the audit is whole; for administrators, in tests/api/audit.test.mjs'),

  'GET /api/openapi.json': open,
  'GET /api/public': open,
  'GET /healthz': open,
  'GET /metrics': open,
  'POST /api/session': open,
  'GET /api/session': own_session,
  'PATCH /api/session': own_session,
  'DELETE /api/session': own_session,
  'POST /api/session/password': own_session,
  'GET /.well-known/openid-configuration': application,
  'GET /api/accounts': accounts,
  'POST /api/accounts/{id}/link': accounts,
  'GET /api/accounts/{id}/passkeys': accounts,
  'DELETE /api/accounts/{id}/passkeys/{passkey}': accounts,
  'DELETE /api/accounts/{id}/second_factor': accounts,
  'DELETE /api/accounts/{id}/sessions': accounts,
  'POST /api/applications': open,
  'GET /api/directories': directories,
  'POST /api/directories/{id}/check': directories,
  'PUT /api/directories/{id}/password': directories,
  'POST /api/directories/{id}/synchronise': directories,
  'GET /api/keys': keys,
  'POST /api/keys': keys,
  'DELETE /api/keys/{id}': keys,
  'GET /api/portal': own_session,
  'GET /api/profile': own_session,
  'PATCH /api/profile': own_session,
  'GET /api/profile/links': own_session,
  'POST /api/profile/links/{provider}': own_session,
  'DELETE /api/profile/links/{provider}': own_session,
  'GET /api/profile/sessions': own_session,
  'DELETE /api/profile/sessions': own_session,
  'DELETE /api/profile/sessions/{session}': own_session,
  'GET /api/providers': providers,
  'POST /api/providers/{id}/check': providers,
  'PUT /api/providers/{id}/secret': providers,
  'GET /api/public/sign_in': open,
  'POST /api/recovery': open,
  'POST /api/recovery/link': open,
  'POST /api/recovery/password': open,
  'POST /api/session/code': own_session,
  'POST /api/session/passkey': open,
  'POST /api/session/passkey/begin': open,
  'POST /api/session/passkey_step': own_session,
  'POST /api/session/passkey_step/begin': own_session,
  'GET /api/session/passkeys': own_session,
  'POST /api/session/passkeys': own_session,
  'POST /api/session/passkeys/begin': own_session,
  'PATCH /api/session/passkeys/{id}': own_session,
  'DELETE /api/session/passkeys/{id}': own_session,
  'GET /api/session/provider_sign_out': open,
  'POST /api/session/recovery_codes': own_session,
  'GET /api/session/second_factor': own_session,
  'POST /api/session/second_factor': own_session,
  'DELETE /api/session/second_factor': own_session,
  'POST /api/session/second_factor/confirm': own_session,
  'GET /api/session/view': views,
  'POST /api/session/view': views,
  'DELETE /api/session/view': views,
  'GET /api/sessions': accounts,
  'DELETE /api/sessions': accounts,
  'DELETE /api/sessions/{session}': accounts,
  'GET /api/sso/{provider}': open,
  'GET /api/sso/{provider}/callback': open,
  'GET /api/sso_applications': providers,
  'POST /api/sso_applications/{id}/secret': providers,
  'GET /oauth/authorize': application,
  'GET /oauth/keys': application,
  'GET /oauth/sign_out': application,
  'POST /oauth/sign_out': application,
  'POST /oauth/token': application,
  'GET /oauth/userinfo': application,
  'POST /oauth/userinfo': application,
}

const patterns = Object.keys(routes).map((route) => {
  const [method, path] = route.split(' ')
  const literals = path.split('/').filter((part) => part && !part.startsWith('{')).length
  return { route, method, literals, path: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`) }
})

// The route that answers such a request: of several, the one that says most.
export function route_of(method, path) {
  const fitting = patterns.filter((one) => one.method === method && one.path.test(path))
  return fitting.sort((a, b) => b.literals - a.literals)[0]?.route
}

// Routes of the description that are not known here, and known ones that are gone.
export function compare_routes(paths) {
  const described = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
  return { unknown: described.filter((route) => !(route in routes)), gone: Object.keys(routes).filter((route) => !described.includes(route)) }
}
