import { fieldAccesses, type FieldAccess, type RightsField } from '@/api/rights'
import { usualAccess } from '@/records/rights/grants'

/** Titles are always read, and nobody writes what the system works out. */
export const mayHave = (field: RightsField, access: FieldAccess): boolean => (!field.always_read || access === 'read' || access === 'write') && (!field.read_only || access !== 'write')
export const openTo = (field: RightsField): readonly FieldAccess[] => fieldAccesses.filter((access) => mayHave(field, access))
const possible = (field: RightsField, access: FieldAccess): FieldAccess => (access === 'write' && field.read_only ? 'read' : access)
/** What a role that does not speak of the field leaves of it. */
export const usualOf = (field: RightsField): FieldAccess => possible(field, usualAccess(field))
export const accessOf = (field: RightsField, named: FieldAccess | undefined): FieldAccess => (named ? possible(field, named) : usualOf(field))
