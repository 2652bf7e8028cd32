import { computed, type ComputedRef } from 'vue'
import { useMeta } from '@/meta/meta'
import { useSession } from '@/meta/session'
import type { Situation } from './conditions'

/** Who looks at it and where: conditions of layouts speak of `me()` and `today()`. */
export function useSituation(): ComputedRef<Situation> {
  const meta = useMeta()
  const session = useSession()
  return computed(() => ({
    zone: meta.company?.time_zone ?? 'Asia/Shanghai',
    me: session.employee?.id ?? null,
    department: session.user?.department?.id ?? null,
  }))
}
