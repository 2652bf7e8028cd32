import type { RecordRow, Reference } from '@/api/types'

export interface TreeNode { readonly id: string; readonly row: RecordRow; readonly children: TreeNode[]; parent?: TreeNode }
/** One line of the tree as it shows. */
export interface TreeLine { readonly node: TreeNode; readonly level: number; readonly position: number; readonly size: number; readonly open: boolean }

export const parentIdOf = (row: RecordRow, field: string): string | undefined => (row[field] as Reference | null)?.id

/** Records by the one above them, in the order in which they came. */
export class Forest {
  readonly roots: TreeNode[] = []
  private readonly nodes = new Map<string, TreeNode>()

  constructor(rows: Iterable<RecordRow>, private readonly field: string) {
    for (const row of rows) this.nodes.set(row.id, { id: row.id, row, children: [] })
    for (const node of this.nodes.values()) {
      const parent = this.nodes.get(parentIdOf(node.row, field) ?? '')
      // Whose parent is not here, because it may not be seen or was not read, begins a tree of its own.
      if (!parent || this.leadsTo(parent, node)) this.roots.push(node)
      else { node.parent = parent; parent.children.push(node) }
    }
  }

  /** A circle, which only an older database could hold, must not make the screen go round. */
  private leadsTo(from: TreeNode, to: TreeNode): boolean {
    for (let at: TreeNode | undefined = from, steps = 0; at && steps <= this.nodes.size; steps += 1) {
      if (at === to) return true
      at = at.parent ?? this.nodes.get(parentIdOf(at.row, this.field) ?? '')
    }
    return false
  }

  get size(): number { return this.nodes.size }
  node(id: string | undefined): TreeNode | undefined { return id === undefined ? undefined : this.nodes.get(id) }
  all(): Iterable<TreeNode> { return this.nodes.values() }

  /** Those above, the nearest first. */
  above(id: string): TreeNode[] {
    const found: TreeNode[] = []
    for (let at = this.node(id)?.parent; at; at = at.parent) found.push(at)
    return found
  }

  /** Is it this one, or somewhere below it? */
  isWithin(id: string, top: string): boolean {
    return id === top || this.above(id).some((node) => node.id === top)
  }

  /** The lines that show: what is open, and of that only what is wanted when something is searched for. */
  lines(isOpen: (id: string) => boolean, shown?: ReadonlySet<string>): TreeLine[] {
    const lines: TreeLine[] = []
    const add = (nodes: readonly TreeNode[], level: number) => {
      const some = shown ? nodes.filter((node) => shown.has(node.id)) : nodes
      some.forEach((node, index) => {
        const open = isOpen(node.id)
        lines.push({ node, level, position: index + 1, size: some.length, open })
        if (open) add(node.children, level + 1)
      })
    }
    add(this.roots, 1)
    return lines
  }

  /** What was found with the way to it. */
  withAbove(ids: Iterable<string>): Set<string> {
    const found = new Set<string>()
    for (const id of ids) {
      if (!this.nodes.has(id)) continue
      found.add(id)
      for (const node of this.above(id)) found.add(node.id)
    }
    return found
  }

  /** A figure of each record with those of all below it. */
  totals(own: ReadonlyMap<string, number>): Map<string, number> {
    const sums = new Map<string, number>()
    const add = (node: TreeNode): number => {
      const sum = node.children.reduce((all, child) => all + add(child), own.get(node.id) ?? 0)
      sums.set(node.id, sum)
      return sum
    }
    this.roots.forEach(add)
    return sums
  }
}
