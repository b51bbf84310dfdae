import { createCipheriv, createHash, createHmac, hkdfSync, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import type { Primitives } from '@kms/core'
import { argon2id, scrypt } from '@kms/core/hazmat'
import { aeskw, gcm } from '@noble/ciphers/aes.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { pbkdf2 } from '@noble/hashes/pbkdf2.js'
import { sha256 } from '@noble/hashes/sha2.js'
import {
  createSHA256,
  createSHA512,
  argon2id as hashWasmArgon2id,
  pbkdf2 as hashWasmPbkdf2,
  scrypt as hashWasmScrypt,
} from 'hash-wasm'
import sodium from 'libsodium-wrappers-sumo'
import type { Bound } from '../harness/report.ts'
import type { Subject } from '../harness/subject.ts'

/** A primitive beside its peers, each by its own best interface, and what it should reach. */
export interface Contest {
  readonly work: string
  /** Takes so long that fewer rounds must do. */
  readonly slow?: true
  /** Absent where `Primitives` has no such algorithm yet. */
  readonly ours?: (primitives: Primitives) => Subject
  readonly peers: readonly Subject[]
  /** Speed ratios, or time ratios where they are `atMost`. */
  readonly targets: readonly { readonly against: string; readonly bound: Bound }[]
}

/** A subject whose every result is `expected`. */
function fixed(name: string, expected: Uint8Array, run: () => unknown): Subject {
  const wanted = Buffer.from(expected)
  return { name, run, verify: (result) => wanted.equals(result as Uint8Array) }
}

const none = new Uint8Array(0)
const key = randomBytes(32)
const nonce = randomBytes(12)

function nodeGcm(key: Uint8Array, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  return Buffer.concat([ciphertext, cipher.getAuthTag()])
}

/** 16 bytes under another key each time: what one short message costs, key schedule and all. */
function freshKeyGcm(): Contest {
  const plaintext = randomBytes(16)
  const keys = Array.from({ length: 64 }, () => randomBytes(32))
  function subject(name: string, seal: (key: Uint8Array) => Uint8Array): Subject {
    let next = 0
    return {
      name,
      run: () => seal(keys[next++ & 63]!),
      verify: (sealed) => nodeGcm(keys[(next - 1) & 63]!, plaintext).equals(sealed as Uint8Array),
    }
  }
  return {
    work: 'AES-256-GCM 16 B, fresh key',
    ours: (primitives) => subject('ours', (fresh) => primitives.aeadSeal('AES-256-GCM', fresh, nonce, none, plaintext)),
    peers: [
      subject('node', (fresh) => nodeGcm(fresh, plaintext)),
      subject('noble', (fresh) => gcm(fresh, nonce).encrypt(plaintext)),
    ],
    targets: [
      { against: 'node', bound: { atLeast: 2.5 } },
      { against: 'noble', bound: { atLeast: 12 } },
    ],
  }
}

function longGcm(): Contest {
  const plaintext = randomBytes(16_384)
  const expected = nodeGcm(key, plaintext)
  return {
    work: 'AES-256-GCM 16 KiB',
    ours: (primitives) =>
      fixed('ours', expected, () => primitives.aeadSeal('AES-256-GCM', key, nonce, none, plaintext)),
    peers: [
      fixed('node', expected, () => nodeGcm(key, plaintext)),
      fixed('noble', expected, () => gcm(key, nonce).encrypt(plaintext)),
    ],
    targets: [{ against: 'noble', bound: { atLeast: 6 } }],
  }
}

function chacha(): Contest {
  const plaintext = randomBytes(16_384)
  const longNonce = randomBytes(24)
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
  const expected = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  const sealX = (): Uint8Array =>
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, null, null, longNonce, key)
  return {
    work: 'ChaCha20-Poly1305 16 KiB',
    ours: (primitives) =>
      fixed('ours', expected, () => primitives.aeadSeal('ChaCha20-Poly1305', key, nonce, none, plaintext)),
    peers: [fixed('libsodium (XChaCha20)', sealX(), sealX)],
    targets: [{ against: 'libsodium (XChaCha20)', bound: { atLeast: 1 } }],
  }
}

function keyDerivation(): Contest {
  const [input, salt, info] = [randomBytes(32), randomBytes(32), Buffer.from('a purpose')]
  const expected = new Uint8Array(hkdfSync('sha256', input, salt, info, 32))
  return {
    work: 'HKDF-SHA-256 32 B',
    ours: (primitives) => fixed('ours', expected, () => primitives.hkdf('SHA-256', input, salt, info, 32)),
    peers: [
      fixed('hkdfSync', expected, () => new Uint8Array(hkdfSync('sha256', input, salt, info, 32))),
      fixed('node by hand', expected, () => {
        const extracted = createHmac('sha256', salt).update(input).digest()
        return createHmac('sha256', extracted).update(info).update(Uint8Array.of(1)).digest()
      }),
      fixed('noble', expected, () => hkdf(sha256, input, salt, info, 32)),
    ],
    targets: [
      { against: 'hkdfSync', bound: { atLeast: 5 } },
      { against: 'noble', bound: { atLeast: 5 } },
    ],
  }
}

function passwordDerivation(): Contest {
  const [password, salt, iterations] = [randomBytes(16), randomBytes(16), 600_000]
  const expected = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  return {
    work: 'PBKDF2-SHA-256 600,000',
    slow: true,
    ours: (primitives) => fixed('ours', expected, () => primitives.pbkdf2('SHA-256', password, salt, iterations, 32)),
    peers: [
      fixed('node', expected, () => pbkdf2Sync(password, salt, iterations, 32, 'sha256')),
      fixed('noble', expected, () => pbkdf2(sha256, password, salt, { c: iterations, dkLen: 32 })),
      fixed('hash-wasm', expected, () =>
        hashWasmPbkdf2({
          password,
          salt,
          iterations,
          hashLength: 32,
          hashFunction: createSHA256(),
          outputType: 'binary',
        }),
      ),
    ],
    targets: [
      { against: 'noble', bound: { atLeast: 4 } },
      { against: 'hash-wasm', bound: { atLeast: 7 } },
    ],
  }
}

async function hashing(): Promise<Contest> {
  const data = randomBytes(1 << 20)
  const expected = createHash('sha512').update(data).digest()
  const hasher = await createSHA512()
  return {
    work: 'SHA-512 1 MiB',
    ours: (primitives) => fixed('ours', expected, () => primitives.hash('SHA-512', data)),
    peers: [
      fixed('hash-wasm', expected, () => hasher.init().update(data).digest('binary')),
      fixed('node', expected, () => createHash('sha512').update(data).digest()),
    ],
    targets: [{ against: 'hash-wasm', bound: { atLeast: 2.2 } }],
  }
}

function argon2(memoryKiB: number, passes: number, lanes: number, sodiumCan: boolean): Contest {
  const [password, salt] = [randomBytes(16), randomBytes(16)]
  const peers: Subject[] = [
    {
      name: 'hash-wasm',
      run: () =>
        hashWasmArgon2id({
          password,
          salt,
          parallelism: lanes,
          iterations: passes,
          memorySize: memoryKiB,
          hashLength: 32,
          outputType: 'binary',
        }),
      verify: (derived) => (derived as Uint8Array).length === 32,
    },
  ]
  // libsodium knows one lane only.
  if (sodiumCan) {
    peers.push({
      name: 'libsodium',
      run: () =>
        sodium.crypto_pwhash(32, password, salt, passes, memoryKiB * 1024, sodium.crypto_pwhash_ALG_ARGON2ID13),
      verify: async (derived) => Buffer.from(derived as Uint8Array).equals((await peers[0]!.run()) as Uint8Array),
    })
  }
  return {
    work: `Argon2id ${memoryKiB / 1024} MiB·${passes}·${lanes}`,
    slow: true,
    ours: () => ({
      name: 'ours',
      run: () => argon2id(password, salt, { memoryKiB, passes, lanes }, 32),
      verify: async (derived) => Buffer.from(derived as Uint8Array).equals((await peers[0]!.run()) as Uint8Array),
    }),
    peers,
    targets: [
      ...(sodiumCan ? [{ against: 'libsodium', bound: { atMost: 1.1 } }] : []),
      { against: 'hash-wasm', bound: { atLeast: 1.3 } },
    ],
  }
}

function scryptDerivation(): Contest {
  const [password, salt] = [randomBytes(16), randomBytes(16)]
  const expected = scryptSync(password, salt, 32, { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 })
  return {
    work: 'scrypt 2^17·8·1',
    slow: true,
    ours: () => fixed('ours', expected, () => scrypt(password, salt, { log2N: 17, r: 8, p: 1 }, 32)),
    peers: [
      fixed('hash-wasm', expected, () =>
        hashWasmScrypt({
          password,
          salt,
          costFactor: 2 ** 17,
          blockSize: 8,
          parallelism: 1,
          hashLength: 32,
          outputType: 'binary',
        }),
      ),
      fixed('node', expected, () => scryptSync(password, salt, 32, { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 })),
    ],
    targets: [{ against: 'hash-wasm', bound: { atLeast: 1 } }],
  }
}

function keyWrapping(): Contest {
  const wrapped = aeskw(key).encrypt(key)
  return {
    work: 'AES-KW 32 B',
    ours: (primitives) => fixed('ours', wrapped, () => primitives.keyWrap(key, key)),
    peers: [
      fixed('node', wrapped, () => {
        const cipher = createCipheriv('id-aes256-wrap', key, Buffer.alloc(8, 0xa6))
        return Buffer.concat([cipher.update(key), cipher.final()])
      }),
      fixed('noble', wrapped, () => aeskw(key).encrypt(key)),
    ],
    targets: [{ against: 'node', bound: { atLeast: 1.7 } }],
  }
}

/** Issue 4's table, its envelope and its sizes excepted. */
export async function contests(): Promise<Contest[]> {
  await sodium.ready
  return [
    freshKeyGcm(),
    longGcm(),
    chacha(),
    keyDerivation(),
    passwordDerivation(),
    await hashing(),
    argon2(19 * 1024, 2, 1, true),
    argon2(64 * 1024, 3, 4, false),
    scryptDerivation(),
    keyWrapping(),
  ]
}
