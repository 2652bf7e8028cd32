import { ref, readonly } from 'vue'

export type Theme = 'light' | 'dark' | 'system'
export type Density = 'compact' | 'default' | 'roomy'

const theme = ref<Theme>('system')
const density = ref<Density>('default')
const dark = window.matchMedia?.('(prefers-color-scheme: dark)')

function paint(): void {
  const shown = theme.value === 'system' ? (dark?.matches ? 'dark' : 'light') : theme.value
  document.documentElement.dataset.theme = shown
  document.documentElement.classList.toggle('dark', shown === 'dark')
  document.documentElement.dataset.density = density.value
}
dark?.addEventListener?.('change', paint)

export function setTheme(value: Theme): void { theme.value = value; paint() }
export function setDensity(value: Density): void { density.value = value; paint() }
export const look = { theme: readonly(theme), density: readonly(density) }

/** Below this width the phone layout shows. */
const narrow = window.matchMedia?.('(max-width: 768px)')
const phone = ref(narrow?.matches ?? false)
narrow?.addEventListener?.('change', (event) => { phone.value = event.matches })
export const isPhone = readonly(phone)
