import type { Secret } from '../secret.ts'

/** A version of a packaged key: its material, and what is said of it. */
export interface PackagedVersion {
  /** As the store it comes from numbers it; 1 of a key that was made outside a store. */
  readonly number: number
  /** `active`, `deactivated`, …: what whoever receives it may do with it. */
  readonly state: string
  /** Milliseconds since 1970. */
  readonly created: number
  /**
   * Of a pair, the public half: raw of signing keys, as HPKE serialises it of its keys, SubjectPublicKeyInfo of RSA. Empty of
   * symmetric keys.
   */
  readonly publicKey: Uint8Array
  /**
   * Raw bytes of a symmetric key; of a pair the private half, as HPKE serialises it of its keys, else PKCS#8 in DER. Whoever holds
   * the package wipes it.
   */
  readonly material: Secret
}

/** A key with its metadata, portable: what content 2 holds (contents-v1 §Key packages). */
export interface KeyPackage {
  readonly name: string
  readonly description: string
  /** UUID of the key. */
  readonly key: string
  /** `sign`, `agree`, `transport`, `encrypt`, …: a key does nothing else. */
  readonly purpose: string
  /** `ed25519`, `p-256`, `x25519`, `x-wing`, `rsa-3072`, `symmetric-256`, … */
  readonly spec: string
  readonly origin: string
  /** Whether whoever receives it may pass it on. */
  readonly exportable: boolean
  /** Milliseconds since 1970. */
  readonly created: number
  readonly by: string
  /** Where the key is from, and what it may be used in; each empty for a key that was made outside a store. */
  readonly store: string
  readonly ring: string
  readonly environment: string
  readonly classification: string
  /** 1 to 255, in the order in which they were made; the last is the newest. */
  readonly versions: readonly PackagedVersion[]
}

/** The newest version. */
export function newestVersion(of: KeyPackage): PackagedVersion {
  return of.versions.at(-1) as PackagedVersion
}

/** Wipes the material of all versions. */
export function wipePackage(of: KeyPackage): void {
  for (const { material } of of.versions) material.wipe()
}
