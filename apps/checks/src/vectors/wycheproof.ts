import { inflateSync } from 'node:zlib'
import { type Aead, type Hash, Secret, type Slot, verifyPassword } from '@kms/core'
import {
  type BegunOpening,
  MessageCipher,
  MessageOpener,
  MessageSealer,
  noContext,
  openRandomAccess,
  prefixLength,
  suites,
} from '@kms/core/envelope'
import { createWasmPrimitives, hkdf } from '@kms/core/hazmat'
import type { Backend } from './backends.ts'
import { codeOf } from './errors.ts'
import { hex, sha512 } from './hex.ts'
import { expect, expectBytes, NotBuilt, type Outcome, run } from './outcome.ts'
import { sharedSecret } from './wycheproof-ecdh.ts'
import type { Group, Test, WycheproofFile } from './wycheproof-file.ts'
import { decryptOaep } from './wycheproof-rsa.ts'
import { checkSignature } from './wycheproof-signatures.ts'

// Wycheproof, testvectors_v1 (https://github.com/C2SP/wycheproof): one algorithm a file.

export type Check = (test: Test, group: Group, backend: Backend) => void | Promise<void>

/** Which export answers for which algorithm. To check another one, add a row. */
const checks: readonly (readonly [algorithm: RegExp, (match: RegExpMatchArray) => Check])[] = [
  [/^AES-GCM$/, () => (test, group, backend) => checkAead(`AES-${group.keySize}-GCM` as Aead, test, group, backend)],
  [/^CHACHA20-POLY1305$/, () => (test, group, backend) => checkAead('ChaCha20-Poly1305', test, group, backend)],
  [/^AES-(?:WRAP|KW)$/, () => checkKeyWrap],
  [/^AES-KWP$/, () => checkPaddedKeyWrap],
  [/^HKDF-SHA-(256|384|512)$/, ([, bits]) => checkHkdf(`SHA-${bits}` as Hash)],
  [/^HMACSHA(256|384|512)$/, ([, bits]) => checkHmac(`SHA-${bits}` as Hash)],
  [/^PBKDF2-HMACSHA(256|384|512)$/, ([, bits]) => checkPbkdf2(`SHA-${bits}` as Hash)],
  [/^(?:ECDH|XDH)$/, () => checkDiffieHellman],
  [/^(?:ECDSA|EDDSA|RSASSA-PSS)$/, () => checkSignature],
  [/^RSAES-OAEP$/, () => checkOaep],
  [/^Cobblestone-/, () => checkChunkedEncryption],
]

export function isWycheproof(content: unknown): content is WycheproofFile {
  const { algorithm, testGroups } = (content ?? {}) as Partial<WycheproofFile>
  return (
    typeof algorithm === 'string' && Array.isArray(testGroups) && testGroups.every(({ tests }) => Array.isArray(tests))
  )
}

export async function checkWycheproof(
  file: string,
  content: WycheproofFile,
  on: readonly Backend[],
): Promise<Outcome[]> {
  const check = find(content.algorithm)
  const outcomes: Outcome[] = []
  for (const backend of check === undefined ? [{ name: '-' } as Backend] : on) {
    for (const group of content.testGroups) {
      for (const test of group.tests) {
        const about = { file, subject: content.algorithm, backend: backend.name, id: String(test.tcId) }
        outcomes.push(
          await run(about, () => {
            if (check === undefined) throw new NotBuilt(content.algorithm)
            return check(test, group, backend)
          }),
        )
      }
    }
  }
  return outcomes
}

function find(algorithm: string): Check | undefined {
  for (const [pattern, make] of checks) {
    const match = algorithm.match(pattern)
    if (match !== null) return make(match)
  }
  return undefined
}

/** A test's verdict: valid ones give the expected bytes, invalid ones are refused, acceptable ones are either. */
async function expectVerdict(
  test: Test,
  what: string,
  call: () => Uint8Array | Promise<Uint8Array>,
  expected: () => Uint8Array,
): Promise<void> {
  const { code, value } = await codeOf(call)
  if (code === 'unsupported') throw new NotBuilt(what)
  if (test.result === 'invalid') {
    expect(value === undefined, `${what} accepted what is invalid`)
  } else if (value !== undefined) {
    expectBytes(value, expected(), what)
  } else {
    expect(test.result === 'acceptable', `${what} refused what is valid: ${code}`)
  }
}

const aeads: ReadonlySet<string> = new Set<Aead>(['AES-128-GCM', 'AES-256-GCM', 'ChaCha20-Poly1305'])

async function checkAead(aead: Aead, test: Test, group: Group, { primitives }: Backend): Promise<void> {
  if (!aeads.has(aead)) throw new NotBuilt(aead)
  if (group.ivSize !== 96 && test.result !== 'invalid') throw new NotBuilt(`${aead} with nonces of other than 96 bits`)
  if (group.tagSize !== 128 && test.result !== 'invalid') throw new NotBuilt(`${aead} with tags of other than 128 bits`)
  const [key, nonce, aad, message] = [hex(test.key), hex(test.iv), hex(test.aad), hex(test.msg)]
  const sealed = Buffer.concat([hex(test.ct), hex(test.tag)])
  await expectVerdict(
    test,
    aead,
    () => primitives.aeadOpen(aead, key, nonce, aad, sealed),
    () => message,
  )
  if (test.result === 'valid') {
    await expectVerdict(
      test,
      aead,
      () => primitives.aeadSeal(aead, key, nonce, aad, message),
      () => sealed,
    )
  }
}

async function checkKeyWrap(test: Test, group: Group, { primitives }: Backend): Promise<void> {
  if (group.keySize === 192) throw new NotBuilt('AES-192-KW')
  const [kek, key, wrapped] = [hex(test.key), hex(test.msg), hex(test.ct)]
  await expectVerdict(
    test,
    'AES-KW',
    () => primitives.keyUnwrap(kek, wrapped),
    () => key,
  )
  if (test.result === 'valid')
    await expectVerdict(
      test,
      'AES-KW',
      () => primitives.keyWrap(kek, key),
      () => wrapped,
    )
}

/** Key wrap with padding is the module's alone. */
async function checkPaddedKeyWrap(test: Test, group: Group, { name }: Backend): Promise<void> {
  if (name !== 'wasm') throw new NotBuilt('AES-KWP')
  if (group.keySize === 192) throw new NotBuilt('AES-192-KWP')
  const [kek, key, wrapped] = [hex(test.key), hex(test.msg), hex(test.ct)]
  await expectVerdict(
    test,
    'AES-KWP',
    () => padded.keyUnwrapPadded(kek, wrapped),
    () => key,
  )
  if (test.result === 'valid') expectBytes(padded.keyWrapPadded(kek, key), wrapped, 'AES-KWP')
}

const padded = createWasmPrimitives()

const checkHkdf =
  (hash: Hash): Check =>
  (test, _group, { primitives }) =>
    expectVerdict(
      test,
      `HKDF-${hash}`,
      () =>
        hkdf(hash, hex(test.ikm), {
          primitives,
          salt: hex(test.salt),
          info: hex(test.info),
          length: test.size as number,
        }),
      () => hex(test.okm),
    )

const checkHmac =
  (hash: Hash): Check =>
  (test, group, { primitives }) => {
    const tag = primitives.hmac(hash, hex(test.key), hex(test.msg)).subarray(0, (group.tagSize as number) / 8)
    const equal = primitives.equal(tag, hex(test.tag))
    expect(equal === (test.result === 'valid'), `HMAC-${hash} ${equal ? 'accepted what is invalid' : 'differs'}`)
  }

const checkPbkdf2 =
  (hash: Hash): Check =>
  async (test, _group, { primitives }) => {
    const [password, salt, iterations, dk] = [
      hex(test.password),
      hex(test.salt),
      Number(test.iterationCount),
      hex(test.dk),
    ]
    await expectVerdict(
      test,
      `PBKDF2-HMAC-${hash}`,
      () => primitives.pbkdf2(hash, password, salt, iterations, test.dkLen as number),
      () => dk,
    )
    // As the hash of a login password too, where it has a length that those have.
    const stored = [salt.length >= 8 && salt.length <= 64, dk.length >= 16 && dk.length <= 64, password.length > 0]
    if (test.result !== 'valid' || hash === 'SHA-384' || stored.includes(false)) return
    const unpadded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '')
    const phc = `$pbkdf2-${hash.replace('-', '').toLowerCase()}$i=${iterations}$${unpadded(salt)}$${unpadded(dk)}`
    const { ok } = await verifyPassword(Secret.copy(password), phc, { primitives })
    expect(ok, `${phc} does not verify`)
  }

const checkDiffieHellman: Check = (test, group, backend) =>
  expectVerdict(
    test,
    `Diffie–Hellman on ${group.curve}`,
    () => sharedSecret(test, group, backend),
    () => hex(test.shared),
  )

const checkOaep: Check = (test, group, backend) =>
  expectVerdict(
    test,
    'RSA-OAEP',
    () => decryptOaep(test, group, backend),
    () => hex(test.msg),
  )

/** The envelope's body, alone: whole messages through the slots, and piece by piece. `ct` is zlib-compressed. */
async function checkChunkedEncryption(test: Test, group: Group, { primitives, slots }: Backend): Promise<void> {
  const suite = ([1, 2] as const).find((one) => suites[one].name === group.aead)
  if (suite === undefined || group.sha !== 'SHA-512') throw new NotBuilt(`${group.aead} with ${group.sha}`)
  const context = hex(test.ctx)
  const sealed = inflateSync(hex(test.ct))
  const imported = await codeOf(() => slots.importKey(hex(test.key)))
  const slot = imported.value
  if (slot === undefined) {
    expect(test.result === 'invalid', `a key was refused: ${imported.code}`)
    return
  }
  try {
    const prepared = await codeOf(() => slots.prepare(slot, suite, new Uint8Array(0)))
    if (prepared.code === 'unsupported') throw new NotBuilt(String(group.aead))
    slots.bound.set(context)
    const whole = await codeOf(() => slots.open(slot, context.length, sealed))
    const pieces = await codeOf(() => openPieces(slot))
    const ranges = await codeOf(() => openRanges(slot))
    for (const { code, value } of [whole, pieces, ranges]) {
      expect(
        code === (test.result === 'valid' ? 'valid' : 'authentication-failed'),
        `a ${test.result} message gave ${code}`,
      )
      if (value === undefined) continue
      expect(value.length === test.msgLength, 'the message has another length')
      expectBytes(sha512(value), hex(test.msgSha512), 'the message')
    }
    if (whole.value !== undefined) {
      slots.bound.set(context)
      const again = slots.seal(slot, context.length, whole.value, sealed.subarray(0, 24))
      expectBytes(again, sealed, 'the message sealed again')
      expectBytes(sealPieces(slot, whole.value), sealed, 'the message sealed again piece by piece')
    }
  } finally {
    slots.release(slot)
  }

  function cipherOf(slot: Slot): MessageCipher {
    slots.bound.set(context)
    const salt = new Uint8Array(24)
    salt.set(sealed.subarray(0, 24))
    const messageKey = slots.messageKey(slot, context.length, salt)
    if (test.result === 'valid') {
      expectBytes(messageKey.key.reveal(), hex(test.aeadKey), 'the key')
      expectBytes(messageKey.nonce, hex(test.baseNonce), 'the base nonce')
    }
    return new MessageCipher(primitives, suite as 1 | 2, messageKey)
  }

  function sealPieces(slot: Slot, message: Uint8Array): Uint8Array {
    const cipher = cipherOf(slot)
    const sealer = new MessageSealer(cipher)
    const pieces = [sealed.subarray(0, 24), cipher.commitment]
    for (let at = 0; at < message.length; at += 10_007) pieces.push(sealer.update(message.subarray(at, at + 10_007)))
    return Buffer.concat([...pieces, sealer.final()])
  }

  /** By random access, from the end to the start, in ranges that lie across chunks. */
  async function openRanges(slot: Slot): Promise<Uint8Array> {
    const begin = (): BegunOpening => {
      const cipher = cipherOf(slot)
      cipher.checkCommitment(sealed.subarray(0, prefixLength))
      return { startLength: prefixLength, cipher }
    }
    const source = { length: sealed.length, read: async (at: number, n: number) => sealed.subarray(at, at + n) }
    await using file = await openRandomAccess(source, { key: { beginOpening: begin }, context: noContext })
    const message = new Uint8Array(file.length)
    for (let end = message.length; end > 0; end -= 20_011) {
      const start = Math.max(0, end - 20_011)
      message.set(await file.openRange(start, end), start)
    }
    return message
  }

  function openPieces(slot: Slot): Uint8Array {
    const cipher = cipherOf(slot)
    cipher.checkCommitment(sealed.subarray(0, prefixLength))
    const opener = new MessageOpener(cipher)
    const message: Uint8Array[] = []
    for (let at = prefixLength; at < sealed.length; at += 10_007)
      message.push(opener.update(sealed.subarray(at, at + 10_007)))
    message.push(opener.final())
    return Buffer.concat(message)
  }
}
