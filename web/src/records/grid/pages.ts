import type { RecordPage, RecordRow } from '@/api/types'

export interface PageAsk { readonly offset: number; readonly limit: number; readonly after: string | null; readonly signal: AbortSignal }
/** Undefined when the server gave nothing: the page stays wanted. */
export type LoadPage = (ask: PageAsk) => Promise<RecordPage | undefined>

interface Page { rows: RecordRow[]; next: string | null; used: number }

/**
 * The parts of a long list that have been looked at. A page that follows one we have is asked for by its cursor, which stays
 * cheap however deep it lies; after a jump there is only the offset.
 */
export class PageCache {
  private readonly pages = new Map<number, Page>()
  private readonly waiting = new Map<number, AbortController>()
  private clock = 0

  constructor(
    private readonly load: LoadPage,
    private readonly changed: () => void,
    readonly size = 100,
    private readonly keep = 40,
  ) {}

  row(index: number): RecordRow | undefined {
    const page = this.pages.get(Math.floor(index / this.size))
    return page?.rows[index % this.size]
  }

  /** Sees to it that [first, end) will be there; pages that are no longer in view are not waited for. */
  want(first: number, end: number): void {
    if (end <= first) return
    const from = Math.floor(first / this.size)
    const to = Math.floor((end - 1) / this.size)
    for (const [number, controller] of this.waiting) {
      if (number < from - 1 || number > to + 1) { controller.abort(); this.waiting.delete(number) }
    }
    for (let number = from; number <= to; number += 1) {
      const page = this.pages.get(number)
      if (page) page.used = this.clock += 1
      else if (!this.waiting.has(number)) void this.bring(number)
    }
  }

  private async bring(number: number): Promise<void> {
    const controller = new AbortController()
    this.waiting.set(number, controller)
    const after = number > 0 ? this.pages.get(number - 1)?.next ?? null : null
    const answer = await this.load({ offset: number * this.size, limit: this.size, after, signal: controller.signal })
    if (controller.signal.aborted || this.waiting.get(number) !== controller) return
    this.waiting.delete(number)
    if (!answer) return
    this.put(number, answer)
    this.changed()
  }

  put(number: number, page: RecordPage): void {
    this.pages.set(number, { rows: [...page.records], next: page.next, used: this.clock += 1 })
    if (this.pages.size <= this.keep) return
    const oldest = [...this.pages].sort((a, b) => a[1].used - b[1].used)[0]!
    this.pages.delete(oldest[0])
  }

  replace(row: RecordRow): void {
    for (const page of this.pages.values()) {
      const index = page.rows.findIndex((one) => one.id === row.id)
      if (index >= 0) page.rows[index] = { ...page.rows[index], ...row }
    }
  }

  /** What is loaded, with the place of each row in the list. */
  *loaded(): Generator<readonly [number, RecordRow]> {
    for (const [number, page] of this.pages) {
      for (const [index, row] of page.rows.entries()) yield [number * this.size + index, row]
    }
  }

  get busy(): boolean { return this.waiting.size > 0 }

  stop(): void {
    for (const controller of this.waiting.values()) controller.abort()
    this.waiting.clear()
  }
}
