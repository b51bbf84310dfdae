import type { Suite } from '../crypto/key-slots.ts'
import type { Aead } from '../crypto/primitives.ts'
import { invalidArgument, malformed, unsupported } from '../refusals.ts'

/** How an envelope was sealed (envelope v1 §preamble). */
export type Mode = 0 | 1 | 2

/** What an envelope holds (envelope v1 §preamble). */
export type Content = 0 | 1 | 2 | 3 | 4 | 5 | 6

/** The AEAD of each suite, with its IANA name, which is part of the body's derivation (C2SP chunked-encryption). */
export const suites: Readonly<Record<Suite, { readonly name: string; readonly aead: Aead }>> = {
  1: { name: 'AEAD_AES_256_GCM', aead: 'AES-256-GCM' },
  2: { name: 'AEAD_CHACHA20_POLY1305', aead: 'ChaCha20-Poly1305' },
}

/** @throws `invalid-argument` for what is no suite */
export function checkSuite(suite: Suite): Suite {
  if (Object.hasOwn(suites, suite)) return suite
  throw invalidArgument('A suite is 1 (AES-256-GCM) or 2 (ChaCha20-Poly1305).')
}

export const modes: Readonly<Record<Mode, string>> = {
  0: 'sealed by a key version',
  1: 'sealed by a key version, deterministic',
  2: 'to recipients',
}

/** Contents and the modes each may have; one in another mode is `malformed`. */
export const contents: Readonly<Record<Content, { readonly name: string; readonly modes: readonly Mode[] }>> = {
  0: { name: 'data', modes: [0, 1, 2] },
  1: { name: 'key version', modes: [0] },
  2: { name: 'key package', modes: [2] },
  3: { name: 'backup', modes: [2] },
  4: { name: 'store key', modes: [2] },
  5: { name: 'signed data', modes: [2] },
  6: { name: 'ring key', modes: [2] },
}

export interface Preamble {
  readonly suite: Suite
  readonly content: Content
  readonly mode: Mode
}

/** Length of a preamble in bytes. */
export const preambleLength = 7

/** `92 6B 35`: what base64url decodes `kms1` to. */
const magic = [0x92, 0x6b, 0x35] as const

const has = <T extends object>(table: T, key: number): boolean => Object.hasOwn(table, key)

/**
 * Reads the first seven bytes. Step 1 of what an opener refuses.
 * @throws `malformed` for fewer bytes; `unsupported` for another magic, version, suite, content, mode or flag, saying which
 */
export function parsePreamble(bytes: Uint8Array): Preamble {
  if (bytes.length < preambleLength) throw malformed(`it has ${bytes.length} bytes, fewer than a preamble`)
  // By index: taking an array apart costs more than the rest of a header.
  const [m0, m1, m2] = [bytes[0], bytes[1], bytes[2] as number]
  const [suite, content, mode, flags] = [bytes[3] as number, bytes[4] as number, bytes[5] as number, bytes[6]]
  if (m0 !== magic[0] || m1 !== magic[1] || (m2 & 0xfc) !== (magic[2] & 0xfc)) {
    throw unsupported('These bytes do not start as an envelope does')
  }
  if (m2 !== magic[2]) throw unsupported('The envelope is of another version than 1')
  if (!has(suites, suite)) throw unsupported(`The envelope is of suite ${suite}, which this release does not know`)
  if (!has(contents, content))
    throw unsupported(`The envelope holds content ${content}, which this release does not know`)
  if (!has(modes, mode)) throw unsupported(`The envelope is of mode ${mode}, which this release does not know`)
  if (flags !== 0) throw unsupported(`The envelope has flags ${flags}, which this release does not know`)
  return { suite: suite as Suite, content: content as Content, mode: mode as Mode }
}

/** The seven bytes; flags are 0. */
export function encodePreamble({ suite, content, mode }: Preamble): Uint8Array {
  const bytes = new Uint8Array(preambleLength)
  bytes.set(magic)
  bytes[3] = suite
  bytes[4] = content
  bytes[5] = mode
  return bytes
}
