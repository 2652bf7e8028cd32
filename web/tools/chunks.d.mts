export function chunks(root: string): (id: string, context: { getModuleInfo(id: string): { importedIds: string[]; dynamicallyImportedIds: string[] } | null }) => string | null
