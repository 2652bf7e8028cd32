import { readonly, ref } from 'vue'

export interface Toast { readonly id: number; readonly text: string; readonly icon: string; readonly action?: string; readonly run?: () => void }

const shown = ref<Toast[]>([])
let next = 1
/** Long enough to read and to change one's mind. */
const lifetime = 8000

export const toasts = readonly(shown)

export function dismiss(id: number): void {
  shown.value = shown.value.filter((toast) => toast.id !== id)
}

export function toast(text: string, more: { icon?: string; action?: string; run?: () => void } = {}): number {
  const id = next
  next += 1
  shown.value = [...shown.value.slice(-3), { id, text, icon: more.icon ?? 'check', action: more.action, run: more.run }]
  window.setTimeout(() => dismiss(id), lifetime)
  return id
}
