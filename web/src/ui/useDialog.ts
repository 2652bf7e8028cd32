import { ref, useId } from 'vue'
import { useFocusTrap } from './focusTrap'

/** What dialogs and drawers share: a name for their title, the focus inside, and Escape that closes only the topmost. */
export function useDialog(close: () => void) {
  const root = ref<HTMLElement>()
  const id = useId()
  useFocusTrap(root)
  function escape(event: KeyboardEvent): void {
    if (event.isComposing || event.defaultPrevented) return
    event.stopPropagation()
    close()
  }
  return { root, id, escape }
}
