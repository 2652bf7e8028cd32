import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { setCsrf, url, whenSignedOut } from '@/api/request'
import * as api from '@/api/session'
import type { Answer, ApiFailure, Person, SessionInfo, SignInStep } from '@/api/types'
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
  /** Who really sits here, while looking as somebody else. */
  const seenBy = computed(() => user.value?.seen_by)

  /** What the sign-in still waits for; nobody is in before it is done. */
  const step = ref<SignInStep>()
  /** Instead of the code a passkey will do. */
  const passkeyWillDo = ref(false)
  let leaving = false

  whenSignedOut(() => { if (user.value) expired.value = true })

  async function accept(session: SessionInfo): Promise<void> {
    setCsrf(session.csrf)
    step.value = session.next
    passkeyWillDo.value = session.passkey ?? false
    const person = session.user
    if (!person || session.next) return
    user.value = person
    preferences.value = { ...person.preferences }
    expired.value = false
    setTheme(person.theme)
    setDensity(person.density)
    await useLanguage(person.language)
  }

  /** What somebody may do changes while he works; what is kept for him here stays. */
  function renew(now: Person): void {
    if (user.value?.id === now.id) user.value = { ...user.value, name: now.name, department: now.department, roles: now.roles, administrator: now.administrator, special: now.special }
  }

  /** Is somebody in? A sign-in that was not finished goes on in `step`. */
  async function resume(): Promise<boolean> {
    const answer = await api.readSession()
    if (answer.ok) await accept(answer.value)
    return answer.ok && !answer.value.next
  }

  /** The server says that the session is over. Another page of this browser may have a new one for the same person. */
  async function ended(): Promise<void> {
    if (!user.value || leaving) return
    const before = user.value.id
    const answer = await api.readSession()
    if (answer.ok && answer.value.user?.id === before && !answer.value.next) await accept(answer.value)
    else expired.value = true
  }

  /** One step of signing in. What went wrong, or nothing: then `step` says what comes next. */
  async function take(answer: Answer<SessionInfo>): Promise<ApiFailure | undefined> {
    if (!answer.ok) return answer.failure
    await accept(answer.value)
    return undefined
  }
  const signIn = async (login: string, password: string) => take(await api.signIn(login, password))

  async function signOut(): Promise<void> {
    leaving = true
    await api.signOut()
    user.value = undefined
    step.value = undefined
    expired.value = false
    setCsrf('')
    leaving = false
  }

  /** Looks as somebody else, or with nobody as oneself again. Everything on the page was another person's: it is loaded anew. */
  async function lookAs(id?: string): Promise<ApiFailure | undefined> {
    leaving = true
    const answer = await (id ? api.beginView(id) : api.endView())
    leaving = answer.ok
    if (!answer.ok) return answer.failure
    location.assign(url('/home'))
    return undefined
  }
  /** The server sees this page as somebody: another page of this browser may have changed who that is. */
  function seenAs(id: string): void { if (user.value && !expired.value && !leaving && user.value.id !== id) location.reload() }

  async function change(values: { language?: Language; theme?: Theme; density?: Density }): Promise<void> {
    if (values.theme) setTheme(values.theme)
    if (values.density) setDensity(values.density)
    if (values.language) await useLanguage(values.language)
    if (!user.value) return
    user.value = { ...user.value, ...values }
    if (!seenBy.value) await api.changeSession(values)
  }

  function preference<T>(key: string, otherwise: T): T {
    return (preferences.value[key] as T | undefined) ?? otherwise
  }
  async function remember(key: string, value: unknown): Promise<void> {
    preferences.value = { ...preferences.value, [key]: value }
    if (!seenBy.value) await api.changeSession({ preferences: { [key]: value } })
  }

  return { user, employee, roles, seenBy, expired, step, passkeyWillDo, preferences, renew, resume, ended, accept, take, signIn, signOut, lookAs, seenAs, change, preference, remember }
})
