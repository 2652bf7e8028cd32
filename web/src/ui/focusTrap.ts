import { nextTick, onBeforeUnmount, onMounted, type Ref } from 'vue'

const reachable = 'a[href], button:not([disabled]), input:not([disabled]), textarea:not([disabled]), select:not([disabled]), [tabindex="0"]'

/** Keeps Tab inside and gives the focus back to where it came from. */
export function useFocusTrap(root: Ref<HTMLElement | undefined>): void {
  const opener = document.activeElement as HTMLElement | null
  function keep(event: KeyboardEvent): void {
    if (event.key !== 'Tab' || !root.value) return
    const items = [...root.value.querySelectorAll<HTMLElement>(reachable)].filter((item) => item.offsetParent !== null)
    const first = items[0]
    const last = items.at(-1)
    if (event.shiftKey && document.activeElement === first) { event.preventDefault(); last?.focus() }
    else if (!event.shiftKey && document.activeElement === last) { event.preventDefault(); first?.focus() }
  }
  /** What had the focus may be gone: a button that was pressed and is not needed any more. The focus stays here then. */
  function left(): void {
    window.setTimeout(() => {
      if (root.value?.isConnected && document.activeElement === document.body) root.value.focus({ preventScroll: true })
    }, 0)
  }
  onMounted(async () => {
    root.value?.addEventListener('keydown', keep)
    root.value?.addEventListener('focusout', left)
    await nextTick()
    if (root.value?.contains(document.activeElement)) return
    const first = root.value?.querySelector<HTMLElement>('input:not([disabled]), textarea:not([disabled])')
    // A date opens its calendar with the focus, over the words that explain it.
    const wanted = root.value?.querySelector<HTMLElement>('[autofocus]') ?? (first?.closest('.el-date-editor') ? null : first)
    ;(wanted ?? root.value)?.focus({ preventScroll: true })
  })
  onBeforeUnmount(() => {
    root.value?.removeEventListener('keydown', keep)
    root.value?.removeEventListener('focusout', left)
    opener?.focus?.({ preventScroll: true })
  })
}
