// Which modules travel together. A page that is loaded in a hundred small files waits longer for them than it runs, and
// one that is loaded in one file brings what nobody asked for: so there is a file for what the sign-in page needs, one
// for what every page of a signed-in person needs besides, and one for what many screens share.
const parts = [
  ['start', ['/src/main.ts', '/src/screens/signin/SignInScreen.vue']],
  ['shell', ['/src/shell/AppShell.vue']],
]
const shared_by = 4
// Pickers and editors come with the library of controls; a screen that shows none does without it.
const apart = /[\\/](element-plus|@element-plus)[\\/]/

// For `groups` of Rolldown's code splitting: the name of the chunk of a module. `root`: the folder of the interface.
export function chunks(root) {
  let reached, screens
  // What is loaded with a module, itself too.
  const walk = (id, info, seen) => {
    if (seen.has(id)) return seen
    seen.add(id)
    for (const next of info(id)?.importedIds ?? []) walk(next, info, seen)
    return seen
  }
  const prepare = (info) => {
    reached = parts.map(([name, entries]) => [name, entries.reduce((seen, entry) => walk(root + entry, info, seen), new Set())])
    screens = new Map()
    const entries = new Set()
    const all = new Set()
    const visit = (one) => {
      if (all.has(one)) return
      all.add(one)
      const found = info(one)
      for (const next of found?.dynamicallyImportedIds ?? []) { entries.add(next); visit(next) }
      for (const next of found?.importedIds ?? []) visit(next)
    }
    visit(`${root}/src/main.ts`)
    for (const entry of entries) for (const module of walk(entry, info, new Set())) screens.set(module, (screens.get(module) ?? 0) + 1)
    for (const module of screens.keys()) if ([...walk(module, info, new Set())].some((one) => apart.test(one))) screens.delete(module)
  }
  return (id, context) => {
    if (!reached) prepare((one) => context.getModuleInfo(one))
    for (const [name, modules] of reached) if (modules.has(id)) return name
    return (screens.get(id) ?? 0) >= shared_by ? 'shared' : null
  }
}
