import { onScopeDispose } from 'vue'

export interface Key {
  /** "c", "?", "]", "mod+k", or two strokes "g c". */
  readonly keys: string
  readonly run: (event: KeyboardEvent) => void
  /** Also while the cursor is in a field: only for keys that type nothing. */
  readonly inFields?: boolean
  readonly when?: () => boolean
}

const active: Key[] = []
let pending = ''
let timer = 0
let enabled = true

export function enableKeys(on: boolean): void {
  enabled = on
}

/** An input method is composing: its Enter and its letters belong to it. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229
}

function isField(target: EventTarget | null, stroke: string): boolean {
  // A box that was just ticked takes no letters: whoever chose rows goes on with the keys for them.
  if (target instanceof HTMLInputElement && target.type === 'checkbox') return stroke === 'space' || stroke === 'enter'
  // A cell of a grid listens with a hidden field so that an input method finds somewhere to write.
  return target instanceof HTMLElement && target.dataset.catch === undefined
    && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
}

export function strokeOf(event: KeyboardEvent): string {
  const name = event.key === ' ' ? 'space' : event.key.toLowerCase()
  return [(event.ctrlKey || event.metaKey) && 'mod', event.altKey && 'alt',
    event.shiftKey && name.length > 1 && 'shift', name].filter(Boolean).join('+')
}

export function pressed(event: KeyboardEvent): void {
  if (isComposing(event) || event.defaultPrevented) return
  const stroke = strokeOf(event)
  if (!enabled && !stroke.startsWith('mod')) return
  // Under an open dialog the page waits, also for whoever types before the dialog has the focus.
  const field = isField(event.target, stroke) || document.querySelector('[aria-modal="true"]') !== null
  const sequence = pending ? `${pending} ${stroke}` : stroke
  pending = ''
  clearTimeout(timer)
  // The newest wins: a dialog over a screen answers first.
  for (let index = active.length - 1; index >= 0; index -= 1) {
    const key = active[index]!
    if (field && !key.inFields) continue
    if (key.when && !key.when()) continue
    if (key.keys === sequence || key.keys === stroke) {
      event.preventDefault()
      key.run(event)
      return
    }
  }
  if (!field && active.some((key) => key.keys.startsWith(`${stroke} `))) {
    pending = stroke
    timer = window.setTimeout(() => { pending = '' }, 900)
  }
}

/** Keys that live as long as the component. */
export function useKeys(keys: readonly Key[]): void {
  active.push(...keys)
  onScopeDispose(() => {
    for (const key of keys) active.splice(active.indexOf(key), 1)
  })
}

export function listenForKeys(): void {
  window.addEventListener('keydown', pressed)
}

export const modKey = /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl+'
