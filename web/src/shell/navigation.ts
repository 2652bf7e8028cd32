import { computed } from 'vue'
import { say } from '@/base/i18n'
import { useMeta } from '@/meta/meta'

export interface NavEntry { readonly to: string; readonly icon: string; readonly label: string; readonly object: string }
export interface NavArea { readonly code: string; readonly label: string; readonly entries: readonly NavEntry[] }

/** Areas that set the company up; they are reached by the settings page. */
const settingUp = new Set(['organisation', 'base_data'])

function useAreas(settings: boolean) {
  const meta = useMeta()
  return computed<readonly NavArea[]>(() => meta.areas
    .filter((area) => settingUp.has(area.code) === settings)
    .map((area) => ({
      code: area.code,
      label: say(area.label),
      entries: area.objects
        .map((name) => meta.object(name))
        .filter((object) => object?.menu && object.rights.view !== false)
        .map((object) => ({ to: `/o/${object!.name}`, icon: object!.icon ?? 'box', label: say(object!.plural ?? object!.label), object: object!.name })),
    }))
    .filter((area) => area.entries.length > 0))
}
export const useNavigation = () => useAreas(false)
