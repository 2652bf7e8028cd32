import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { setCsrf, whenSignedOut } from '@/api/request'
import * as api from '@/api/session'
import type { ApiFailure, Person, SessionInfo } from '@/api/types'
import { useLanguage } from '@/base/i18n'
import { setDensity, setTheme, type Density, type Theme } from '@/base/look'
import type { Language } from '@/base/text'

/** Who works here. Preferences live on the server, so they follow the person to another computer. */
export const useSession = defineStore('session', () => {
  const user = shallowRef<Person>()
  const preferences = ref<Record<string, unknown>>({})
  /** The server forgot the session while somebody was working: what they wrote stays on the screen. */
  const expired = ref(false)
  const employee = computed(() => user.value?.employee ?? null)
  const roles = computed(() => user.value?.roles ?? [])

  whenSignedOut(() => { if (user.value) expired.value = true })

  async function accept(session: SessionInfo): Promise<void> {
    setCsrf(session.csrf)
    user.value = session.user
    preferences.value = { ...session.user.preferences }
    expired.value = false
    setTheme(session.user.theme)
    setDensity(session.user.density)
    await useLanguage(session.user.language)
  }

  /** What somebody may do changes while he works; what is kept for him here stays. */
  function renew(now: Person): void {
    if (user.value?.id === now.id) user.value = { ...user.value, name: now.name, department: now.department, roles: now.roles, administrator: now.administrator, special: now.special }
  }

  async function resume(): Promise<boolean> {
    const answer = await api.readSession()
    if (answer.ok) await accept(answer.value)
    return answer.ok
  }

  async function signIn(login: string, password: string): Promise<ApiFailure | undefined> {
    const answer = await api.signIn(login, password)
    if (!answer.ok) return answer.failure
    await accept(answer.value)
    return undefined
  }

  async function signOut(): Promise<void> {
    await api.signOut()
    user.value = undefined
    expired.value = false
    setCsrf('')
  }

  async function change(values: { language?: Language; theme?: Theme; density?: Density }): Promise<void> {
    if (values.theme) setTheme(values.theme)
    if (values.density) setDensity(values.density)
    if (values.language) await useLanguage(values.language)
    if (!user.value) return
    user.value = { ...user.value, ...values }
    await api.changeSession(values)
  }

  function preference<T>(key: string, otherwise: T): T {
    return (preferences.value[key] as T | undefined) ?? otherwise
  }
  async function remember(key: string, value: unknown): Promise<void> {
    preferences.value = { ...preferences.value, [key]: value }
    await api.changeSession({ preferences: { [key]: value } })
  }

  return { user, employee, roles, expired, preferences, renew, resume, signIn, signOut, change, preference, remember }
})
