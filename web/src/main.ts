import 'element-plus/theme-chalk/base.css'
import '@/styles/tokens.css'
import '@/styles/parts.css'
import '@/styles/app.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { i18n, provideMessages, useLanguage } from '@/base/i18n'
import { listenForKeys } from '@/base/keys'
import { setTheme } from '@/base/look'
import AppRoot from '@/shell/AppRoot.vue'
import { router } from '@/shell/router'
import { loadTexts } from '@/shell/texts'

provideMessages(loadTexts)
setTheme('system')
listenForKeys()
const app = createApp(AppRoot).use(createPinia()).use(i18n)
// Before anybody has signed in, the browser says which language they read.
await useLanguage(navigator.language.startsWith('zh') ? 'zh' : 'en')
app.use(router)
app.mount('#app')
