const parts = import.meta.glob<{ default: Record<string, unknown> }>('../screens/{rights,security,import,handover}/messages.zh.json', { eager: true })
export default Object.assign({}, ...Object.values(parts).map((part) => part.default)) as Record<string, unknown>
