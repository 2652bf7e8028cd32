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
  /** The dialog for looking as somebody else; of whom, when that is known. */
  lookAs: { id: string; title: string } | 'anybody' | null
}

const state = reactive<Frame>({
  module: '', context: '', help: null, info: null, palette: false, keySheet: false, selection: '', lookAs: null,
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
  askLookAs(whom: Frame['lookAs']) { state.lookAs = whom },
  select(words: string) { state.selection = words },
}
