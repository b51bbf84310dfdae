import { describe, expect, test } from 'vitest'
import { createWasmPrimitives } from '../../src/hazmat.ts'
import type { Aead } from '../../src/index.ts'

// What the standards themselves publish, beside Wycheproof's files. FIPS 180's are in long-inputs.test.ts, RFC 9106's and RFC 7914's in
// password-hashing.test.ts, RFC 4231's and FIPS 180's short ones in the conformance suite.

const primitives = createWasmPrimitives()
const bytes = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

function seals(aead: Aead, key: string, nonce: string, aad: string, plaintext: string, sealed: string): void {
  const [k, n, a] = [bytes(key), bytes(nonce), bytes(aad)]
  expect(hex(primitives.aeadSeal(aead, k, n, a, bytes(plaintext)))).toBe(sealed)
  expect(hex(primitives.aeadOpen(aead, k, n, a, bytes(sealed)))).toBe(plaintext)
}

const key = 'feffe9928665731c6d6a8f9467308308'
const nonce = 'cafebabefacedbaddecaf888'
const aad = 'feedfacedeadbeeffeedfacedeadbeefabaddad2'
const short =
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'
const whole = `${short}1aafd255`

// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B: the submission that SP 800-38D standardises. Cases 7 to 12 have keys
// of 192 bits, 5, 6, 17 and 18 nonces of other lengths; neither are ours.
test.each<[number, Aead, string, string, string, string, string]>([
  [1, 'AES-128-GCM', '00'.repeat(16), '00'.repeat(12), '', '', '58e2fccefa7e3061367f1d57a4e7455a'],
  [
    2,
    'AES-128-GCM',
    '00'.repeat(16),
    '00'.repeat(12),
    '',
    '00'.repeat(16),
    '0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf',
  ],
  [
    3,
    'AES-128-GCM',
    key,
    nonce,
    '',
    whole,
    '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f59854d5c2af327cd64a62cf35abd2ba6fab4',
  ],
  [
    4,
    'AES-128-GCM',
    key,
    nonce,
    aad,
    short,
    '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47',
  ],
  [13, 'AES-256-GCM', '00'.repeat(32), '00'.repeat(12), '', '', '530f8afbc74536b9a963b4f1c4cb738b'],
  [
    14,
    'AES-256-GCM',
    '00'.repeat(32),
    '00'.repeat(12),
    '',
    '00'.repeat(16),
    'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  ],
  [
    15,
    'AES-256-GCM',
    key + key,
    nonce,
    '',
    whole,
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c',
  ],
  [
    16,
    'AES-256-GCM',
    key + key,
    nonce,
    aad,
    short,
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  ],
])("the GCM specification's test case %i", (_, aead, key, nonce, aad, plaintext, sealed) => {
  seals(aead, key, nonce, aad, plaintext, sealed)
})

// NIST CAVP, gcmEncryptExtIV256.rsp: 96-bit nonce, 128-bit plaintext and tag, the first.
test('the validation program of SP 800-38D', () => {
  seals(
    'AES-256-GCM',
    '31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22',
    '0d18e06c7c725ac9e362e1ce',
    '',
    '2db5168e932556f8089a0622981d017d',
    'fa4362189661d163fcd6a56d8bf0405ad636ac1bbedd5cc3ee727dc2ab4a9489',
  )
})

// IEEE 802.1, "MACsec GCM-AES Test Vectors" (2011): the packet of 60 bytes, encrypted.
test.each<[Aead, string, string]>([
  [
    'AES-128-GCM',
    'ad7a2bd03eac835a6f620fdcb506b345',
    '701afa1cc039c0d765128a665dab69243899bf7318ccdc81c9931da17fbe8edd7d17cb8b4c26fc81e3284f2b7fba713d4f8d55e7d3f06fd5a13c0c29b9d5b880',
  ],
  [
    'AES-256-GCM',
    'e3c08a8f06c6e3ad95a70557b23f75483ce33021a9c72b7025666204c69c0b72',
    'e2006eb42f5277022d9b19925bc419d7a592666c925fe2ef718eb4e308efeaa7c5273b394118860a5be2a97f56ab78365ca597cdbb3edb8d1a1151ea0af7b436',
  ],
])('a packet of MACsec, with 28 bytes of additional data, by %s', (aead, key, sealed) => {
  seals(
    aead,
    key,
    '12153524c0895e81b2c28465',
    'd609b1f056637a0d46df998d88e52e00b2c2846512153524c0895e81',
    '08000f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a0002',
    sealed,
  )
})

describe('RFC 8439', () => {
  test('§2.8.2: the AEAD', () => {
    seals(
      'ChaCha20-Poly1305',
      '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f',
      '070000004041424344454647',
      '50515253c0c1c2c3c4c5c6c7',
      hex(
        new TextEncoder().encode(
          "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
        ),
      ),
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691',
    )
  })

  test('§A.5: the AEAD, whose text ends within a block', () => {
    seals(
      'ChaCha20-Poly1305',
      '1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0',
      '000000000102030405060708',
      'f33388860000000000004e91',
      hex(
        new TextEncoder().encode(
          'Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or obsoleted by other documents at any time. It is inappropriate to use Internet-Drafts as reference material or to cite them other than as /“work in progress./”',
        ),
      ),
      '64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c8559797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709beead9d67890cbb22392336fea1851f38',
    )
  })

  // The AEAD encrypts with the blocks from 1 on (§2.8), so that zeros are sealed into those.
  test.each([
    [
      2,
      '00'.repeat(32),
      1,
      '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f',
    ],
    [
      3,
      `${'00'.repeat(31)}01`,
      1,
      '3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0',
    ],
    [
      4,
      `00ff${'00'.repeat(30)}`,
      2,
      '72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096',
    ],
  ])('§A.1: block function, test vector #%i', (_, key, counter, block) => {
    const zeros = new Uint8Array(64 * counter)
    const sealed = primitives.aeadSeal('ChaCha20-Poly1305', bytes(key), new Uint8Array(12), new Uint8Array(0), zeros)
    expect(hex(sealed.subarray(64 * (counter - 1), 64 * counter))).toBe(block)
  })
})

const kek = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
const data = '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f'

describe('AES key wrap', () => {
  test.each([
    ['RFC 3394 §4.1', kek.slice(0, 32), data.slice(0, 32), '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5'],
    ['RFC 3394 §4.3', kek, data.slice(0, 32), '64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7'],
    ['RFC 3394 §4.5', kek, data.slice(0, 48), 'a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1'],
    ['RFC 3394 §4.6', kek, data, '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21'],
    [
      'NIST CAVP, KW_AE_128, 128 bits',
      '7575da3a93607cc2bfd8cec7aadfd9a6',
      '42136d3c384a3eeac95a066fd28fed3f',
      '031f6bd7e61e643df68594816f64caa3f56fabea2548f5fb',
    ],
    [
      'NIST CAVP, KW_AE_128, 320 bits',
      'd7aa53aefad65cd95b57c8eee7b0a906',
      '4a8daee6774751fc4489e837b8f7fba6896c70bb3d5e53053c92eb58046ee4a7002e542311253b97',
      '84ebd38cf06c674dcf186977de4a40c6dde3e7f49361a43420a887d2931b29c23e2db72e95e4107001da925181bb7097',
    ],
  ])('KW of %s', (_, kek, key, wrapped) => {
    expect(hex(primitives.keyWrap(bytes(kek), bytes(key)))).toBe(wrapped)
    expect(hex(primitives.keyUnwrap(bytes(kek), bytes(wrapped)))).toBe(key)
  })

  // RFC 5649's own have keys of 192 bits.
  test.each([
    ['KWP_AE_128, 8 bits', '6decf10a1caf8e3b80c7a4be8c9c84e8', '49', '01a7d657fc4a5b216f261cca4d052c2b'],
    ['KWP_AE_128, 64 bits', 'a8e06da625a65b25cf5030826830b661', '43acff293120dd5d', 'b6f967616dd8d772e9fea295a456dba7'],
    [
      'KWP_AE_128, 72 bits',
      '7865e20f3c21659ab4690b629cdf3cc4',
      'bd6843d420378dc896',
      '41eca956d4aa047eb5cf4efe659661e74db6f8c564e23500',
    ],
    [
      'KWP_AE_128, 248 bits',
      'be96dc195ec034d616486ed70e97fe83',
      '85b5437b6335ebba7635903a4493d12a77d9357a9e0dbc013456d85f1d3201',
      '974769b3a7b4d5d32985f87fddf9990631e5610fbfb278387b58b1f48e05c77d2fb7575c5169eb0e',
    ],
    [
      'KWP_AE_256, 8 bits',
      '95da2700ca6fd9a52554ee2a8df1386f5b94a1a60ed8a4aef60a8d61ab5f225a',
      'd1',
      '06ba7ae6f3248cfdcf267507fa001bc4',
    ],
  ])('KWP of NIST CAVP, %s', (_, kek, key, wrapped) => {
    expect(hex(primitives.keyWrapPadded(bytes(kek), bytes(key)))).toBe(wrapped)
    expect(hex(primitives.keyUnwrapPadded(bytes(kek), bytes(wrapped)))).toBe(key)
  })
})
