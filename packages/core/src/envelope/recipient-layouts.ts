import { fromAscii, readU16, readU32 } from '../encoding/bytes.ts'
import { kemById } from '../public-keys/kems.ts'
import type { Stanza } from './recipient.ts'

/** What a password is stretched with, and how hard. Kdfs this table does not know are `unknown`. */
export type Kdf =
  | { readonly kdf: 1; readonly name: 'PBKDF2-HMAC-SHA-256'; readonly iterations: number }
  | { readonly kdf: 2; readonly name: 'scrypt'; readonly log2N: number; readonly r: number; readonly p: number }
  | {
      readonly kdf: 3
      readonly name: 'Argon2id'
      /** KiB */
      readonly memory: number
      readonly passes: number
      readonly lanes: number
    }
  | { readonly kdf: number; readonly name: 'unknown' }

/** A recipient's own bytes, read. Arrays are views on the header. */
export type RecipientFields =
  | { readonly name: 'padding' }
  | { readonly name: 'key'; readonly keyId: Uint8Array; readonly version: number; readonly wrapped: Uint8Array }
  | {
      readonly name: 'password'
      readonly salt: Uint8Array
      readonly kdf: Kdf
      readonly wrapped: Uint8Array
    }
  | { readonly name: 'hpke'; readonly keyId: Uint8Array; readonly kem: number }
  | { readonly name: 'rsa-oaep'; readonly keyId: Uint8Array; readonly bits: number }
  | {
      readonly name: 'external'
      readonly provider: string
      readonly reference: string
      readonly blob: Uint8Array
      readonly wrapped: Uint8Array
    }
  | { readonly name: 'unknown' }

/** A layout that does not fit: what is wrong with it. */
export type Misfit = string

/** AES-256-KW (RFC 3394) of a content key. */
export const wrappedLength = 40

/**
 * The layouts of the recipient kinds (envelope v1 §Mode 2), each read strictly, also those this release cannot open: an opener
 * refuses a header with *any* recipient that does not fit its kind. A string says what does not fit.
 */
const layouts: Readonly<Record<number, (bytes: Uint8Array) => RecipientFields | Misfit>> = {
  0: () => ({ name: 'padding' }),
  1: readKey,
  2: readPassword,
  3: readHpke,
  4: readRsaOaep,
  5: readExternal,
}

/** Reads a recipient's bytes as its kind lays them out; an unknown kind fits always. */
export function readRecipient({ kind, bytes }: Stanza): RecipientFields | Misfit {
  return layouts[kind]?.(bytes) ?? { name: 'unknown' }
}

function readKey(bytes: Uint8Array): RecipientFields | Misfit {
  if (bytes.length !== 60) return 'a key recipient has 60 bytes'
  const version = readU32(bytes, 16)
  if (version === 0) return 'a key recipient names version 0'
  return { name: 'key', keyId: bytes.subarray(0, 16), version, wrapped: bytes.subarray(20) }
}

const kdfLengths: Readonly<Record<number, number>> = { 1: 61, 2: 60, 3: 66 }

function readPassword(bytes: Uint8Array): RecipientFields | Misfit {
  if (bytes.length < 17) return 'a password recipient has 17 bytes or more'
  const number = bytes[16] as number
  const length = kdfLengths[number]
  if (length !== undefined && bytes.length !== length)
    return `a password recipient of kdf ${number} has ${length} bytes`
  const kdf = readKdf(bytes)
  if (typeof kdf === 'string') return kdf
  const end = kdf.name === 'unknown' ? bytes.length : bytes.length - wrappedLength
  return {
    name: 'password',
    salt: bytes.subarray(0, 16),
    kdf,
    wrapped: bytes.subarray(end),
  }
}

/** Parameters that no implementation could run are refused here; those that are merely too much, by an opener's limits. */
function readKdf(bytes: Uint8Array): Kdf | Misfit {
  switch (bytes[16]) {
    case 1: {
      const iterations = readU32(bytes, 17)
      return iterations === 0 ? 'PBKDF2 with 0 iterations' : { kdf: 1, name: 'PBKDF2-HMAC-SHA-256', iterations }
    }
    case 2: {
      const [log2N, r, p] = bytes.subarray(17, 20) as unknown as readonly [number, number, number]
      if (log2N === 0 || r === 0 || p === 0) return 'scrypt with a parameter of 0'
      if (log2N >= 16 * r) return 'scrypt with N of 2^(16·r) or more' // RFC 7914 §2: N < 2^(128·r / 8)
      return { kdf: 2, name: 'scrypt', log2N, r, p }
    }
    case 3: {
      const memory = readU32(bytes, 17)
      const passes = readU32(bytes, 21)
      const lanes = bytes[25] as number
      if (memory === 0 || passes === 0 || lanes === 0) return 'Argon2id with a parameter of 0'
      if (memory < 8 * lanes) return 'Argon2id with less than 8 KiB for each lane' // RFC 9106 §3.1
      return { kdf: 3, name: 'Argon2id', memory, passes, lanes }
    }
    default:
      return { kdf: bytes[16] as number, name: 'unknown' }
  }
}

function readHpke(bytes: Uint8Array): RecipientFields | Misfit {
  if (bytes.length < 18) return 'an hpke recipient has 18 bytes or more'
  const kem = readU16(bytes, 16)
  const enc = kemById(kem)?.encapsulatedLength
  if (enc !== undefined && bytes.length !== 66 + enc) return `an hpke recipient of kem ${kem} has ${66 + enc} bytes`
  return { name: 'hpke', keyId: bytes.subarray(0, 16), kem }
}

function readRsaOaep(bytes: Uint8Array): RecipientFields | Misfit {
  const bits = (bytes.length - 56) * 8
  if (bits !== 2048 && bits !== 3072 && bits !== 4096) return 'an rsa-oaep recipient has 312, 440 or 568 bytes'
  return { name: 'rsa-oaep', keyId: bytes.subarray(0, 16), bits }
}

function readExternal(bytes: Uint8Array): RecipientFields | Misfit {
  const misfit = 'an external recipient whose inner lengths do not add up'
  const referenceAt = 1 + (bytes[0] ?? 0)
  if (referenceAt + 2 > bytes.length) return misfit
  const blobAt = referenceAt + 2 + readU16(bytes, referenceAt)
  if (blobAt + 2 > bytes.length) return misfit
  const wrappedAt = blobAt + 2 + readU16(bytes, blobAt)
  if (wrappedAt + wrappedLength !== bytes.length) return misfit
  const provider = bytes.subarray(1, referenceAt)
  const reference = bytes.subarray(referenceAt + 2, blobAt)
  if (!isName(provider) || !isName(reference))
    return 'an external recipient whose provider or reference is not printable'
  return {
    name: 'external',
    provider: fromAscii(provider),
    reference: fromAscii(reference),
    blob: bytes.subarray(blobAt + 2, wrappedAt),
    wrapped: bytes.subarray(wrappedAt),
  }
}

/** One or more bytes 21 to 7E. */
function isName(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.every((byte) => byte >= 0x21 && byte <= 0x7e)
}
