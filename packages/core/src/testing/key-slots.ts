import type { KeySlots, Slot, Suite } from '../crypto/key-slots.ts'
import { KmsError } from '../errors.ts'
import { pattern, text } from './bytes.ts'
import { type ConformanceCase, require, requireCode, requireEqual } from './conformance.ts'

/** Around blocks, batches of blocks, chunks, and what an implementation may take at once. */
const lengths = [
  0, 1, 15, 16, 17, 95, 96, 97, 127, 128, 129, 351, 352, 16_383, 16_384, 16_385, 32_768, 262_144, 1_048_576,
]
const suites = [1, 2] as const satisfies readonly Suite[]
const header = pattern(27, 0x92)
const noHeader = new Uint8Array(0)
const label = text('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0')

/**
 * What every `KeySlots` does. Run the cases with any test runner: `for (const { name, run } of keySlotsConformance(create))
 * test(name, run)`. A case about a suite that an implementation refuses as `unsupported` passes.
 * @param create makes the implementation under test; called once a case
 */
export function keySlotsConformance(create: () => KeySlots): ConformanceCase[] {
  const on = (name: string, check: (slots: KeySlots) => Promise<void> | void): ConformanceCase => ({
    name,
    async run() {
      const slots = create()
      try {
        await check(slots)
      } catch (error) {
        if (!(error instanceof KmsError) || error.code !== 'unsupported') throw error
      } finally {
        slots.wipe()
      }
    },
  })
  return [...keyCases(on), ...suites.flatMap((suite) => messageCases(on, suite)), ...handleCases(on)]
}

type On = (name: string, check: (slots: KeySlots) => Promise<void> | void) => ConformanceCase

const key = pattern(32, 0x40)
const bound = pattern(60, 0x10)

function prepared(slots: KeySlots, suite: Suite, start = header): Slot {
  const slot = slots.importKey(key.slice())
  slots.prepare(slot, suite, start)
  slots.bound.set(bound)
  return slot
}

/** HMAC-SHA-512 (RFC 2104), by WebCrypto. */
async function hmac(secret: Uint8Array<ArrayBuffer>, ...parts: Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-512' }, false, ['sign'])
  const message = await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer()
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, message))
}

/** HKDF-Expand with HMAC-SHA-512 (RFC 5869 §2.3), by WebCrypto's HMAC. */
async function expand(
  prk: Uint8Array<ArrayBuffer>,
  info: Uint8Array,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const output = new Uint8Array(Math.ceil(length / 64) * 64)
  let previous = noHeader
  for (let i = 1; 64 * (i - 1) < length; i++) {
    previous = await hmac(prk, previous, info, Uint8Array.of(i))
    output.set(previous, 64 * (i - 1))
  }
  return output.slice(0, length)
}

/** Suite 1's message, put together from WebCrypto's HMAC and AES-GCM as C2SP chunked-encryption says. */
async function reference(plaintext: Uint8Array<ArrayBuffer>, salt: Uint8Array): Promise<Uint8Array> {
  const okm = await expand(key.slice(), new Uint8Array([...label, ...salt, ...bound]), 76)
  const aes = await crypto.subtle.importKey('raw', okm.slice(0, 32), 'AES-GCM', false, ['encrypt'])
  const parts: Uint8Array[] = [header, salt, okm.slice(44)]
  for (let i = 0; i <= Math.floor(plaintext.length / 16_384); i++) {
    const iv = okm.slice(32, 44)
    const view = new DataView(iv.buffer)
    view.setUint32(8, view.getUint32(8) ^ i)
    const chunk = plaintext.slice(16_384 * i, 16_384 * (i + 1))
    parts.push(new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, aes, chunk)))
  }
  return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer())
}

function keyCases(on: On): ConformanceCase[] {
  return [
    on('importing wipes what was imported', (slots) => {
      const material = key.slice()
      slots.importKey(material)
      requireEqual(material, new Uint8Array(32), 'the material')
    }),
    on('importing takes 32 bytes and nothing else', async (slots) => {
      for (const length of [0, 16, 31, 33, 64]) {
        await requireCode('invalid-argument', `${length} bytes`, () => slots.importKey(pattern(length, 1)))
      }
    }),
    on('expanding is HKDF-Expand with HMAC-SHA-512', async (slots) => {
      const slot = slots.importKey(key.slice())
      for (const infoLength of [0, 1, 16, 111, 112, 127, 128, 1000]) {
        const info = pattern(infoLength, 3)
        const expected = await expand(key.slice(), info, 64)
        for (const length of [1, 16, 32, 63, 64]) {
          requireEqual(slots.expand(slot, info, length), expected.slice(0, length), `${length} bytes`)
        }
      }
      for (const length of [0, -1, 65, 1.5, Number.NaN]) {
        await requireCode('invalid-argument', `${length} bytes`, () => slots.expand(slot, noHeader, length))
      }
    }),
    on('a derived key is what expanding gives', async (slots) => {
      const slot = slots.importKey(key.slice())
      const derived = slots.deriveKey(slot, text('label'))
      const expected = await expand(await expand(key.slice(), text('label'), 32), text('more'), 64)
      requireEqual(slots.expand(derived, text('more'), 64), expected, 'what it expands to')
      slots.release(slot)
      requireEqual(slots.expand(derived, text('more'), 64), expected, 'what it expands to, its source released')
    }),
    on('a derived pair is the two halves of what expanding gives', async (slots) => {
      const slot = slots.importKey(key.slice())
      const both = await expand(key.slice(), text('label'), 64)
      const pair = slots.derivePair(slot, text('label'))
      for (const [index, half] of [both.slice(0, 32), both.slice(32)].entries()) {
        requireEqual(
          slots.expand(pair[index] as Slot, text('more'), 64),
          await expand(half, text('more'), 64),
          `what half ${index + 1} expands to`,
        )
      }
    }),
    on('a mac is HMAC-SHA-512 over what is bound and the data', async (slots) => {
      const slot = slots.importKey(key.slice())
      for (const boundLength of [0, 9, 111, 60]) {
        for (const length of lengths) {
          slots.bound.set(pattern(111, 0x10))
          const data = pattern(length, 5)
          const expected = await hmac(key.slice(), pattern(boundLength, 0x10), data)
          requireEqual(slots.mac(slot, boundLength, data, 64), expected, `${boundLength} and ${length} bytes`)
          requireEqual(data, pattern(length, 5), 'the data, which are the caller’s')
        }
      }
      slots.bound.set(pattern(65_542, 1))
      const expected = await hmac(key.slice(), pattern(65_542, 1), text('data'))
      requireEqual(slots.mac(slot, 65_542, text('data'), 24), expected.slice(0, 24), 'the most that is bound')
      requireEqual(slots.mac(slot, 65_542, text('data'), 1).length, 1, 'the shortest')
      for (const length of [0, -1, 65, 1.5, Number.NaN]) {
        await requireCode('invalid-argument', `${length} bytes`, () => slots.mac(slot, 9, noHeader, length))
      }
      for (const length of [-1, 65_543, 1.5, Number.NaN]) {
        await requireCode('invalid-argument', `${length} bytes bound`, () => slots.mac(slot, length, noHeader, 24))
      }
    }),
  ]
}

function messageCases(on: On, suite: Suite): ConformanceCase[] {
  return [
    ...(suite === 1
      ? [
          on('suite 1: a message is what C2SP chunked-encryption says, at every boundary', async (slots) => {
            const slot = prepared(slots, 1)
            for (const length of lengths) {
              const plaintext = pattern(length, 5)
              const salt = pattern(24, length)
              const expected = await reference(plaintext, salt)
              requireEqual(slots.seal(slot, bound.length, plaintext, salt), expected, `${length} bytes sealed`)
              requireEqual(slots.open(slot, bound.length, expected), plaintext, `${length} bytes opened`)
            }
          }),
        ]
      : []),
    on(`suite ${suite}: every length opens again, with a header and without`, (slots) => {
      for (const start of [header, noHeader]) {
        const slot = prepared(slots, suite, start)
        for (const length of lengths) {
          const plaintext = pattern(length, 6)
          const sealed = slots.seal(slot, bound.length, plaintext)
          const overhead = start.length + 56 + 16 * (Math.floor(length / 16_384) + 1)
          require(sealed.length === length + overhead, `${overhead} bytes of overhead for ${length}`)
          requireEqual(slots.open(slot, bound.length, sealed), plaintext, `${length} bytes`)
          requireEqual(plaintext, pattern(length, 6), 'the plaintext, which is the caller’s')
        }
      }
    }),
    on(`suite ${suite}: salts do not repeat`, (slots) => {
      const slot = prepared(slots, suite)
      const seen = new Set<string>()
      for (let i = 0; i < 500; i++) {
        seen.add(String(slots.seal(slot, bound.length, noHeader).subarray(header.length, header.length + 24)))
      }
      require(seen.size === 500, '500 different salts')
    }),
    on(`suite ${suite}: every changed byte is refused, and everything cut or longer`, async (slots) => {
      const slot = prepared(slots, suite)
      const open = (sealed: Uint8Array) => (): Uint8Array => slots.open(slot, bound.length, sealed)
      for (const length of [0, 33]) {
        const sealed = slots.seal(slot, bound.length, pattern(length, 7))
        for (let i = 0; i < sealed.length; i++) {
          const changed = sealed.slice()
          changed[i] = (changed[i] as number) ^ (1 << (i % 8))
          await requireCode('authentication-failed', `a change in byte ${i}`, open(changed))
          await requireCode('authentication-failed', `${i} bytes`, open(sealed.subarray(0, i)))
        }
        await requireCode('authentication-failed', 'a byte more', open(new Uint8Array([...sealed, 0])))
      }
    }),
    on(`suite ${suite}: chunks are refused in another order, left out, or twice`, async (slots) => {
      const slot = prepared(slots, suite)
      for (const chunks of [2, 17, 33]) {
        const sealed = slots.seal(slot, bound.length, pattern(16_384 * chunks + 5, 8))
        const first = header.length + 56
        const at = (i: number): number => first + 16_400 * i
        const joined = (...parts: (readonly [number, number?])[]): Uint8Array<ArrayBuffer> => {
          const pieces = parts.map(([from, to]) => sealed.slice(from, to))
          const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
          let end = 0
          for (const piece of pieces) {
            whole.set(piece, end)
            end += piece.length
          }
          return whole
        }
        const wrong = {
          swapped: joined([0, at(0)], [at(1), at(2)], [at(0), at(1)], [at(2)]),
          'without the first': joined([0, at(0)], [at(1)]),
          'without the last': joined([0, at(chunks)]),
          'with one twice': joined([0, at(1)], [at(0)]),
          'cut in a chunk': joined([0, at(chunks) - 1]),
          'with its last chunk twice': joined([0], [at(chunks)]),
        }
        for (const [what, message] of Object.entries(wrong)) {
          await requireCode('authentication-failed', `a message ${what}, of ${chunks} chunks and a last`, () =>
            slots.open(slot, bound.length, message),
          )
        }
      }
    }),
    on(`suite ${suite}: what is bound and the key must be the same`, async (slots) => {
      const slot = prepared(slots, suite)
      const sealed = slots.seal(slot, bound.length, pattern(10, 9))
      await requireCode('authentication-failed', 'a byte less bound', () => slots.open(slot, bound.length - 1, sealed))
      slots.bound[5] = (slots.bound[5] as number) ^ 1
      await requireCode('authentication-failed', 'another byte bound', () => slots.open(slot, bound.length, sealed))
      slots.bound.set(bound)
      const other = slots.importKey(pattern(32, 0x77))
      slots.prepare(other, suite, header)
      await requireCode('authentication-failed', 'another key', () => slots.open(other, bound.length, sealed))
      slots.prepare(other, suite === 1 ? 2 : 1, header)
    }),
    on(`suite ${suite}: what is bound may be 65,542 bytes long, not longer`, async (slots) => {
      const slot = prepared(slots, suite)
      slots.bound.set(pattern(65_542, 1))
      const sealed = slots.seal(slot, 65_542, pattern(10, 9))
      slots.bound.set(pattern(65_542, 1))
      requireEqual(slots.open(slot, 65_542, sealed), pattern(10, 9), 'the plaintext')
      for (const length of [-1, 65_543, 1.5, Number.NaN, 2 ** 32]) {
        await requireCode('invalid-argument', `${length} bytes`, () => slots.seal(slot, length, noHeader))
        await requireCode('invalid-argument', `${length} bytes`, () => slots.open(slot, length, sealed))
      }
    }),
    on(`suite ${suite}: a message's key is the one that its body is made with`, async (slots) => {
      const slot = prepared(slots, suite)
      const salt = pattern(24, 3)
      const { key: messageKey, nonce, commitment } = slots.messageKey(slot, bound.length, salt)
      require(messageKey.length === 32 && nonce.length === 12, 'a key of 32 bytes and a nonce of 12')
      const sealed = slots.seal(slot, bound.length, noHeader, salt)
      requireEqual(sealed.slice(header.length + 24, header.length + 56), commitment, 'the commitment')
      messageKey.wipe()
      for (const length of [0, 23, 25]) {
        await requireCode('invalid-argument', `a salt of ${length} bytes`, () =>
          slots.messageKey(slot, bound.length, pattern(length, 1)),
        )
        await requireCode('invalid-argument', `a salt of ${length} bytes`, () =>
          slots.seal(slot, bound.length, noHeader, pattern(length, 1)),
        )
      }
    }),
  ]
}

function handleCases(on: On): ConformanceCase[] {
  const uses = (slots: KeySlots, slot: Slot): Record<string, () => unknown> => ({
    expand: () => slots.expand(slot, noHeader, 32),
    deriveKey: () => slots.deriveKey(slot, noHeader),
    derivePair: () => slots.derivePair(slot, noHeader),
    mac: () => slots.mac(slot, bound.length, noHeader, 24),
    'mac of more than a buffer': () => slots.mac(slot, bound.length, pattern(600_000, 1), 24),
    prepare: () => slots.prepare(slot, 1, header),
    seal: () => slots.seal(slot, bound.length, noHeader),
    'seal of more than a buffer': () => slots.seal(slot, bound.length, pattern(600_000, 1)),
    open: () => slots.open(slot, bound.length, pattern(99, 1)),
    'open of more than a buffer': () => slots.open(slot, bound.length, pattern(600_000, 1)),
    messageKey: () => slots.messageKey(slot, bound.length, pattern(24, 1)),
    release: () => slots.release(slot),
  })
  const refuses = async (slots: KeySlots, slot: Slot, what: string): Promise<void> => {
    for (const [use, run] of Object.entries(uses(slots, slot))) await requireCode('closed', `${use} with ${what}`, run)
  }
  return [
    on('a released slot is closed for every use, a second release included', async (slots) => {
      const slot = prepared(slots, 1)
      slots.release(slot)
      await refuses(slots, slot, 'a released slot')
    }),
    on('a stale handle does not reach the slot’s next key', async (slots) => {
      const stale = prepared(slots, 1)
      slots.release(stale)
      const next = prepared(slots, 1)
      await refuses(slots, stale, 'a stale handle')
      require(slots.seal(next, bound.length, noHeader).length === 99, 'the next key to work')
    }),
    on('handles that were never given are closed', async (slots) => {
      const slot = prepared(slots, 1)
      for (const other of [-1, 0, 0.5, slot + 1, slot + 4096, 2 ** 53, Number.POSITIVE_INFINITY, Number.NaN]) {
        await refuses(slots, other as Slot, `the handle ${other}`)
      }
    }),
    on('wiping closes every slot, and new keys can be imported', async (slots) => {
      const first = prepared(slots, 1)
      const second = prepared(slots, 1)
      slots.wipe()
      await refuses(slots, first, 'a wiped slot')
      await refuses(slots, second, 'a wiped slot')
      const third = prepared(slots, 1)
      requireEqual(
        slots.open(third, bound.length, slots.seal(third, bound.length, pattern(5, 1))),
        pattern(5, 1),
        'what a new key opens',
      )
    }),
    on('4,096 keys or more are held at once, and released ones make room', (slots) => {
      for (let round = 0; round < 2; round++) {
        const held: Slot[] = []
        for (let i = 0; i < 4096; i++) held.push(slots.importKey(pattern(32, i)))
        requireEqual(slots.expand(held[7] as Slot, noHeader, 8).length, 8, 'what the eighth expands to')
        for (const slot of held) slots.release(slot)
      }
    }),
    on('a slot that was not prepared seals and opens nothing', async (slots) => {
      const slot = slots.importKey(key.slice())
      await requireCode('invalid-argument', 'seal', () => slots.seal(slot, 9, noHeader))
      await requireCode('invalid-argument', 'messageKey', () => slots.messageKey(slot, 9, pattern(24, 1)))
    }),
  ]
}
