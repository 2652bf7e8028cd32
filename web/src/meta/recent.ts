import { useSession } from './session'

export interface Recent { readonly object: string; readonly id: string; readonly title: string }

/** The last records somebody opened, for the home page and the palette. */
export function useRecent() {
  const session = useSession()
  const list = () => session.preference<readonly Recent[]>('recent', [])
  function add(entry: Recent): void {
    const before = list()
    if (before[0]?.id === entry.id && before[0].title === entry.title) return
    void session.remember('recent', [entry, ...before.filter((one) => one.id !== entry.id || one.object !== entry.object)].slice(0, 12))
  }
  return { list, add }
}
