import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

const words = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const check = (node, text) => { if (/[\u3400-\u9fff\uff00-\uffef]/.test(text)) context.report({ node, message: 'Texts belong into messages.zh.json and messages.en.json.' }) }
    const script = {
      Literal(node) { if (typeof node.value === 'string') check(node, node.value) },
      TemplateElement(node) { check(node, node.value.raw) },
    }
    const services = context.sourceCode.parserServices
    return services?.defineTemplateBodyVisitor
      ? services.defineTemplateBodyVisitor({ VText(node) { check(node, node.value) }, VLiteral(node) { check(node, node.value) }, Literal: script.Literal, TemplateElement: script.TemplateElement }, script)
      : script
  },
}

export default ts.config(
  { ignores: ['dist', 'node_modules'] },
  ...ts.configs.recommended,
  ...vue.configs['flat/recommended'],
  { files: ['**/*.vue'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    files: ['src/**/*.{ts,vue}'],
    ignores: ['src/**/*.test.ts'],
    plugins: { guanxi: { rules: { words } } },
    rules: {
      'guanxi/words': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      'no-undef': 'off',
    },
  },
  {
    files: ['**/*.vue'],
    rules: {
      'vue/max-attributes-per-line': 'off', 'vue/singleline-html-element-content-newline': 'off', 'vue/html-self-closing': 'off',
      'vue/html-closing-bracket-newline': 'off', 'vue/first-attribute-linebreak': 'off', 'vue/html-indent': 'off', 'vue/require-default-prop': 'off',
      'vue/multiline-html-element-content-newline': 'off', 'vue/attributes-order': 'off', 'vue/one-component-per-file': 'off',
    },
  },
)
