import type { Suite } from '../crypto/key-slots.ts'
import { ascii, concat, u32 } from '../encoding/bytes.ts'
import { headerLimit } from './header.ts'

// The labels of envelope v1. Material that seals is used for nothing but these, so no two uses can ever meet.
const label = (name: string): Uint8Array => ascii(`kms1/${name}\0`)

const seal = label('seal')
const deterministic = label('deterministic')
const wrap = label('wrap')
const password = label('password')
const hpke = label('hpke')
const rsaOaep = label('rsa-oaep')
const external = label('external')
const header = label('header')
const keyId = label('key-id')
const check = label('check')
const index = label('index')
const fingerprint = label('fingerprint')
const derive = label('derive')
const agree = label('agree')

/** What the message stands behind when its salt is hedged (`hedgedSalt`). */
export const hedgeLabel: Uint8Array = label('hedge')

/** Mode 0: what turns a key version's material into its content key `K`. */
export function sealInfo(suite: Suite, id: Uint8Array, version: number): Uint8Array {
  return concat(seal, Uint8Array.of(suite), id, u32(version))
}

/** Mode 1: what turns a key version's material into its content key `K` and salt key `S`, 64 bytes. */
export function deterministicInfo(suite: Suite, id: Uint8Array, version: number): Uint8Array {
  return concat(deterministic, Uint8Array.of(suite), id, u32(version))
}

/** What turns a key version's material into the key of its blind indexes, 32 bytes. */
export function indexInfo(id: Uint8Array, version: number): Uint8Array {
  return concat(index, id, u32(version))
}

/** Recipient kind 1: what turns a key version's material into a key-encryption key for this `C`. */
export function wrapInfo(id: Uint8Array, version: number, bound: Uint8Array): Uint8Array {
  return concat(wrap, id, u32(version), bound)
}

/** Recipient kind 2: what turns a stretched password into a key-encryption key for this `C`. */
export function passwordInfo(salt: Uint8Array, kdfBytes: Uint8Array, bound: Uint8Array): Uint8Array {
  return concat(password, salt, kdfBytes, bound)
}

/** Recipient kind 3: HPKE's `info`. @param boundHash `SHA-512(C)` */
export function hpkeInfo(id: Uint8Array, boundHash: Uint8Array): Uint8Array {
  return concat(hpke, id, boundHash)
}

/** Recipient kind 4: what turns `Z` into a key-encryption key for this `C`. */
export function rsaOaepInfo(id: Uint8Array, bound: Uint8Array): Uint8Array {
  return concat(rsaOaep, id, bound)
}

/** Recipient kind 5: what turns `Z` into a key-encryption key for this `C`. */
export function externalInfo(bound: Uint8Array): Uint8Array {
  return concat(external, bound)
}

// Public bytes, written and used at once: arrays of this length cost more than the mac itself.
let headerScratch: Uint8Array | undefined

/**
 * Mode 2: what the mac of a header is expanded with, from `K`.
 * @param macked up to 65,504 bytes
 * @returns bytes that are good until the next call
 */
export function headerInfo(macked: Uint8Array): Uint8Array {
  headerScratch ??= concat(header, new Uint8Array(headerLimit))
  headerScratch.set(macked, header.length)
  return headerScratch.subarray(0, header.length + macked.length)
}

/** What the id of a bare root key is expanded with, 16 bytes. */
export function keyIdInfo(): Uint8Array {
  return keyId.slice()
}

/** What a key version's check value is expanded with, 8 bytes: it tells that a process holds the right material. */
export function checkInfo(id: Uint8Array, version: number): Uint8Array {
  return concat(check, id, u32(version))
}

/** What ring material is expanded with, 32 bytes: the key of the HMAC that finds the same material twice in a ring. */
export function fingerprintInfo(): Uint8Array {
  return fingerprint.slice()
}

/** What turns the material of a key of purpose `derive` into a key of `length` bytes for what `purpose` says. */
export function deriveInfo(id: Uint8Array, version: number, length: number, purpose: string): Uint8Array {
  return concat(derive, id, u32(version), u32(length), new TextEncoder().encode(purpose))
}

/**
 * What a shared secret is expanded with: the key's length, both public keys, the lesser first so that both sides say the same, and what the key is for.
 * @param one SubjectPublicKeyInfo @param other of the same spec, so of the same length
 */
export function agreeInfo(one: Uint8Array, other: Uint8Array, use: Uint8Array, length: number): Uint8Array {
  const [first, second] = isLess(one, other) ? [one, other] : [other, one]
  return concat(agree, u32(length), first, second, use)
}

function isLess(one: Uint8Array, other: Uint8Array): boolean {
  const at = one.findIndex((byte, index) => byte !== other[index])
  return at >= 0 && (one[at] as number) < (other[at] as number)
}
