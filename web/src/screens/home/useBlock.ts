import { computed, onMounted, shallowRef, watch } from 'vue'
import { useEvents } from '@/api/events'
import type { HomeBlock, RecordRow, Reference } from '@/api/types'
import { fieldOf, useMeta } from '@/meta/meta'

/** Reads again when records of the objects behind a card change; many changes in a row are one. */
export function useFresh(objects: () => readonly string[], load: () => Promise<void>): void {
  let timer = 0
  onMounted(() => void load())
  watch(() => objects().join(), () => void load())
  useEvents({
    change(event) {
      if (!objects().includes(event.object)) return
      clearTimeout(timer)
      timer = window.setTimeout(() => void load(), 1500)
    },
    resync: () => void load(),
  })
}

export function useBlock(block: () => HomeBlock) {
  const meta = useMeta()
  const object = computed(() => meta.object(block().object))
  const field = (name: string | undefined) => (name ? fieldOf(object.value, name) : undefined)
  return { meta, object, field }
}

/** What a record is about: the first that it refers to. */
export function useUnder() {
  const meta = useMeta()
  return (object: string, row: RecordRow): string => {
    for (const field of meta.object(object)?.fields ?? []) {
      if (field.type === 'ref' && !field.system && row[field.name]) return (row[field.name] as Reference).title
    }
    return ''
  }
}

/** Keeps the last answer while the next is on its way. */
export const useAnswer = <T>() => shallowRef<T>()
