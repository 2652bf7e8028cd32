import { shallowRef } from 'vue'
import { readRightsModel, type RightsModel, type RightsObject } from '@/api/rights'
import type { ApiFailure } from '@/api/types'
import { say } from '@/base/i18n'
import { useMeta } from '@/meta/meta'
import type { Names } from '@/records/rights/words'

/** Objects in the order of the menu, as people know them; those that are not in it follow. */
function inMenuOrder(model: RightsModel, menu: readonly string[]): RightsModel {
  const areas = model.areas.map((area) => area.code)
  const placeOf = (object: RightsObject) => areas.indexOf(object.area) * 1000 + (menu.indexOf(object.name) + 1 || 999)
  return { ...model, objects: [...model.objects].sort((a, b) => placeOf(a) - placeOf(b)) }
}

/** What roles can speak of, and how it is called. */
export function useRightsModel() {
  const meta = useMeta()
  const model = shallowRef<RightsModel>()
  const failure = shallowRef<ApiFailure>()
  async function load(): Promise<boolean> {
    const answer = await readRightsModel()
    failure.value = answer.ok ? undefined : answer.failure
    if (answer.ok) model.value = inMenuOrder(answer.value, meta.areas.flatMap((area) => area.objects))
    return answer.ok
  }
  const find = (name: string) => model.value?.objects.find((one) => one.name === name)
  const names: Names = {
    object: (name) => say(find(name)?.label) || name,
    field: (object, name) => say(find(object)?.fields.find((one) => one.name === name)?.label) || name,
    special: (name) => say(find(name.split('.')[0] ?? '')?.special.find((one) => one.name === name)?.label) || name,
    menu: (name) => say(find(name)?.label ?? model.value?.areas.find((one) => one.code === name)?.label) || name,
  }
  return { model, failure, load, find, names }
}
