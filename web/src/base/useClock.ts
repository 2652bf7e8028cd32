import { onScopeDispose, ref } from 'vue'

export function useClock(every = 1000) {
  const now = ref(new Date())
  const timer = window.setInterval(() => { now.value = new Date() }, every)
  onScopeDispose(() => clearInterval(timer))
  return now
}
