import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { readMeta } from '@/api/session'
import type { ApiFailure, DictionaryItem, FieldMeta, Meta, ObjectMeta, View } from '@/api/types'

/** What the server says there is: objects, fields, layouts, views, dictionaries, all as this user may see them. */
export const useMeta = defineStore('meta', () => {
  const meta = shallowRef<Meta>()
  const failure = shallowRef<ApiFailure>()
  let etag: string | undefined

  async function load(): Promise<boolean> {
    const answer = await readMeta(meta.value ? etag : undefined)
    failure.value = answer.ok ? undefined : answer.failure
    if (answer.ok && answer.value) {
      meta.value = answer.value
      etag = answer.etag
    }
    return answer.ok
  }
  function forget(): void {
    meta.value = undefined
    etag = undefined
  }

  const objects = computed(() => meta.value?.objects ?? {})
  const areas = computed(() => meta.value?.areas ?? [])
  const object = (name: string): ObjectMeta | undefined => objects.value[name]
  /** What is to be done: the first object in the menu that declares it. */
  const todo = computed(() => areas.value.flatMap((area) => area.objects).map(object).find((one) => one?.layout.todo))
  const dictionary = (code: string | undefined): readonly DictionaryItem[] => (code ? meta.value?.dictionaries[code] : undefined) ?? []
  const company = computed(() => meta.value?.company)
  return { meta, failure, load, forget, objects, areas, object, todo, dictionary, company }
})

export function fieldOf(object: ObjectMeta | undefined, name: string): FieldMeta | undefined {
  return object?.fields.find((field) => field.name === name)
}

/** What a list opens with: the own default, else the one that ships. */
export function defaultView(object: ObjectMeta): View | undefined {
  return object.views.find((view) => view.default && view.own) ?? object.views.find((view) => view.default) ?? object.views[0]
}
