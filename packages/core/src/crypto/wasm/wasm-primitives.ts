import { KmsError } from '../../errors.ts'
import type { Aead, Hash, HeaderRewrapper, Primitives } from '../primitives.ts'
import { argon2id } from './argon2id.ts'
import { isWhole, requireThat } from './checks.ts'
import { type HashEntry, hashEntry } from './hashes.ts'
import { headerRewrapper } from './header-rewrapper.ts'
import { absorb, instantiate, takeOutput } from './instance.ts'
import { pbkdf2 } from './pbkdf2.ts'
import { scrypt } from './scrypt.ts'

const aeads = {
  'AES-256-GCM': { id: 0, keyLength: 32 },
  'AES-128-GCM': { id: 1, keyLength: 16 },
  'ChaCha20-Poly1305': { id: 2, keyLength: 32 },
} as const satisfies Record<Aead, { id: number; keyLength: number }>

const tagLength = 16
/** Room for the longest context of an envelope and any label before it. */
const infoLimit = 66_048
const inputLimit = 131_072
const keyWrapLimit = 65_536
/** What the WASM module has beyond `Primitives`. */
export interface WasmPrimitives extends Primitives {
  /** AES-KWP, RFC 5649. `kek` 16 or 32 bytes; `key` 1 to 65,536 bytes. */
  keyWrapPadded(kek: Uint8Array, key: Uint8Array): Uint8Array

  /** RFC 5649 §4.2. @throws `authentication-failed` */
  keyUnwrapPadded(kek: Uint8Array, wrapped: Uint8Array): Uint8Array

  headerRewrapper(): Promise<HeaderRewrapper>
}

/**
 * `Primitives` in the WASM module: constant-time code, the same on every platform. Inputs and what is derived from them are wiped
 * in the module's memory before a call returns.
 * @throws `unsupported` where WebAssembly with SIMD is missing or forbidden
 */
export function createWasmPrimitives(): WasmPrimitives {
  const wasm = instantiate()
  const { exports, memory, keyAt, nonceAt, input, output, whole } = wasm

  function hash(name: Hash, data: Uint8Array): Uint8Array {
    const { id, length } = hashEntry(name)
    if (data.length <= whole) {
      memory.set(data, input)
      exports.hash(id, data.length)
    } else {
      exports.hashBegin(id)
      exports.hashEnd(id, absorb(wasm, id, [data]), data.length)
      exports.wipeIn(whole)
    }
    return takeOutput(wasm, length)
  }

  /** Puts an HMAC key into the module: itself, or its hash if it is longer than a block (RFC 2104 §2). */
  function putKey({ block }: HashEntry, name: Hash, key: Uint8Array): number {
    if (key.length <= block) {
      memory.set(key, keyAt)
      return key.length
    }
    const digest = hash(name, key)
    memory.set(digest, keyAt)
    digest.fill(0)
    return digest.length
  }

  function hmac(name: Hash, key: Uint8Array, data: Uint8Array): Uint8Array {
    const entry = hashEntry(name)
    const keyLength = putKey(entry, name, key)
    if (data.length <= whole) {
      memory.set(data, input)
      exports.hmac(entry.id, keyLength, data.length)
    } else {
      exports.hmacKey(entry.id, keyLength)
      exports.hmacBegin()
      exports.hmacEnd(entry.id, absorb(wasm, entry.id, [data]), data.length)
      exports.wipeIn(whole)
    }
    return takeOutput(wasm, entry.length)
  }

  function hkdfExpand(name: Hash, prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
    const entry = hashEntry(name)
    requireLength(length, entry.length)
    requireThat(info.length <= infoLimit, `HKDF takes an info of ${infoLimit} bytes at most.`)
    const keyLength = putKey(entry, name, prk)
    memory.set(info, input + 64)
    exports.hkdfExpand(entry.id, keyLength, info.length, length)
    return takeOutput(wasm, length)
  }

  function hkdf(name: Hash, inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
    const entry = hashEntry(name)
    requireLength(length, entry.length)
    requireThat(info.length <= infoLimit, `HKDF takes an info of ${infoLimit} bytes at most.`)
    if (inputKey.length > inputLimit) {
      const prk = hmac(name, salt, inputKey)
      const result = hkdfExpand(name, prk, info, length)
      prk.fill(0)
      return result
    }
    const saltLength = putKey(entry, name, salt)
    memory.set(info, input + 64)
    memory.set(inputKey, input + 65 + info.length)
    exports.hkdf(entry.id, saltLength, info.length, inputKey.length, length)
    return takeOutput(wasm, length)
  }

  function requireAead(aead: Aead, key: Uint8Array, nonce: Uint8Array): number {
    if (!Object.hasOwn(aeads, aead)) throw new KmsError('unsupported', `There is no AEAD ${String(aead)} here.`)
    const { id, keyLength } = aeads[aead]
    requireThat(key.length === keyLength, `${aead} takes keys of ${keyLength} bytes.`)
    requireThat(nonce.length === 12, `${aead} takes nonces of 12 bytes.`)
    memory.set(key, keyAt)
    memory.set(nonce, nonceAt)
    return id
  }

  function aeadSeal(
    aead: Aead,
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): Uint8Array {
    const id = requireAead(aead, key, nonce)
    const { length } = plaintext
    if (length > whole || aad.length > whole) return longAead(id, aad, plaintext, length, true)
    if (aad.length > 0) memory.set(aad, output)
    memory.set(plaintext, input)
    const sealed = exports.aeadSeal(id, aad.length, length)
    return memory.slice(output, output + sealed)
  }

  function aeadOpen(aead: Aead, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
    const id = requireAead(aead, key, nonce)
    const length = sealed.length - tagLength
    if (length < 0) {
      memory.fill(0, keyAt, keyAt + 32)
      throw notGenuine()
    }
    if (length > whole || aad.length > whole) return longAead(id, aad, sealed, length, false)
    if (aad.length > 0) memory.set(aad, output)
    memory.set(sealed, input)
    const opened = exports.aeadOpen(id, aad.length, length)
    if (opened < 0) throw notGenuine()
    return takeOutput(wasm, opened)
  }

  function longAead(id: number, aad: Uint8Array, source: Uint8Array, length: number, seal: boolean): Uint8Array {
    exports.aeadBegin(id)
    for (let from = 0; from < aad.length; from += whole) {
      const part = aad.subarray(from, from + whole)
      memory.set(part, input)
      exports.aeadHash(id, part.length)
    }
    const result = new Uint8Array(seal ? length + tagLength : length)
    for (let from = 0, size = exports.aeadFirst(id); from < length; from += size, size = whole) {
      const part = source.subarray(from, Math.min(from + size, length))
      memory.set(part, input)
      exports.aeadUpdate(id, part.length, seal)
      result.set(memory.subarray(output, output + part.length), from)
    }
    if (!seal) memory.set(source.subarray(length), input)
    const end = exports.aeadEnd(id, aad.length, length, seal)
    if (seal) result.set(memory.subarray(output, output + tagLength), length)
    exports.wipeIn(whole)
    exports.wipeOut(whole + tagLength)
    if (end >= 0) return result
    result.fill(0)
    throw notGenuine()
  }

  function wrap(kek: Uint8Array, key: Uint8Array, padded: boolean): Uint8Array {
    requireKek(kek)
    memory.set(kek, keyAt)
    memory.set(key, input + 8)
    return takeOutput(wasm, exports.keyWrap(kek.length, key.length, padded))
  }

  function unwrap(kek: Uint8Array, wrapped: Uint8Array, padded: boolean): Uint8Array {
    requireKek(kek)
    if (wrapped.length > keyWrapLimit + 8) throw notGenuine()
    memory.set(kek, keyAt)
    memory.set(wrapped, input)
    const length = exports.keyUnwrap(kek.length, wrapped.length, padded)
    if (length < 0) {
      memory.fill(0, keyAt, keyAt + 32)
      throw notGenuine()
    }
    return takeOutput(wasm, length)
  }

  return {
    backend: 'wasm',
    hash,
    hmac,
    hkdfExpand,
    hkdf,
    pbkdf2,
    scrypt,
    argon2id,
    aeadSeal,
    aeadOpen,
    keyWrap(kek, key) {
      const fits = key.length >= 16 && key.length % 8 === 0 && key.length <= keyWrapLimit
      requireThat(fits, 'AES-KW wraps a multiple of 8 bytes, 16 or more.')
      return wrap(kek, key, false)
    },
    keyUnwrap: (kek, wrapped) => unwrap(kek, wrapped, false),
    keyWrapPadded(kek, key) {
      requireThat(key.length >= 1 && key.length <= keyWrapLimit, `AES-KWP wraps 1 to ${keyWrapLimit} bytes.`)
      return wrap(kek, key, true)
    },
    keyUnwrapPadded: (kek, wrapped) => unwrap(kek, wrapped, true),
    headerRewrapper,
    equal(a, b) {
      if (a.length !== b.length) return false
      const half = whole / 2
      let same = 1
      for (let from = 0; from < a.length; from += half) {
        const length = Math.min(half, a.length - from)
        memory.set(a.subarray(from, from + length), input)
        memory.set(b.subarray(from, from + length), input + length)
        same &= exports.equal(length)
      }
      return same === 1
    },
  }
}

function requireLength(length: number, digest: number): void {
  requireThat(isWhole(length, 1, 255 * digest), `HKDF gives 1 to ${255 * digest} bytes.`)
}

function requireKek(kek: Uint8Array): void {
  requireThat(kek.length === 16 || kek.length === 32, 'AES-KW takes keys of 16 or 32 bytes.')
}

function notGenuine(): KmsError {
  return new KmsError(
    'authentication-failed',
    'The bytes are not genuine: wrong key, nonce, additional data or ciphertext.',
  )
}
