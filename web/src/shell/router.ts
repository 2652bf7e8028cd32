import { createRouter, createWebHistory, type RouteComponent, type RouteLocationNormalized } from 'vue-router'
import { moreMessages } from '@/base/i18n'
import { useMeta } from '@/meta/meta'
import { useSession } from '@/meta/session'
import { loadSetupTexts } from './texts'

declare module 'vue-router' {
  interface RouteMeta { open?: boolean }
}

const base = document.querySelector('base')?.getAttribute('href') ?? '/'

/** A screen whose texts are loaded along with it. */
const withTexts = (screen: () => Promise<{ default: RouteComponent }>) => async () => (await Promise.all([screen(), moreMessages(loadSetupTexts)]))[0]

export const router = createRouter({
  history: createWebHistory(base),
  routes: [
    { path: '/sign-in', component: () => import('@/screens/signin/SignInScreen.vue'), meta: { open: true } },
    { path: '/signed-out', component: () => import('@/screens/signin/SignedOutScreen.vue'), meta: { open: true } },
    { path: '/forgot-password', component: () => import('@/screens/signin/ForgotScreen.vue'), meta: { open: true } },
    { path: '/set-password', component: () => import('@/screens/signin/SetPasswordScreen.vue'), meta: { open: true } },
    { path: '/apply', component: () => import('@/screens/signin/ApplyScreen.vue'), meta: { open: true } },
    {
      path: '/',
      component: () => import('./AppShell.vue'),
      children: [
        { path: '', redirect: '/home' },
        { path: 'home', component: () => import('@/screens/home/HomeScreen.vue') },
        { path: 'me', component: () => import('@/screens/settings/MeScreen.vue') },
        { path: 'settings/security', component: withTexts(() => import('@/screens/security/SecurityReport.vue')) },
        { path: 'applications', component: () => import('@/screens/settings/PortalScreen.vue') },
        { path: 'settings', component: () => import('@/screens/settings/SettingsScreen.vue') },
        { path: 'settings/roles/compare', component: withTexts(() => import('@/screens/rights/CompareScreen.vue')) },
        { path: 'settings/roles/all', component: withTexts(() => import('@/screens/rights/AllRolesScreen.vue')) },
        { path: 'settings/roles/:id?', component: withTexts(() => import('@/screens/rights/RoleScreen.vue')), props: true },
        { path: 'settings/rights/users/:id?', component: withTexts(() => import('@/screens/rights/UserRightsScreen.vue')), props: true },
        { path: 'settings/rights/assign', component: withTexts(() => import('@/screens/rights/AssignScreen.vue')) },
        { path: 'settings/rights/departments/:id?', component: withTexts(() => import('@/screens/rights/DepartmentRightsScreen.vue')), props: true },
        { path: 'settings/policy', component: () => import('@/screens/settings/PolicyScreen.vue') },
        { path: 'settings/accounts', component: () => import('@/screens/settings/AccountsScreen.vue') },
        { path: 'settings/keys', component: () => import('@/screens/settings/KeysScreen.vue') },
        { path: 'settings/sso', component: () => import('@/screens/settings/SsoScreen.vue') },
        { path: 'settings/directories', component: () => import('@/screens/settings/DirectoriesScreen.vue') },
        { path: 'settings/online', component: () => import('@/screens/settings/OnlineScreen.vue') },
        { path: 'o/:object', component: () => import('@/screens/list/ListScreen.vue'), props: true },
        { path: 'o/:object/v/:view', component: () => import('@/screens/list/ListScreen.vue'), props: true },
        { path: 'o/:object/import', component: withTexts(() => import('@/screens/import/ImportScreen.vue')), props: true },
        { path: 'o/:object/new', component: () => import('@/screens/record/FormScreen.vue'), props: true },
        { path: 'o/:object/tree', component: () => import('@/screens/tree/TreeScreen.vue'), props: true },
        { path: 'o/:object/:id', component: () => import('@/screens/record/RecordScreen.vue'), props: true },
        { path: 'o/:object/:id/edit', component: () => import('@/screens/record/FormScreen.vue'), props: true },
        { path: 'o/:object/:id/hand-over', component: withTexts(() => import('@/screens/handover/HandoverScreen.vue')), props: true },
        { path: 'notices', component: () => import('@/screens/notices/NoticesScreen.vue') },
        { path: 'bin', component: () => import('@/screens/bin/BinScreen.vue') },
        { path: ':rest(.*)*', component: () => import('@/screens/error/NotFoundScreen.vue') },
      ],
    },
  ],
})

/** Has this page asked the server who is signed in? */
let asked = false

/** Nothing but the sign-in opens without a session and the metadata; the way back stays in the address. */
export async function admit(to: RouteLocationNormalized) {
  const session = useSession()
  const meta = useMeta()
  // A sign-in that was not finished when the page was loaded again goes on where it was.
  if (to.path === '/sign-in' && !asked) await session.resume()
  asked = true
  if (to.meta.open) return true
  if (!session.user && !(await session.resume())) return { path: '/sign-in', query: to.path === '/' ? {} : { next: to.fullPath } }
  if (!meta.meta) await meta.load()
  return true
}
router.beforeEach(admit)
