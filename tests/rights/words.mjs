// What names, numbers and texts are made of. Of every word it is known how it is spoken, so that searches by pinyin can
// be made up and judged without a table of the language.
export const words = [
  ['华信', 'huaxin'], ['云峰', 'yunfeng'], ['东方', 'dongfang'], ['金石', 'jinshi'], ['海天', 'haitian'], ['北辰', 'beichen'],
  ['新宇', 'xinyu'], ['天马', 'tianma'], ['万达', 'wanda'], ['科技', 'keji'], ['电子', 'dianzi'], ['机械', 'jixie'], ['轴承', 'zhoucheng'],
]
export const surnames = [['张', 'zhang'], ['王', 'wang'], ['李', 'li'], ['赵', 'zhao'], ['陈', 'chen'], ['林', 'lin'], ['周', 'zhou']]
export const given = [['静', 'jing'], ['伟', 'wei'], ['芳', 'fang'], ['强', 'qiang'], ['敏', 'min'], ['磊', 'lei'], ['悦', 'yue']]

const spoken = new Map()
for (const [text, sound] of [...surnames, ...given]) spoken.set(text, sound)
// Words of two characters: where the sound of the second one begins.
const second = { 华信: 'xin', 云峰: 'feng', 东方: 'fang', 金石: 'shi', 海天: 'tian', 北辰: 'chen', 新宇: 'yu', 天马: 'ma', 万达: 'da', 科技: 'ji', 电子: 'zi', 机械: 'xie', 轴承: 'cheng' }
for (const [text, sound] of words) {
  const tail = second[text]
  spoken.set(text[0], sound.slice(0, sound.length - tail.length))
  spoken.set(text[1], tail)
}

// As people type it; characters that are not among these words stay as they are.
export const pinyin = (text) => [...String(text ?? '')].map((c) => spoken.get(c) ?? c.toLowerCase()).join('')
export const initials = (text) => [...String(text ?? '')].map((c) => (spoken.get(c) ?? c.toLowerCase())[0]).join('')

export const company_name = (random) => `${random.pick(words)[0]}${random.pick(words)[0]}${random.chance(0.3) ? random.pick('甲乙丙丁') : ''}`
export const person_name = (random) => random.pick(surnames)[0] + random.pick(given)[0] + (random.chance(0.3) ? random.pick(given)[0] : '')
export const mobile = (random) => `139${random.digits(8)}`
export const landline = (random) => random.weighted([[6, `0512-66${random.digits(6)}`], [1, `66${random.digits(5)}`], [1, `025 ${random.digits(8)}`]])
export const note = (random) => Array.from({ length: random.between(1, 4) }, () => random.pick(words)[0]).join('')
export const latin = (random) => random.pick(['alpha', 'bravo', 'delta', 'gamma', 'kilo', 'sigma', 'tango']) + random.digits(2)
