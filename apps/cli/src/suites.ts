import type { Suite } from '@kms/core'

/** What `--suite` takes, and the suite of the envelope that it means. */
export const suites: Readonly<Record<string, Suite>> = { 'aes-256-gcm': 1, 'chacha20-poly1305': 2 }

/** The suite that was asked for by name; AES-256-GCM where nothing was said. */
export const suiteOf = (name: string | undefined): Suite => (name === undefined ? 1 : (suites[name] as Suite))
