import { scopes, type RightsModel, type Scope } from '@/api/rights'
import { rightOf, type Grants } from '@/records/rights/grants'

/** The three tiers that a company is used to think in, from the widest; whoever sees nothing stands last. */
export const tiers = ['company', 'department', 'own', 'nothing'] as const
export type Tier = (typeof tiers)[number]
const tierOf: Readonly<Record<Scope, Tier>> = { all: 'company', department_and_below: 'department', department: 'department', team: 'own', own: 'own', none: 'nothing' }

/** How far a role sees, in one word: the extent of most of the lists that have owners; of two alike the wider. */
export function reachOf(grants: Grants, model: RightsModel): Scope {
  if (grants.administrator) return 'all'
  const lists = model.objects.filter((object) => object.owned && object.menu)
  const count = (scope: Scope) => lists.filter((object) => rightOf(grants, object, 'view').scope === scope).length
  return [...scopes].reverse().reduce((best, scope) => (count(scope) > count(best) ? scope : best), 'all')
}
export function inTiers<T extends { readonly reach: Scope }>(roles: readonly T[]): readonly { readonly tier: Tier; readonly roles: readonly T[] }[] {
  return tiers.map((tier) => ({ tier, roles: roles.filter((role) => tierOf[role.reach] === tier) })).filter((one) => one.roles.length)
}
