import { ref } from 'vue'

/** The name that was typed, for the next page of signing in: nobody types it twice. Gone when somebody is inside. */
export const typedLogin = ref('')
