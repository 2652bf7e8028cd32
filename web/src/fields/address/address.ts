import type { Address } from '@/api/types'

export function writeAddress(address: Address): string {
  return [address.region?.title, address.street].filter(Boolean).join(' ')
}
