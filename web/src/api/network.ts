import { readonly, ref } from 'vue'

const running = ref(0)
const offline = ref(false)
const savedAt = ref<string>()

/** What the status bar shows of the line to the server. */
export const network = { running: readonly(running), offline: readonly(offline), savedAt: readonly(savedAt) }

export function writeStarted(): void { running.value += 1 }
export function writeEnded(): void { running.value -= 1; savedAt.value = new Date().toISOString() }
export function lineLost(): void { offline.value = true }
export function lineBack(): void { offline.value = false }
window.addEventListener('online', lineBack)
window.addEventListener('offline', lineLost)
