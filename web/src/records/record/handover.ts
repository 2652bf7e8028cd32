import type { ObjectMeta } from '@/api/types'

/** Whoever may give something away may look at what somebody would hand over; the server says what of it he reaches. */
export function mayHandOver(object: ObjectMeta | undefined, objects: Readonly<Record<string, ObjectMeta>>): boolean {
  return Boolean(object?.hand_over) && Object.values(objects).some((one) => one.owned && one.rights.assign)
}
export const handoverPath = (object: string, id: string) => `/o/${object}/${id}/hand-over`
