import * as nodeCrypto from 'node:crypto'
import { type Argon2idCost, type DerivationOptions, type Hash, KmsError, type ScryptCost } from '@kms/core'
import { argon2id as wasmArgon2id } from '@kms/core/hazmat'
import { plain } from './native-aead.ts'

type Derived = (error: Error | null, key: Buffer) => void

/** `crypto.argon2`, which Node has since 24.7. */
type Argon2 = (
  algorithm: 'argon2id',
  parameters: {
    readonly message: Uint8Array
    readonly nonce: Uint8Array
    readonly memory: number
    readonly passes: number
    readonly parallelism: number
    readonly tagLength: number
  },
  derived: Derived,
) => void

const { argon2 } = nodeCrypto as unknown as { readonly argon2?: Argon2 }

const names = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' } as const satisfies Record<Hash, string>
const gibibyte = 2 ** 30
const outputLimit = 1_024

/** `Primitives.pbkdf2` by node:crypto. */
export function pbkdf2(
  hash: Hash,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  length: number,
  options?: DerivationOptions,
): Promise<Uint8Array> {
  return onThreadPool(options, (derived) => {
    if (!Object.hasOwn(names, hash)) throw new KmsError('unsupported', `There is no hash ${String(hash)} here.`)
    require(isWhole(iterations, 1, 2 ** 31 - 1), 'PBKDF2 takes 1 to 2³¹ − 1 iterations.')
    require(isWhole(length, 1, 2 ** 31 - 1), 'PBKDF2 gives 1 byte or more.')
    nodeCrypto.pbkdf2(password, salt, iterations, length, names[hash], derived)
  })
}

/** `Primitives.scrypt` by node:crypto. */
export function scrypt(
  password: Uint8Array,
  salt: Uint8Array,
  { log2N, r, p }: ScryptCost,
  length: number,
  options?: DerivationOptions,
): Promise<Uint8Array> {
  return onThreadPool(options, (derived) => {
    const fits = isWhole(r, 1, 255) && isWhole(p, 1, 16) && isWhole(log2N, 1, 23) && log2N < 16 * r
    const N = 2 ** log2N
    require(fits &&
      128 * N * r <= gibibyte &&
      N * r * p <=
        2 **
          24, 'scrypt takes a log2 N of 1 or more and less than 16·r, p up to 16, 128·N·r of 1 GiB and N·r·p of 2^24 at most.')
    require(isWhole(length, 1, outputLimit), `scrypt gives 1 to ${outputLimit} bytes.`)
    // OpenSSL counts 128·N·r and what it needs besides; Node's default for the most is 32 MiB.
    nodeCrypto.scrypt(password, salt, length, { N, r, p, maxmem: 1.25 * gibibyte }, derived)
  })
}

/** `Primitives.argon2id` by node:crypto since Node 24.7; before, by WASM, since an older Node has none. */
export function argon2id(
  password: Uint8Array,
  salt: Uint8Array,
  cost: Argon2idCost,
  length: number,
  options?: DerivationOptions,
): Promise<Uint8Array> {
  const native = argon2
  if (native === undefined) return wasmArgon2id(password, salt, cost, length, options)
  const { memoryKiB, passes, lanes } = cost
  return onThreadPool(options, (derived) => {
    require(isWhole(lanes, 1, 16), 'Argon2id takes 1 to 16 lanes.')
    require(isWhole(memoryKiB, 8 * lanes, 2 ** 20) &&
      isWhole(
        passes,
        1,
        2 ** 22 / memoryKiB,
      ), 'Argon2id takes 8 KiB a lane to 1 GiB of memory, 1 pass or more, and memory times passes of 4 GiB at most.')
    require(isWhole(length, 4, outputLimit), `Argon2id gives 4 to ${outputLimit} bytes.`)
    require(isWhole(salt.length, 8, 65_535) &&
      password.length <= 65_535, 'Argon2id takes a salt of 8 bytes or more, and 65,535 bytes at most.')
    const parameters = { memory: memoryKiB, passes, parallelism: lanes, tagLength: length }
    native('argon2id', { message: password, nonce: salt, ...parameters }, derived)
  })
}

/** Runs on Node's thread pool, which cannot be interrupted: an abort rejects at once and wipes the result when it comes. */
function onThreadPool(options: DerivationOptions = {}, start: (derived: Derived) => void): Promise<Uint8Array> {
  const { signal, onProgress } = options
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new KmsError('aborted', 'The key derivation was cancelled.'))
    if (signal?.aborted) return abort()
    start((error, key) => {
      signal?.removeEventListener('abort', abort)
      if (signal?.aborted) return void key?.fill(0)
      if (error) return reject(failed(error))
      onProgress?.(1)
      resolve(plain(key))
    })
    signal?.addEventListener('abort', abort, { once: true })
  })
}

function failed(cause: Error): KmsError {
  return new KmsError(
    'limit-exceeded',
    'The key derivation failed: there is no memory for it. Free some, and repeat.',
    {
      cause,
    },
  )
}

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most

function require(holds: boolean, otherwise: string): void {
  if (!holds) throw new KmsError('invalid-argument', otherwise)
}
