// Compiles the message files to functions while building, so the browser needs no compiler and no `eval`.
import { baseCompile } from '@intlify/message-compiler'

const file = /[\\/]src[\\/].*messages\.(zh|en)\.json$/

export function messages() {
  return {
    name: 'guanxi-messages',
    enforce: 'pre',
    transform(source, id) {
      if (!file.test(id)) return null
      const lines = Object.entries(JSON.parse(source)).map(([key, text]) => {
        const { code } = baseCompile(text, {
          mode: 'arrow',
          onError: (problem) => { throw new Error(`${id}: ${key}: ${problem.message}`) },
        })
        return `${JSON.stringify(key)}: ${code.replace(/^return /, '')}`
      })
      return { code: `export default {\n${lines.join(',\n')}\n}`, map: null, moduleType: 'js' }
    },
  }
}
