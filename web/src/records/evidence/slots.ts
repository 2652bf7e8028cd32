import { defineAsyncComponent, type Component } from 'vue'

/** Parts of a record page that a layout names as {"t": "slot", "name": …}; a name that is not here shows nothing. */
export const slots: Readonly<Record<string, Component>> = {
  audit_detail: defineAsyncComponent(() => import('./AuditDetail.vue')),
  operation_changes: defineAsyncComponent(() => import('./OperationChanges.vue')),
}
