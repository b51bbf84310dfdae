import { KmsError } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import type { KeySlots, MessageKey, Slot, Suite } from '../key-slots.ts'
import { platformRandom, poolLength, type RandomFill, SaltPool } from '../salt-pool.ts'
import { absorb, instantiate, type WasmInstance } from './instance.ts'

const boundRoom = 65_542
const saltLength = 24
const prefixLength = 56
const chunkLength = 16_384
const tagLength = 16
const sha512 = 2
const digestLength = 64

/** Handles carry a serial number that is given once in a process: one of another instance is never one of ours. */
let lastSerial = 0

export interface WasmKeySlotsOptions {
  /** Where salts come from: the platform's CSPRNG by default. */
  readonly randomFill?: RandomFill
}

/**
 * `KeySlots` in the WASM module's memory: 4,096 slots, which only the module writes. A message is sealed or opened by one call;
 * its key, hash states, round keys and tables, and the plaintext, are wiped before the call returns.
 * @throws `unsupported` where WebAssembly with SIMD is missing or forbidden
 */
export function createWasmKeySlots({ randomFill = platformRandom }: WasmKeySlotsOptions = {}): KeySlots {
  return new WasmKeySlots(randomFill)
}

class WasmKeySlots implements KeySlots {
  readonly backend = 'wasm'
  readonly bound: Uint8Array
  readonly #instance: WasmInstance
  readonly #salts: SaltPool
  readonly #saltAt: number

  constructor(randomFill: RandomFill) {
    const instance = instantiate()
    const { boundAt, poolAt, saltAt } = instance.exports
    const buffer = instance.memory.buffer as ArrayBuffer
    this.#instance = instance
    this.#salts = new SaltPool(new Uint8Array(buffer, poolAt.value as number, poolLength), randomFill)
    this.#saltAt = saltAt.value as number
    this.bound = new Uint8Array(buffer, boundAt.value as number, boundRoom)
  }

  importKey(material: Uint8Array): Slot {
    if (!(material instanceof Uint8Array) || material.length !== 32) {
      throw new KmsError('invalid-argument', 'Key material has 32 bytes.')
    }
    const { exports, memory, keyAt } = this.#instance
    memory.set(material, keyAt)
    const slot = checked(exports.importKey(++lastSerial))
    material.fill(0)
    return slot as Slot
  }

  expand(slot: Slot, info: Uint8Array, length: number): Uint8Array {
    if (!Number.isInteger(length) || length < 1 || length > 64) {
      throw new KmsError('invalid-argument', 'A slot expands to 1 to 64 bytes.')
    }
    const instance = this.#instance
    this.#info(info)
    checked(instance.exports.expandKey(slot, info.length))
    const result = instance.memory.slice(instance.output, instance.output + length)
    instance.exports.wipeOut(64)
    return result
  }

  deriveKey(slot: Slot, info: Uint8Array): Slot {
    this.#info(info)
    return checked(this.#instance.exports.deriveKey(slot, info.length, ++lastSerial, false)) as Slot
  }

  derivePair(slot: Slot, info: Uint8Array): readonly [Slot, Slot] {
    const first = this.deriveKey(slot, info)
    try {
      this.#info(info)
      return [first, checked(this.#instance.exports.deriveKey(slot, info.length, ++lastSerial, true)) as Slot]
    } catch (error) {
      this.release(first)
      throw error
    }
  }

  mac(slot: Slot, boundLength: number, data: Uint8Array, length: number): Uint8Array {
    const { exports, memory, output, whole } = this.#instance
    requireBound(boundLength)
    if (!Number.isInteger(length) || length < 1 || length > digestLength) {
      throw new KmsError('invalid-argument', 'A mac has 1 to 64 bytes.')
    }
    checked(exports.slotMacBegin(slot))
    const total = boundLength + data.length
    const last = absorb(this.#instance, sha512, [this.bound.subarray(0, boundLength), data])
    checked(exports.hmacEnd(sha512, last, total))
    if (total > last) exports.wipeIn(whole)
    const result = memory.slice(output, output + length)
    exports.wipeOut(digestLength)
    return result
  }

  prepare(slot: Slot, suite: Suite, header: Uint8Array): void {
    const { exports, memory, input } = this.#instance
    if (suite !== 1 && suite !== 2) throw new KmsError('unsupported', `There is no suite ${String(suite)} here.`)
    if (header.length > 27)
      throw new KmsError('invalid-argument', 'The header of a sealed message has 27 bytes at most.')
    memory.set(header, input)
    checked(exports.prepare(slot, suite, header.length))
  }

  seal(slot: Slot, boundLength: number, plaintext: Uint8Array, salt?: Uint8Array): Uint8Array {
    const { exports, memory, input, output, whole } = this.#instance
    const { length } = plaintext
    requireBound(boundLength)
    if (salt !== undefined) {
      this.#setSalt(salt)
      return this.#sealSalted(slot, boundLength, plaintext)
    }
    const at = this.#salts.take()
    if (length >= whole) {
      const pool = exports.poolAt.value as number
      memory.copyWithin(this.#saltAt, pool + at, pool + at + saltLength)
      memory.fill(0, pool + at, pool + at + saltLength)
      return this.#sealSalted(slot, boundLength, plaintext)
    }
    memory.set(plaintext, input)
    const sealed = exports.seal(slot, boundLength, length, at)
    if (sealed < 0) throw this.#refused(sealed, length)
    return memory.slice(output, output + sealed)
  }

  open(slot: Slot, boundLength: number, sealed: Uint8Array): Uint8Array {
    const { exports, memory, input, output, wholeSealed } = this.#instance
    requireBound(boundLength)
    const { length } = sealed
    if (length >= wholeSealed) return this.#openLong(slot, boundLength, sealed)
    memory.set(sealed, input)
    const opened = exports.open(slot, boundLength, length)
    if (opened < 0) throw failure(opened)
    const plaintext = memory.slice(output, output + opened)
    exports.wipeOut(opened)
    return plaintext
  }

  messageKey(slot: Slot, boundLength: number, salt: Uint8Array): MessageKey {
    const { exports, memory, output } = this.#instance
    requireBound(boundLength)
    this.#setSalt(salt)
    const length = checked(exports.messageKey(slot, boundLength))
    const at = (from: number, to: number): Uint8Array => memory.slice(output + from, output + to)
    const result = { key: Secret.take(at(0, 32)), nonce: at(32, 44), commitment: at(44, 76) }
    exports.wipeOut(length)
    return result
  }

  release(slot: Slot): void {
    checked(this.#instance.exports.release(slot))
  }

  wipe(): void {
    this.#instance.exports.wipe()
    this.#salts.drop()
  }

  #info(info: Uint8Array): void {
    const { memory, input, whole } = this.#instance
    if (info.length > whole)
      throw new KmsError('invalid-argument', `What a key is derived for has ${whole} bytes at most.`)
    memory.set(info, input)
  }

  #setSalt(salt: Uint8Array): void {
    if (salt.length !== saltLength) throw new KmsError('invalid-argument', `A salt has ${saltLength} bytes.`)
    this.#instance.memory.set(salt, this.#saltAt)
  }

  #sealSalted(slot: Slot, boundLength: number, plaintext: Uint8Array): Uint8Array {
    const { exports, memory, input, output, whole } = this.#instance
    const { length } = plaintext
    if (length < whole) {
      memory.set(plaintext, input)
      const sealed = exports.sealSalted(slot, boundLength, length)
      if (sealed < 0) throw this.#refused(sealed, length)
      return memory.slice(output, output + sealed)
    }
    const prefix = checked(exports.sealBegin(slot, boundLength))
    try {
      const sealed = new Uint8Array(sealedLength(prefix - prefixLength, length))
      sealed.set(memory.subarray(output, output + prefix))
      let at = prefix
      for (let from = 0, last = false; !last; from += whole) {
        last = length - from < whole
        const batch = plaintext.subarray(from, from + whole)
        memory.set(batch, input)
        const written = checked(exports.sealBatch(batch.length, last))
        sealed.set(memory.subarray(output, output + written), at)
        at += written
      }
      return sealed
    } finally {
      exports.messageEnd()
      exports.wipeIn(whole)
    }
  }

  #openLong(slot: Slot, boundLength: number, sealed: Uint8Array): Uint8Array {
    const { exports, memory, input, output, whole, wholeSealed } = this.#instance
    memory.set(sealed.subarray(0, 27 + prefixLength), input)
    checked(exports.openBegin(slot, boundLength))
    let plaintext: Uint8Array | undefined
    try {
      const start = exports.headerLength(slot) + prefixLength
      const rest = sealed.length - start
      if (rest % (chunkLength + tagLength) < tagLength) throw failure(-2)
      const chunks = Math.ceil(rest / (chunkLength + tagLength))
      plaintext = new Uint8Array(rest - chunks * tagLength)
      let at = 0
      for (let from = start, last = false; !last; from += wholeSealed) {
        last = sealed.length - from < wholeSealed
        const batch = sealed.subarray(from, from + wholeSealed)
        memory.set(batch, input)
        const opened = checked(exports.openBatch(batch.length, last))
        plaintext.set(memory.subarray(output, output + opened), at)
        at += opened
      }
      return plaintext
    } catch (error) {
      plaintext?.fill(0)
      throw error
    } finally {
      exports.messageEnd()
      exports.wipeOut(whole)
    }
  }

  /** Plaintext that was given and not sealed is wiped all the same. */
  #refused(code: number, length: number): KmsError {
    this.#instance.exports.wipeIn(length)
    return failure(code)
  }
}

function sealedLength(header: number, length: number): number {
  return header + prefixLength + length + tagLength * (Math.floor(length / chunkLength) + 1)
}

function requireBound(length: number): void {
  if (!Number.isInteger(length) || length < 0 || length > boundRoom) {
    throw new KmsError('invalid-argument', `What is bound has 0 to ${boundRoom} bytes.`)
  }
}

/** @returns `result`, unless it is one of the module's error numbers */
function checked(result: number): number {
  if (result < 0) throw failure(result)
  return result
}

function failure(code: number): KmsError {
  if (code === -1) return new KmsError('closed', 'The key is not in memory: it was released, or is of another Kms.')
  if (code === -2)
    return new KmsError('authentication-failed', 'The bytes are not genuine: wrong key, context or data.')
  if (code === -4) return new KmsError('limit-exceeded', 'There are 4,096 keys in memory already. Release some.')
  return new KmsError('invalid-argument', 'The slot was not prepared for this, or a length is out of range.')
}
