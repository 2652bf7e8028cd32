import type { Person, RecordRow, Reference } from '@/api/types'
import { t } from '@/base/i18n'

export interface RightsPage { readonly key: string; readonly label: string; readonly icon: string; readonly to: string }

/** Whoever may see rights of others and where they come from. */
export const mayExplain = (person: Person | undefined): boolean => person?.special.includes('role.explain') === true

/** Pages on rights that belong to a record. The platform itself rests on these objects: who signs in, as what, and where. */
export function pagesOf(object: string, record: RecordRow, person: Person | undefined): RightsPage[] {
  if (!mayExplain(person)) return []
  if (object === 'role') return [{ key: 'matrix', label: t('rights.page.role'), icon: 'layout-grid', to: `/settings/roles/${record.id}` }]
  if (object === 'user') return [{ key: 'detail', label: t('rights.page.user'), icon: 'list-checks', to: `/settings/rights/users/${record.id}` }]
  if (object === 'department') return [{ key: 'people', label: t('rights.page.department'), icon: 'list-checks', to: `/settings/rights/departments/${record.id}` }]
  const role = object === 'role_assignment' ? (record.role as Reference | null) : null
  return role ? [{ key: 'matrix', label: t('rights.page.role'), icon: 'layout-grid', to: `/settings/roles/${role.id}` }] : []
}
