const parts = import.meta.glob<{ default: Record<string, unknown> }>(['../**/messages.en.json', '!../screens/{rights,security,import,handover}/*'], { eager: true })
export default Object.assign({}, ...Object.values(parts).map((part) => part.default)) as Record<string, unknown>
