/** To whom a role can be given, the object of each, and where it stands in an assignment. */
export const grantees = ['user', 'department', 'team', 'position', 'employee_level'] as const
export type Grantee = (typeof grantees)[number]
export const objectOf: Readonly<Record<Grantee, string>> = { user: 'user', department: 'department', team: 'team', position: 'position', employee_level: 'employee_level' }
export const fieldOf: Readonly<Record<Grantee, string>> = { user: 'account', department: 'department', team: 'team', position: 'position', employee_level: 'level' }
export const iconOf: Readonly<Record<Grantee, string>> = { user: 'user-round', department: 'folder-tree', team: 'users-round', position: 'id-card', employee_level: 'layers' }
