import { effectScope } from 'vue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { pressed, useKeys, type Key } from './keys'

let stop: (() => void)[] = []
function within(keys: Key[]) {
  const scope = effectScope()
  scope.run(() => useKeys(keys))
  stop.push(() => scope.stop())
}
function press(key: string, more: KeyboardEventInit = {}, target: HTMLElement = document.body) {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })
  Object.defineProperty(event, 'target', { value: target })
  pressed(event)
  return event
}
afterEach(() => { stop.forEach((end) => end()); stop = [] })

describe('keys', () => {
  it('runs a single key outside of fields only', () => {
    const run = vi.fn()
    within([{ keys: 'c', run }])
    press('c', {}, document.createElement('input'))
    expect(run).not.toHaveBeenCalled()
    press('c')
    expect(run).toHaveBeenCalledOnce()
  })
  it('runs letters in a box to tick, which takes none, and leaves it the space', () => {
    const run = vi.fn()
    within([{ keys: 't', run }, { keys: 'space', run }])
    const box = Object.assign(document.createElement('input'), { type: 'checkbox' })
    press(' ', {}, box)
    expect(run).not.toHaveBeenCalled()
    press('t', {}, box)
    expect(run).toHaveBeenCalledOnce()
  })
  it('leaves keys of an input method alone', () => {
    const run = vi.fn()
    within([{ keys: 'enter', run, inFields: true }])
    press('Enter', { isComposing: true })
    expect(run).not.toHaveBeenCalled()
    press('Enter')
    expect(run).toHaveBeenCalledOnce()
  })
  it('leaves the keys of the page alone while a dialog is open', () => {
    const page = vi.fn()
    const everywhere = vi.fn()
    within([{ keys: 'c', run: page }, { keys: 'mod+k', run: everywhere, inFields: true }])
    document.body.innerHTML = '<div aria-modal="true"></div>'
    press('c')
    press('k', { ctrlKey: true })
    document.body.innerHTML = ''
    expect(page).not.toHaveBeenCalled()
    expect(everywhere).toHaveBeenCalledOnce()
    press('c')
    expect(page).toHaveBeenCalledOnce()
  })
  it('knows two strokes after each other', () => {
    const run = vi.fn()
    within([{ keys: 'g h', run }])
    press('g')
    press('h')
    expect(run).toHaveBeenCalledOnce()
    press('h')
    expect(run).toHaveBeenCalledOnce()
  })
  it('lets the newest answer first and forgets it with its component', () => {
    const below = vi.fn()
    const above = vi.fn()
    within([{ keys: 'escape', run: below }])
    within([{ keys: 'escape', run: above }])
    press('Escape')
    expect(above).toHaveBeenCalledOnce()
    stop.pop()!()
    press('Escape')
    expect(below).toHaveBeenCalledOnce()
  })
})
