import type { Aead, DerivationOptions, Hash, Primitives } from '../crypto/primitives.ts'
import { KmsError } from '../errors.ts'
import { bytesFromHex as hex, pattern, text } from './bytes.ts'
import { type ConformanceCase, require, requireCode, requireEqual } from './conformance.ts'

/** Around blocks, batches of blocks, and chunks. */
const lengths = [0, 1, 15, 16, 17, 95, 96, 97, 127, 128, 129, 16_383, 16_384, 16_385, 32_768, 1_048_576]
const hashNames = ['SHA-256', 'SHA-384', 'SHA-512'] as const satisfies readonly Hash[]
const empty = new Uint8Array(0)

// FIPS 180-4's example "abc", RFC 4231 §4.3.
const digests: Record<Hash, { abc: Uint8Array; hmac: Uint8Array }> = {
  'SHA-256': {
    abc: hex('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'),
    hmac: hex('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'),
  },
  'SHA-384': {
    abc: hex('cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7'),
    hmac: hex('af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649'),
  },
  'SHA-512': {
    abc: hex(
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    ),
    hmac: hex(
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    ),
  },
}

const gcmPlaintext = hex(
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
)
const gcmAad = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2')
const gcmNonce = hex('cafebabefacedbaddecaf888')

interface AeadAnswer {
  readonly key: Uint8Array<ArrayBuffer>
  readonly nonce: Uint8Array<ArrayBuffer>
  readonly aad: Uint8Array
  readonly plaintext: Uint8Array
  readonly sealed: Uint8Array
}

// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 16 and 4; RFC 8439 §2.8.2.
const aeadAnswers: Record<Aead, AeadAnswer> = {
  'AES-256-GCM': {
    key: hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
    nonce: gcmNonce,
    aad: gcmAad,
    plaintext: gcmPlaintext,
    sealed: hex(
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
    ),
  },
  'AES-128-GCM': {
    key: hex('feffe9928665731c6d6a8f9467308308'),
    nonce: gcmNonce,
    aad: gcmAad,
    plaintext: gcmPlaintext,
    sealed: hex(
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47',
    ),
  },
  'ChaCha20-Poly1305': {
    key: hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f'),
    nonce: hex('070000004041424344454647'),
    aad: hex('50515253c0c1c2c3c4c5c6c7'),
    plaintext: text(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    ),
    sealed: hex(
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691',
    ),
  },
}

/**
 * What every `Primitives` does. Run the cases with any test runner: `for (const { name, run } of primitivesConformance(create))
 * test(name, run)`. A case about an algorithm that an implementation refuses as `unsupported` passes.
 * @param create makes the implementation under test; called once a case
 */
export function primitivesConformance(create: () => Primitives): ConformanceCase[] {
  const on = (name: string, check: (primitives: Primitives) => Promise<void> | void): ConformanceCase => ({
    name,
    async run() {
      try {
        await check(create())
      } catch (error) {
        if (!(error instanceof KmsError) || error.code !== 'unsupported') throw error
      }
    },
  })
  return [...hashNames.flatMap((name) => hashCases(on, name)), ...aeadCases(on), ...wrapCases(on), ...otherCases(on)]
}

type On = (name: string, check: (primitives: Primitives) => Promise<void> | void) => ConformanceCase

function hashCases(on: On, name: Hash): ConformanceCase[] {
  const { abc, hmac } = digests[name]
  return [
    on(`${name} of FIPS 180-4's example`, (p) => requireEqual(p.hash(name, text('abc')), abc, 'the digest')),
    on(`${name} is the platform's at every boundary of its blocks`, async (p) => {
      for (const length of [...lengths, 55, 56, 63, 64, 65, 111, 112]) {
        const data = pattern(length, 1)
        const expected = new Uint8Array(await crypto.subtle.digest(name, data))
        requireEqual(p.hash(name, data), expected, `the digest of ${length} bytes`)
      }
    }),
    on(`${name} over parts, where there is one, is that of the whole`, (p) => {
      for (const cut of [0, 1, 64, 128, 1_000]) {
        const data = pattern(1_000, 5)
        const hasher = p.hasher?.(name)
        hasher?.update(data.subarray(0, cut))
        hasher?.update(data.subarray(cut))
        requireEqual(hasher?.digest() ?? p.hash(name, data), p.hash(name, data), `the digest cut at ${cut} bytes`)
      }
    }),
    on(`HMAC-${name} of RFC 4231 §4.3`, (p) => {
      requireEqual(p.hmac(name, text('Jefe'), text('what do ya want for nothing?')), hmac, 'the mac')
    }),
    on(`HMAC-${name} takes keys below, at and above the block length`, async (p) => {
      for (const length of [1, 63, 64, 65, 127, 128, 129, 300]) {
        const key = pattern(length, 2)
        for (const size of [0, 64, 1000]) {
          const data = pattern(size, 3)
          requireEqual(p.hmac(name, key, data), await referenceHmac(name, key, data), `the mac under ${length} bytes`)
        }
      }
    }),
    on(`HKDF-${name} is the platform's from 1 byte to 255 digests`, async (p) => {
      const size = abc.length
      const input = pattern(40, 4)
      for (const [saltLength, infoLength] of [
        [0, 0],
        [13, 10],
        [200, 1000],
      ] as const) {
        const salt = pattern(saltLength, 5)
        const info = pattern(infoLength, 6)
        const key = await crypto.subtle.importKey('raw', input, 'HKDF', false, ['deriveBits'])
        for (const length of [1, size - 1, size, size + 1, 3 * size, 255 * size]) {
          const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: name, salt, info }, key, 8 * length)
          requireEqual(p.hkdf(name, input, salt, info, length), new Uint8Array(bits), `${length} bytes`)
          const prk = p.hmac(name, salt, input)
          requireEqual(p.hkdfExpand(name, prk, info, length), new Uint8Array(bits), `${length} expanded bytes`)
        }
      }
    }),
    on(`HKDF-${name} refuses other lengths`, async (p) => {
      for (const length of [0, -1, 1.5, Number.NaN, 255 * abc.length + 1]) {
        await requireCode('invalid-argument', `length ${length}`, () => p.hkdf(name, abc, abc, abc, length))
        await requireCode('invalid-argument', `length ${length}`, () => p.hkdfExpand(name, abc, abc, length))
      }
    }),
    on(`PBKDF2-${name} is the platform's`, async (p) => {
      const password = text('correct horse')
      const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits'])
      for (const [iterations, length] of [
        [1, 1],
        [2, 20],
        [3, 64],
        [1000, 150],
      ] as const) {
        const salt = pattern(16, iterations)
        const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: name, salt, iterations }, key, 8 * length)
        const derived = await p.pbkdf2(name, password, salt, iterations, length)
        requireEqual(derived, new Uint8Array(bits), `${iterations} iterations`)
      }
    }),
  ]
}

async function referenceHmac(
  hash: Hash,
  key: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data))
}

function aeadCases(on: On): ConformanceCase[] {
  return (Object.keys(aeadAnswers) as Aead[]).flatMap((aead) => {
    const { key, nonce, aad, plaintext, sealed } = aeadAnswers[aead]
    return [
      on(`${aead} of its specification's example`, (p) => {
        requireEqual(p.aeadSeal(aead, key, nonce, aad, plaintext), sealed, 'what is sealed')
        requireEqual(p.aeadOpen(aead, key, nonce, aad, sealed), plaintext, 'what is opened')
      }),
      on(`${aead} opens what it seals at every boundary`, async (p) => {
        for (const length of [...lengths, 191, 192, 193, 255, 256, 257, 351, 352, 262_144, 262_145]) {
          for (const aadLength of [0, 1, 32, 33]) {
            const data = pattern(length, 7)
            const more = pattern(aadLength, 8)
            const made = p.aeadSeal(aead, key, nonce, more, data)
            require(made.length === length + 16, `${length + 16} bytes for ${length}`)
            if (aead !== 'ChaCha20-Poly1305') {
              requireEqual(made, await referenceGcm(key, nonce, more, data), `${length} bytes sealed`)
            }
            requireEqual(p.aeadOpen(aead, key, nonce, more, made), data, `${length} bytes opened`)
          }
        }
      }),
      on(`${aead} refuses every changed byte, and everything cut`, async (p) => {
        for (const length of [0, 1, 17, 100]) {
          const made = p.aeadSeal(aead, key, nonce, aad, pattern(length, 9))
          for (let i = 0; i < made.length; i++) {
            const changed = made.slice()
            changed[i] = (changed[i] as number) ^ (1 << (i % 8))
            await requireCode('authentication-failed', `a change in byte ${i} of ${made.length}`, () =>
              p.aeadOpen(aead, key, nonce, aad, changed),
            )
            await requireCode('authentication-failed', `${i} bytes`, () =>
              p.aeadOpen(aead, key, nonce, aad, made.subarray(0, i)),
            )
          }
          await requireCode('authentication-failed', 'other additional data', () =>
            p.aeadOpen(aead, key, nonce, empty, made),
          )
        }
      }),
      on(`${aead} with a key kept ready does the same between buffers, where it is offered`, async (p) => {
        const cipher = p.aeadCipher?.(aead, key)
        if (cipher === undefined) return
        const target = new Uint8Array(16_384 + 64)
        for (const length of [0, 1, 100, 16_383, 16_384]) {
          const data = pattern(length, 10)
          target.fill(0xee)
          cipher.seal(nonce, data, target, 32)
          const made = target.slice(32, 48 + length)
          requireEqual(made, p.aeadSeal(aead, key, nonce, empty, data), `${length} bytes sealed`)
          require(target[31] === 0xee && target[48 + length] === 0xee, 'it writes nothing beside its place')
          target.fill(0xee)
          cipher.open(nonce, made, target, 32)
          requireEqual(target.slice(32, 32 + length), data, `${length} bytes opened`)
          require(target[31] === 0xee && target[32 + length] === 0xee, 'it writes nothing beside its place')
          made[length] = (made[length] as number) ^ 1
          target.fill(0)
          await requireCode('authentication-failed', 'a changed tag', () => cipher.open(nonce, made, target, 0))
          require(target.every((byte) => byte === 0), 'nothing unauthenticated is left in the target')
        }
        await requireCode('authentication-failed', 'less than a tag', () =>
          cipher.open(nonce, new Uint8Array(15), target, 0),
        )
        cipher.wipe()
        cipher.wipe()
      }),
      on(`${aead} refuses keys and nonces of other lengths`, async (p) => {
        for (const length of [0, key.length - 1, key.length + 1, key.length === 32 ? 16 : 32]) {
          await requireCode('invalid-argument', `a key of ${length} bytes`, () =>
            p.aeadSeal(aead, pattern(length, 1), nonce, aad, plaintext),
          )
        }
        for (const length of [0, 8, 11, 13, 16]) {
          await requireCode('invalid-argument', `a nonce of ${length} bytes`, () =>
            p.aeadOpen(aead, key, pattern(length, 1), aad, sealed),
          )
        }
      }),
    ]
  })
}

async function referenceGcm(
  key: Uint8Array<ArrayBuffer>,
  iv: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt'])
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, imported, data))
}

function wrapCases(on: On): ConformanceCase[] {
  return [
    on('AES-KW of RFC 3394 §4.1 and §4.6', (p) => {
      const kek = pattern(32, 0)
      const key = hex('00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f')
      const wrapped256 = hex('28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21')
      const wrapped128 = hex('1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5')
      requireEqual(p.keyWrap(kek, key), wrapped256, 'the wrapped key')
      requireEqual(p.keyUnwrap(kek, wrapped256), key, 'the key')
      requireEqual(p.keyWrap(kek.subarray(0, 16), key.subarray(0, 16)), wrapped128, 'the wrapped key')
      requireEqual(p.keyUnwrap(kek.subarray(0, 16), wrapped128), key.subarray(0, 16), 'the key')
    }),
    on('AES-KW refuses every changed byte, another key, and lengths that cannot be', async (p) => {
      const kek = pattern(32, 1)
      const wrapped = p.keyWrap(kek, pattern(32, 2))
      for (let i = 0; i < wrapped.length; i++) {
        const changed = wrapped.slice()
        changed[i] = (changed[i] as number) ^ 0x80
        await requireCode('authentication-failed', `a change in byte ${i}`, () => p.keyUnwrap(kek, changed))
      }
      await requireCode('authentication-failed', 'another key', () => p.keyUnwrap(pattern(32, 3), wrapped))
      for (const length of [0, 8, 16, 39]) {
        await requireCode('authentication-failed', `${length} bytes`, () =>
          p.keyUnwrap(kek, wrapped.subarray(0, length)),
        )
      }
      for (const length of [0, 8, 15, 17]) {
        await requireCode('invalid-argument', `a key of ${length} bytes`, () => p.keyWrap(kek, pattern(length, 1)))
      }
      for (const length of [0, 15, 24, 33]) {
        await requireCode('invalid-argument', `a KEK of ${length} bytes`, () => p.keyWrap(pattern(length, 1), kek))
      }
    }),
  ]
}

function otherCases(on: On): ConformanceCase[] {
  return [
    on('HKDF-SHA-256 of RFC 5869 §A.1 and, with an empty salt, §A.3', (p) => {
      const input = new Uint8Array(22).fill(0x0b)
      requireEqual(
        p.hkdf('SHA-256', input, pattern(13, 0), hex('f0f1f2f3f4f5f6f7f8f9'), 42),
        hex('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'),
        'A.1',
      )
      requireEqual(
        p.hkdf('SHA-256', input, empty, empty, 42),
        hex('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8'),
        'A.3',
      )
    }),
    on('PBKDF2-HMAC-SHA-256 of RFC 7914 §11', async (p) => {
      requireEqual(
        await p.pbkdf2('SHA-256', text('passwd'), text('salt'), 1, 64),
        hex(
          '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
        ),
        'the key',
      )
    }),
    on('PBKDF2 is cancelled by its signal', async (p) => {
      const derive = (signal: AbortSignal): Promise<Uint8Array> =>
        p.pbkdf2('SHA-256', text('a'), text('salt'), 3_000_000, 32, { signal })
      await requireCode('aborted', 'a derivation cancelled before', () => derive(AbortSignal.abort()))
      const controller = new AbortController()
      const running = derive(controller.signal)
      setTimeout(() => controller.abort(), 10)
      await requireCode('aborted', 'a derivation cancelled while it runs', () => running)
    }),
    on('PBKDF2 reports progress that ends at 1', async (p) => {
      const seen: number[] = []
      await p.pbkdf2('SHA-256', text('a'), text('salt'), 1000, 32, { onProgress: (done) => seen.push(done) })
      require(seen.at(-1) === 1 && seen.every((done, i) => done >= (seen[i - 1] ?? 0)), 'parts that grow to 1')
    }),
    on('several PBKDF2 at once do not disturb each other', async (p) => {
      const derive = (salt: string): Promise<Uint8Array> => p.pbkdf2('SHA-512', text('a'), text(salt), 60_000, 100)
      const alone = [await derive('one'), await derive('two')]
      requireEqual(await Promise.all([derive('one'), derive('two')]), alone, 'both keys')
    }),
    on('PBKDF2 refuses counts and lengths that cannot be', async (p) => {
      for (const [iterations, length] of [
        [0, 32],
        [1.5, 32],
        [1, 0],
        [1, -1],
      ] as const) {
        await requireCode('invalid-argument', `${iterations} iterations, ${length} bytes`, () =>
          p.pbkdf2('SHA-256', text('a'), text('b'), iterations, length),
        )
      }
    }),
    on('scrypt of RFC 7914 §12', async (p) => {
      requireEqual(
        await p.scrypt(empty, empty, { log2N: 4, r: 1, p: 1 }, 64),
        hex(
          '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906',
        ),
        'the key',
      )
      requireEqual(
        await p.scrypt(text('password'), text('NaCl'), { log2N: 10, r: 8, p: 16 }, 64),
        hex(
          'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
        ),
        'the key of 16 lanes',
      )
    }),
    on('scrypt refuses costs and lengths that cannot be', async (p) => {
      for (const [cost, length] of [
        [{ log2N: 0, r: 8, p: 1 }, 32],
        [{ log2N: 16, r: 1, p: 1 }, 32],
        [{ log2N: 14, r: 8, p: 17 }, 32],
        [{ log2N: 21, r: 8, p: 1 }, 32],
        [{ log2N: 4.5, r: 8, p: 1 }, 32],
        [{ log2N: 4, r: 1, p: 1 }, 0],
      ] as const) {
        await requireCode('invalid-argument', JSON.stringify(cost), () => p.scrypt(text('a'), text('b'), cost, length))
      }
    }),
    // From the reference implementation's test.c, version 1.3; RFC 9106's own vector has a secret, which passwords here have not.
    on('Argon2id of the reference implementation', async (p) => {
      for (const [lanes, tag] of [
        [1, '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe'],
        [2, '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037'],
      ] as const) {
        const cost = { memoryKiB: 256, passes: 2, lanes }
        requireEqual(await p.argon2id(text('password'), text('somesalt'), cost, 32), hex(tag), `${lanes} lanes`)
      }
    }),
    on('Argon2id refuses costs and lengths that cannot be', async (p) => {
      for (const [cost, saltLength, length] of [
        [{ memoryKiB: 15, passes: 1, lanes: 2 }, 16, 32],
        [{ memoryKiB: 64, passes: 0, lanes: 1 }, 16, 32],
        [{ memoryKiB: 64, passes: 1, lanes: 0 }, 16, 32],
        [{ memoryKiB: 2 ** 20, passes: 5, lanes: 1 }, 16, 32],
        [{ memoryKiB: 64, passes: 1.5, lanes: 1 }, 16, 32],
        [{ memoryKiB: 64, passes: 1, lanes: 1 }, 7, 32],
        [{ memoryKiB: 64, passes: 1, lanes: 1 }, 16, 3],
      ] as const) {
        await requireCode('invalid-argument', JSON.stringify(cost), () =>
          p.argon2id(text('a'), pattern(saltLength, 1), cost, length),
        )
      }
    }),
    on('scrypt and Argon2id are cancelled by their signal, and report progress that ends at 1', async (p) => {
      const derivations = [
        (options: DerivationOptions) => p.scrypt(text('a'), text('somesalt'), { log2N: 15, r: 8, p: 1 }, 32, options),
        (options: DerivationOptions) =>
          p.argon2id(text('a'), text('somesalt'), { memoryKiB: 32_768, passes: 4, lanes: 2 }, 32, options),
      ]
      for (const derive of derivations) {
        await requireCode('aborted', 'a derivation cancelled before', () => derive({ signal: AbortSignal.abort() }))
        const controller = new AbortController()
        const running = derive({ signal: controller.signal })
        setTimeout(() => controller.abort(), 1)
        await requireCode('aborted', 'a derivation cancelled while it runs', () => running)
        const seen: number[] = []
        await derive({ onProgress: (done) => seen.push(done) })
        require(seen.at(-1) === 1 && seen.every((done, i) => done >= (seen[i - 1] ?? 0)), 'parts that grow to 1')
      }
    }),
    on('comparing sees every byte and the length', (p) => {
      for (const length of [0, 1, 16, 1000, 300_000]) {
        const a = pattern(length, 1)
        require(p.equal(a, a.slice()), `equal arrays of ${length} bytes to be equal`)
        require(!p.equal(a, pattern(length + 1, 1)), 'another length to be unequal')
        for (const at of [0, length >> 1, length - 1]) {
          if (length === 0) continue
          const b = a.slice()
          b[at] = (b[at] as number) ^ 1
          require(!p.equal(a, b), `a difference in byte ${at} of ${length} to be seen`)
        }
      }
    }),
    on('inputs are left as they were, and outputs are arrays of their own', (p) => {
      const key = pattern(32, 1)
      const nonce = pattern(12, 2)
      const data = pattern(64, 3)
      const first = p.aeadSeal('AES-256-GCM', key, nonce, empty, data)
      const kept = first.slice()
      p.aeadSeal('AES-256-GCM', pattern(32, 4), nonce, empty, data)
      p.hmac('SHA-512', key, data)
      requireEqual(first, kept, 'an earlier result')
      requireEqual([key, nonce, data], [pattern(32, 1), pattern(12, 2), pattern(64, 3)], 'the inputs')
    }),
  ]
}
