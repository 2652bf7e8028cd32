import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { chunks } from './tools/chunks.mjs'
import { messages } from './tools/messages-plugin.mjs'

export default defineConfig({
  // The program may be installed under a path of its own, so built files name each other relatively.
  base: './',
  plugins: [
    vue(),
    messages(),
  ],
  resolve: {
    alias: {
      '@': fileURLToPath(new URL('./src', import.meta.url)),
      // The runtime without the message compiler: messages are compiled at build time, so no script is made in the browser.
      'vue-i18n': 'vue-i18n/dist/vue-i18n.runtime.mjs',
    },
  },
  define: { __VUE_OPTIONS_API__: true, __VUE_PROD_DEVTOOLS__: false, __VUE_I18N_LEGACY_API__: false, __VUE_I18N_FULL_INSTALL__: false, __INTLIFY_DROP_MESSAGE_COMPILER__: true, __INTLIFY_PROD_DEVTOOLS__: false },
  build: { target: 'es2022', cssCodeSplit: true, sourcemap: false, manifest: true, chunkSizeWarningLimit: 400,
    rolldownOptions: { output: { codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: chunks(fileURLToPath(new URL('.', import.meta.url)).slice(0, -1)) }] } } },
  },
  server: { host: '127.0.0.1', port: 17800, proxy: { '/api': process.env.GUANXI_SERVER ?? 'http://127.0.0.1:17801' } },
  // One document for all files: making one for each took most of the time. A test leaves nothing behind in it.
  // The first test that opens an editor waits until its code is read, which takes seconds beside other suites.
  test: { environment: 'jsdom', pool: 'threads', isolate: false, testTimeout: 30_000, include: ['src/**/*.test.ts'], css: false, server: { deps: { inline: ['element-plus'] } } },
})
