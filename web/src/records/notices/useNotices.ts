import { readonly, ref, watch } from 'vue'
import { useEvents } from '@/api/events'
import { listNotices, markRead } from '@/api/notices'
import { useSession } from '@/meta/session'

/** How many notices are unread: one figure for the bell, the phone and the page. */
const unread = ref(0)
let askedFor = ''

export function useUnread() {
  const session = useSession()
  async function load(): Promise<void> {
    const answer = await listNotices({ limit: 1 })
    if (answer.ok) unread.value = answer.value.unread
  }
  useEvents({ notice: (event) => { unread.value = event.unread }, resync: () => void load() })
  // The figure belongs to a person: somebody else may sign in on the same page.
  watch(() => session.user?.id ?? '', (id) => {
    if (id === askedFor) return
    askedFor = id
    unread.value = 0
    if (id) void load()
  }, { immediate: true })
  return { unread: readonly(unread) }
}

export async function readNotices(which: Parameters<typeof markRead>[0]): Promise<boolean> {
  const answer = await markRead(which)
  if (answer.ok) unread.value = answer.value.unread
  return answer.ok
}
