import { nextTick, onScopeDispose, ref, watch, type Ref } from 'vue'

export interface Place { readonly left: number; readonly top: number; readonly width: number; readonly maxHeight: number }

/** Keeps a floating part beside its anchor: below, or above when there is more room, never outside of the window. */
export function useFloating(anchor: Ref<HTMLElement | undefined>, floating: Ref<HTMLElement | undefined>, open: Ref<boolean>, end = false) {
  const place = ref<Place>({ left: 0, top: 0, width: 0, maxHeight: 360 })

  function update(): void {
    const from = anchor.value?.getBoundingClientRect()
    const size = floating.value?.getBoundingClientRect()
    if (!from || !size) return
    const below = window.innerHeight - from.bottom - 12
    const above = from.top - 12
    const up = below < Math.min(size.height, 240) && above > below
    const maxHeight = Math.max(120, Math.min(680, up ? above : below))
    const height = Math.min(size.height, maxHeight)
    const wanted = end ? from.right - size.width : from.left
    place.value = {
      left: Math.max(8, Math.min(wanted, window.innerWidth - size.width - 8)),
      top: up ? Math.max(8, from.top - height - 4) : from.bottom + 4,
      width: from.width,
      maxHeight,
    }
  }

  const listen = (on: boolean) => {
    const method = on ? 'addEventListener' : 'removeEventListener'
    window[method]('resize', update)
    window[method]('scroll', update, true)
  }
  watch(open, async (is) => {
    listen(is)
    if (is) { await nextTick(); update() }
  })
  onScopeDispose(() => listen(false))
  return { place, update }
}
