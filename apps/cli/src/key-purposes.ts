import type { KeyPurpose } from '@kms/core'

const all: Readonly<Record<KeyPurpose, true>> = {
  encrypt: true,
  mac: true,
  sign: true,
  agree: true,
  transport: true,
  derive: true,
}

/** What `--purpose` takes: help must not load the library. */
export const keyPurposes: readonly string[] = Object.keys(all)
