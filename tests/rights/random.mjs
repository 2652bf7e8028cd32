// Random numbers from a seed: the same seed gives the same organisation and the same cases on every machine.

// Any texts and numbers as one seed (FNV-1a).
export function seed_of(...parts) {
  let hash = 0x811c9dc5
  for (const c of parts.join('/')) hash = Math.imul(hash ^ c.codePointAt(0), 0x01000193) >>> 0
  return hash
}

// mulberry32
export class Random {
  constructor(seed) {
    this.state = seed >>> 0
  }
  fraction() {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  below(count) {
    return Math.floor(this.fraction() * count)
  }
  between(least, most) {
    return least + this.below(most - least + 1)
  }
  chance(probability) {
    return this.fraction() < probability
  }
  pick(list) {
    return list[this.below(list.length)]
  }
  // [[weight, value], …]
  weighted(choices) {
    let at = this.fraction() * choices.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, value] of choices) if ((at -= weight) < 0) return value
    return choices.at(-1)[1]
  }
  shuffled(list) {
    const out = [...list]
    for (let i = out.length - 1; i > 0; --i) {
      const j = this.below(i + 1)
      ;[out[i], out[j]] = [out[j], out[i]]
    }
    return out
  }
  some(list, count) {
    return this.shuffled(list).slice(0, count)
  }
  digits(count) {
    return Array.from({ length: count }, () => this.below(10)).join('')
  }
}
