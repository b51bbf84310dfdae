import type { ProfileName } from '@kms/core'

const all: Readonly<Record<ProfileName, true>> = {
  'data-key': true,
  'high-security': true,
  'pci-dss': true,
  tls: true,
  'code-signing': true,
  ssh: true,
  'mail-signing': true,
}

/** What `--profile` takes: help must not load the library. */
export const profileNames: readonly string[] = Object.keys(all)
