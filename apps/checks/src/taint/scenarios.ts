import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import type { FindingKind } from './machine.ts'
import type { Watched } from './watched.ts'

/** What may depend on a secret, and why. */
export interface Allowed {
  readonly kind: FindingKind
  /** The instruction whose result decides. */
  readonly from: string
  readonly times: number
  readonly why: string
}

/** A use of the module as JavaScript uses it, whose findings must be those allowed. After it nothing secret is left outside of slots. */
export interface Scenario {
  readonly name: string
  readonly allowed: readonly Allowed[]
  run(module: Watched): void
}

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
const salt = 24
const header = 27

/** A tag or check value was compared as a whole: what the caller learns is yes or no, and the branch says no more. */
const verdict = (from: string, kind: FindingKind = 'branch', times = 1): Allowed => ({
  kind,
  from,
  times,
  why: 'accepted or refused, which the caller is told',
})

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = bytes.slice()
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

let serial = 0

function importKey(module: Watched): number {
  module.secret('key', random(32))
  return module.call('importKey', ++serial)
}

/** A slot ready for messages; its key comes from another's, as in the product. */
function derive(module: Watched, from: number, second = false): number {
  module.public('in', random(40))
  return module.call('deriveKey', from, 40, ++serial, Number(second))
}

/** A slot ready for messages; its key comes from another's, as in the product. */
function contentKey(module: Watched, suite: number): number {
  const from = importKey(module)
  const slot = derive(module, from)
  module.call('release', from)
  module.public('in', random(header))
  module.call('prepare', slot, suite, header)
  return slot
}

function sealed(module: Watched, slot: number, plaintext: Uint8Array, bound: Uint8Array): Uint8Array {
  module.public('bound', bound)
  module.public('pool', random(salt))
  module.secret('in', plaintext)
  const message = module.result(module.call('seal', slot, bound.length, plaintext.length, 0))
  module.call('wipeOut', message.length)
  return message
}

function messages(suite: number, length: number): Scenario[] {
  const name = `suite ${suite}, ${length} bytes`
  const bound = random(length % 97)
  const opening = (change: (message: Uint8Array) => Uint8Array) => (module: Watched) => {
    const slot = contentKey(module, suite)
    const message = change(sealed(module, slot, random(length), bound))
    module.public('bound', bound)
    module.public('in', message)
    module.call('open', slot, bound.length, message.length)
    module.call('wipeOut', message.length)
    module.call('wipeIn', message.length)
    module.call('release', slot)
  }
  const chunks = Math.floor(length / 16_384) + 1
  return [
    {
      name: `${name}: sealed and opened`,
      allowed: [verdict('v128.any_true', 'branch', 1 + chunks)],
      run: opening((message) => message),
    },
    {
      name: `${name}: a wrong tag`,
      allowed: [verdict('v128.any_true', 'branch', 1 + chunks)],
      run: opening((message) => flipped(message, message.length - 1)),
    },
    {
      name: `${name}: a wrong commitment`,
      allowed: [verdict('v128.any_true')],
      run: opening((message) => flipped(message, header + salt)),
    },
  ]
}

function batches(suite: number): Scenario {
  return {
    name: `suite ${suite}: begun, gone on with, ended`,
    allowed: [verdict('v128.any_true', 'branch', 3)],
    run(module) {
      const slot = contentKey(module, suite)
      const bound = random(50)
      module.public('bound', bound)
      module.public('salt', random(salt))
      const start = module.result(module.call('sealBegin', slot, bound.length))
      module.secret('in', random(17_000))
      const chunks = module.result(module.call('sealBatch', 17_000, 1))
      module.call('messageEnd')
      module.call('wipeIn', 17_000)
      module.call('wipeOut', chunks.length + 16)
      module.call('headerLength', slot)
      module.public('bound', bound)
      module.public('in', start)
      module.call('openBegin', slot, bound.length)
      module.public('in', chunks)
      module.call('openBatch', chunks.length, 1)
      module.call('messageEnd')
      module.call('wipeOut', chunks.length)
      module.public('bound', bound)
      module.public('in', start)
      module.call('messageKey', slot, bound.length)
      module.call('wipeOut', 76)
      module.call('release', slot)
    },
  }
}

function deterministic(suite: number): Scenario {
  return {
    name: `suite ${suite}: deterministic`,
    allowed: [],
    run(module) {
      const from = importKey(module)
      const saltKey = derive(module, from, true)
      const slot = contentKey(module, suite)
      const text = random(300)
      module.call('slotMacBegin', saltKey)
      module.secret('in', text.subarray(0, 256))
      module.call('hashUpdate', 2, 256)
      module.secret('in', text.subarray(256))
      module.call('hmacEnd', 2, 44, 300)
      // Its first bytes are public: they stand in the message.
      module.public('salt', module.result(salt))
      module.call('wipeOut', 64)
      module.call('wipeIn', 300)
      module.secret('in', text)
      module.call('wipeOut', module.call('sealSalted', slot, 0, 300))
      for (const each of [from, saltKey, slot]) module.call('release', each)
    },
  }
}

function hashes(hash: number): Scenario {
  const digest = 32 + 16 * hash
  const block = hash === 0 ? 64 : 128
  return {
    name: `SHA-2 number ${hash}: hash, HMAC, HKDF, PBKDF2`,
    allowed: [],
    run(module) {
      for (const length of [0, 1, block - 9, block, 300]) {
        module.secret('in', random(length))
        module.call('hash', hash, length)
        module.call('wipeOut', 64)
        module.secret('key', random(digest))
        module.secret('in', random(length))
        module.call('hmac', hash, digest, length)
        module.call('wipeOut', 64)
      }
      module.secret('key', random(40))
      module.call('hmacKey', hash, 40)
      module.call('hmacBegin')
      module.secret('in', random(2 * block))
      module.call('hashUpdate', hash, 2 * block)
      module.secret('in', random(5))
      module.call('hmacEnd', hash, 5, 2 * block + 5)
      module.call('hashBegin', hash)
      module.secret('in', random(5))
      module.call('hashEnd', hash, 5, 5)
      module.call('wipeIn', 2 * block)
      module.secret('key', random(32))
      module.public('in', random(20), 64)
      module.call('hkdfExpand', hash, 32, 20, 3 * digest - 1)
      module.call('wipeOut', 3 * digest)
      module.secret('key', random(16))
      module.public('in', random(20), 64)
      module.secret('in', random(50), 85)
      module.call('hkdf', hash, 16, 20, 50, digest + 1)
      module.call('wipeOut', 2 * digest)
      module.secret('key', random(12))
      module.call('hmacKey', hash, 12)
      module.public('in', random(16))
      module.call('pbkdf2Begin', hash, 16, 1)
      module.call('pbkdf2Iterate', hash, 3)
      module.call('pbkdf2End', hash)
      module.call('wipe')
    },
  }
}

function aead(algorithm: number, name: string, length: number, additional: number): Scenario[] {
  const keyLength = algorithm === 1 ? 16 : 32
  const run = (change: (message: Uint8Array) => Uint8Array) => (module: Watched) => {
    const [key, aad] = [random(keyLength), random(additional)]
    module.public('nonce', random(12))
    module.secret('key', key)
    module.public('out', aad)
    module.secret('in', random(length))
    const message = change(module.result(module.call('aeadSeal', algorithm, additional, length)))
    module.call('wipeOut', Math.max(message.length, additional) + 16)
    module.secret('key', key)
    module.public('out', aad)
    module.public('in', message)
    module.call('aeadOpen', algorithm, additional, length)
    module.call('wipeOut', Math.max(message.length, additional) + 16)
    module.call('wipeIn', message.length)
  }
  return [
    {
      name: `${name}, ${length} bytes: sealed and opened`,
      allowed: [verdict('v128.any_true')],
      run: run((message) => message),
    },
    {
      name: `${name}, ${length} bytes: a wrong tag`,
      allowed: [verdict('v128.any_true')],
      run: run((message) => flipped(message, length)),
    },
  ]
}

function aeadInParts(algorithm: number): Scenario {
  return {
    name: `AEAD number ${algorithm}: in parts`,
    allowed: [verdict('v128.any_true', 'select', 1)],
    run(module) {
      const key = random(algorithm === 1 ? 16 : 32)
      const text = random(1000)
      module.call('aeadFirst', algorithm)
      for (const seal of [1, 0]) {
        module.public('nonce', random(12))
        module.secret('key', key)
        module.call('aeadBegin', algorithm)
        module.public('in', random(64))
        module.call('aeadHash', algorithm, 64)
        if (seal) module.secret('in', text)
        else module.public('in', text)
        module.call('aeadUpdate', algorithm, 1000, seal)
        module.public('in', random(16))
        module.call('aeadEnd', algorithm, 64, 1000, seal)
        module.call('wipeOut', 1100)
        module.call('wipeIn', 1100)
      }
    },
  }
}

function keyWrap(kekLength: number, length: number, padded: boolean): Scenario[] {
  const name = `AES-${kekLength * 8}-KW${padded ? 'P' : ''}, ${length} bytes`
  const run = (change: (wrapped: Uint8Array) => Uint8Array) => (module: Watched) => {
    const kek = random(kekLength)
    module.secret('key', kek)
    module.secret('in', random(length), 8)
    const wrapped = change(module.result(module.call('keyWrap', kekLength, length, Number(padded))))
    module.call('wipeOut', wrapped.length)
    module.secret('key', kek)
    module.public('in', wrapped)
    module.call('keyUnwrap', kekLength, wrapped.length, Number(padded))
    module.call('wipeOut', wrapped.length)
  }
  const judged = [verdict('i64.eqz'), verdict('i64.eqz', 'select')]
  const unpadded: Allowed = {
    kind: 'length',
    from: 'i32.sub',
    times: 1,
    why: 'the length of a key that was accepted, which the caller gets',
  }
  return [
    { name: `${name}: wrapped and unwrapped`, allowed: padded ? [...judged, unpadded] : judged, run: run((w) => w) },
    { name: `${name}: refused`, allowed: judged, run: run((w) => flipped(w, 3)) },
  ]
}

const slots: Scenario = {
  name: 'slots: imported, expanded, released',
  allowed: [],
  run(module) {
    const slot = importKey(module)
    module.public('in', random(30))
    module.call('expandKey', slot, 30)
    module.call('wipeOut', 64)
    module.call('release', slot)
    module.call('release', slot)
    module.call('expandKey', slot, 30)
  },
}

const compared: Scenario = {
  name: 'compare: equal, different early, different late',
  allowed: [],
  run(module) {
    const tag = random(32)
    for (const other of [tag, flipped(tag, 0), flipped(tag, 31)]) {
      module.secret('in', tag)
      module.secret('in', other, 32)
      module.call('equal', 32)
    }
  },
}

const nonces: Scenario = {
  name: 'nonces of chunks',
  allowed: [],
  run(module) {
    module.secret('nonce', random(12))
    for (const chunk of [0, 1, 2 ** 40]) module.call('nonceOfChunk', chunk)
    module.public('nonce', random(12))
    module.call('wipeOut', 16)
  },
}

export const scenarios: readonly Scenario[] = [
  slots,
  compared,
  nonces,
  ...[1, 2].flatMap((suite) => [0, 64, 400, 17_000].flatMap((length) => messages(suite, length))),
  ...[1, 2].map(batches),
  ...[1, 2].map(deterministic),
  ...[0, 1, 2].map(hashes),
  ...[0, 1, 2].flatMap((algorithm) => {
    const name = ['AES-256-GCM', 'AES-128-GCM', 'ChaCha20-Poly1305'][algorithm] as string
    return [
      [0, 20],
      [33, 0],
      [1500, 100],
    ].flatMap(([length, additional]) => aead(algorithm, name, length as number, additional as number))
  }),
  ...[0, 1, 2].map(aeadInParts),
  ...[16, 32].flatMap((kek) => [
    ...keyWrap(kek, 32, false),
    ...[5, 8, 27].flatMap((length) => keyWrap(kek, length, true)),
  ]),
]

/** Headers of 80 and more bytes, of which those named are changed. */
function rewrapped(lanes: number, wrong: readonly number[]): Scenario {
  const laneRoom = 32_768
  const headerAt = 32
  const length = (lane: number): number => 7 + 1 + 3 + 60 + 32 + 50 * lane
  return {
    name: `${lanes} headers rewrapped, of which ${wrong.length} are not genuine`,
    allowed: lanes === 0 ? [] : [verdict('i64.ne', 'branch', lanes)],
    run(module) {
      for (let lane = 0; lane < lanes; lane++) {
        const [old, next] = [oldHeader(length(lane)), random(length(lane))]
        const header = wrong.includes(lane) ? flipped(old.header, length(lane) - 1 - lane) : old.header
        module.secret('key', old.kek)
        module.secret('key', random(32), 32)
        module.public('in', header, lane * laneRoom + headerAt)
        module.public('out', next, lane * laneRoom + headerAt)
        module.call('rewrapAdd', lane, length(lane), 31, length(lane), 31)
      }
      module.call('rewrapEnd', lanes)
      // The new headers are public; so are zeros in place of one.
      for (let lane = 0; lane < lanes; lane++) {
        const at = lane * laneRoom + headerAt
        module.public('out', module.result(length(lane), at), at)
      }
    },
  }
}

/** A header with a wrapped key at 31 and its mac. */
function oldHeader(length: number): { readonly header: Uint8Array; readonly kek: Uint8Array } {
  const [header, kek, key] = [random(length), random(32), random(32)]
  const wrap = createCipheriv('id-aes256-wrap', kek, new Uint8Array(8).fill(0xa6))
  header.set(wrap.update(key), 31)
  const mac = createHmac('sha512', key)
    .update('kms1/header\0')
    .update(header.subarray(0, length - 32))
    .update('\x01')
  header.set(mac.digest().subarray(0, 32), length - 32)
  return { header, kek }
}

/** Of the third module. */
export const rewrappingScenarios: readonly Scenario[] = [
  rewrapped(8, []),
  rewrapped(3, [1]),
  rewrapped(8, [0, 7]),
  rewrapped(0, []),
]
