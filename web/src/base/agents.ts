const browsers = [['Edg/', 'Edge'], ['OPR/', 'Opera'], ['MicroMessenger/', 'WeChat'], ['Firefox/', 'Firefox'], ['Chrome/', 'Chrome'], ['Safari/', 'Safari']] as const
const systems = [['Windows', 'Windows'], ['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Mac OS', 'macOS'], ['Linux', 'Linux']] as const

/** What people call the program behind a session. What is not known is shown as it names itself. */
export function browserName(agent: string): string {
  const browser = browsers.find(([mark]) => agent.includes(mark))?.[1]
  const system = systems.find(([mark]) => agent.includes(mark))?.[1]
  return [browser, system].filter(Boolean).join(' · ') || agent.slice(0, 60) || '—'
}
