import { reactive, readonly } from 'vue'

/** One fact in the information drawer. */
export interface Fact { readonly label: string; readonly value: string }

interface Frame {
  module: string
  context: string
  /** The object whose help page is open. */
  help: string | null
  info: { title: string; facts: readonly Fact[] } | null
  palette: boolean
  keySheet: boolean
  /** What the palette's commands act on, told by the screen. */
  selection: string
}

const state = reactive<Frame>({
  module: '', context: '', help: null, info: null, palette: false, keySheet: false, selection: '',
})

/** What screens tell the frame around them: they lie below it and cannot reach it otherwise. */
export const frame = {
  state: readonly(state),
  place(module: string, context = '') {
    state.module = module
    state.context = context
    document.title = [context, module, 'Guanxi'].filter(Boolean).join(' · ')
  },
  openHelp(object: string) { state.help = object; state.info = null },
  openInfo(title: string, facts: readonly Fact[]) { state.info = { title, facts: [...facts] }; state.help = null },
  closeDrawer() { state.help = null; state.info = null },
  showPalette(open: boolean) { state.palette = open },
  showKeySheet(open: boolean) { state.keySheet = open },
  select(words: string) { state.selection = words },
}
