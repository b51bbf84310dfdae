import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { Crypto } from '@peculiar/webcrypto'
import { describe, expect, test, vi } from 'vitest'
import {
  answerExchange,
  type ExchangeSession,
  type ExchangeSuite,
  peerAmong,
  peerWithFingerprint,
  startExchange,
} from '../../src/exchange/index.ts'
import { noContext } from '../../src/index.ts'
import * as page from './by-the-page.ts'
import { code, context, options, type Party, party, primitives } from './parties.ts'

type WebCrypto = typeof globalThis.crypto
const peculiar = new Crypto() as unknown as WebCrypto
const native = globalThis.crypto

/** A byte channel: pieces of any length, in order. Messages go with their length in front. */
function channel(): { send(message: Uint8Array): void; receive(): Promise<Uint8Array> } {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(undefined, { highWaterMark: 10_000 })
  const [writer, reader] = [writable.getWriter(), readable.getReader()]
  let held = new Uint8Array(0)
  const take = async (length: number): Promise<Uint8Array> => {
    while (held.length < length) held = Uint8Array.of(...held, ...(await reader.read()).value!)
    const taken = held.subarray(0, length)
    held = held.slice(length)
    return taken
  }
  return {
    send(message) {
      const framed = Uint8Array.of(message.length >> 8, message.length & 255, ...message)
      for (let at = 0; at < framed.length; at += 7) void writer.write(framed.slice(at, at + 7))
    },
    async receive() {
      const [high, low] = await take(2)
      return take(high! * 256 + low!)
    },
  }
}

interface Both {
  readonly initiator: ExchangeSession
  readonly responder: ExchangeSession
}

async function exchange(a: Parameters<typeof startExchange>[0], b = a): Promise<Both> {
  const started = await startExchange(a)
  const answered = await answerExchange(started.message, b)
  const { session, message } = await started.finish(answered.message)
  return { initiator: session, responder: await answered.finish(message) }
}

function expectAgreed({ initiator, responder }: Both): void {
  expect(initiator.sendKey.reveal()).toEqual(responder.receiveKey.reveal())
  expect(initiator.receiveKey.reveal()).toEqual(responder.sendKey.reveal())
  expect(initiator.sendKey.reveal()).not.toEqual(initiator.receiveKey.reveal())
  expect(initiator.suite).toBe(responder.suite)
  const exported = [initiator, responder].map((session) => session.exportSecret('a label', 48).reveal())
  expect(exported[0]).toEqual(exported[1])
}

const [alice, bob] = [await party(), await party('P-256')]
const withPeer = (
  crypto: WebCrypto,
  suite: ExchangeSuite,
): { crypto: WebCrypto; suites: readonly ExchangeSuite[] } => ({
  crypto,
  suites: [suite],
})

describe.each(['X25519', 'P-256'] as const)('suite %s', (suite) => {
  test.each([
    ['globalThis.crypto', native, 'globalThis.crypto', native],
    ['globalThis.crypto', native, '@peculiar/webcrypto', peculiar],
    ['@peculiar/webcrypto', peculiar, 'globalThis.crypto', native],
  ])('over a byte channel, %s with %s%s', async (_, a, __, b) => {
    const [toBob, toAlice] = [channel(), channel()]
    const initiator = async (): Promise<ExchangeSession> => {
      const started = await startExchange(options(alice, [bob], withPeer(a, suite)))
      toBob.send(started.message)
      const { session, message } = await started.finish(await toAlice.receive())
      toBob.send(message)
      return session
    }
    const responder = async (): Promise<ExchangeSession> => {
      const answered = await answerExchange(await toBob.receive(), options(bob, [alice], withPeer(b, suite)))
      toAlice.send(answered.message)
      return answered.finish(await toBob.receive())
    }
    const [one, other] = await Promise.all([initiator(), responder()])
    expectAgreed({ initiator: one, responder: other })
    expect([one.role, other.role]).toEqual(['initiator', 'responder'])
    expect([one.suite, other.suite]).toEqual([suite, suite])
    expect(one.peer.publicKey).toEqual(bob.signer.publicKey)
    expect(other.peer.publicKey).toEqual(alice.signer.publicKey)
  })
})

test('each exchange has other shares and gives other keys [K-7]', async () => {
  const seen = new Set<string>()
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
  for (let i = 0; i < 3; i++) {
    const started = await startExchange(options(alice, [bob]))
    const answered = await answerExchange(started.message, options(bob, [alice]))
    const { session } = await started.finish(answered.message)
    const shares = [started.message.subarray(10, 42), started.message.subarray(45), answered.message.subarray(7, 39)]
    for (const bytes of [...shares, session.sendKey.reveal(), session.receiveKey.reveal()]) seen.add(hex(bytes))
  }
  expect(seen.size).toBe(15)
})

test('the responder takes the suite that it prefers among those offered [K-8]', async () => {
  const suiteTaken = async (offered: readonly ExchangeSuite[], taken: readonly ExchangeSuite[]): Promise<string> => {
    const { initiator } = await exchange(
      options(alice, [bob], { suites: offered }),
      options(bob, [alice], { suites: taken }),
    )
    return initiator.suite
  }
  expect(await suiteTaken(['X25519', 'P-256'], ['P-256', 'X25519'])).toBe('P-256')
  expect(await suiteTaken(['P-256', 'X25519'], ['X25519', 'P-256'])).toBe('X25519')
  expect(await suiteTaken(['P-256'], ['X25519', 'P-256'])).toBe('P-256')
  await expect(suiteTaken(['P-256'], ['X25519'])).rejects.toEqual(code('unsupported'))
})

test('a peer is accepted by its fingerprint, in bytes or digits, and no other is', async () => {
  const { initiator } = await exchange(options(alice, [bob]), options(bob, [alice]))
  const { fingerprint } = initiator.peer
  const digits = Buffer.from(fingerprint).toString('hex')
  for (const one of [fingerprint, digits, digits.toUpperCase()]) {
    const both = await exchange(options(alice, [], { peer: peerWithFingerprint(one) }), options(bob, [alice]))
    expect(both.initiator.peer.fingerprint).toEqual(fingerprint)
  }
  const other = peerWithFingerprint(fingerprint.with(15, fingerprint[15]! ^ 1))
  const refused = exchange(options(alice, [], { peer: other }), options(bob, [alice]))
  await expect(refused).rejects.toEqual(code('authentication-failed'))
  for (const wrong of ['', digits.slice(2), `${digits}00`, 'g'.repeat(32), new Uint8Array(15)]) {
    expect(() => peerWithFingerprint(wrong)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  }
})

test('evidence reaches the check of the peer, which decides alone and last [K-24]', async () => {
  const evidence = new TextEncoder().encode('a certificate chain')
  const check = vi.fn(async ({ evidence: shown }: { evidence: Uint8Array }) => Buffer.from(shown).equals(evidence))
  const { initiator } = await exchange(options(alice, [], { peer: check }), options(bob, [alice], { evidence }))
  expect(initiator.peer.evidence).toEqual(evidence)
  expect(check).toHaveBeenCalledOnce()
  const without = exchange(options(alice, [], { peer: check }), options(bob, [alice]))
  await expect(without).rejects.toEqual(code('authentication-failed'))
  // Whatever is not true is no.
  const almost = exchange(options(alice, [], { peer: (() => 'yes') as never }), options(bob, [alice]))
  await expect(almost).rejects.toEqual(code('authentication-failed'))
  const own = new Error('the directory does not answer')
  const throwing = exchange(options(alice, [], { peer: () => Promise.reject(own) }), options(bob, [alice]))
  await expect(throwing).rejects.toBe(own)
})

test('evidence of 16,384 bytes passes, and one more is refused [K-6]', async () => {
  const check = (): boolean => true
  const evidence = new Uint8Array(16_384).fill(7)
  const both = await exchange(
    options(alice, [], { peer: check, evidence }),
    options(bob, [], { peer: check, evidence }),
  )
  expect(both.responder.peer.evidence).toEqual(evidence)
  await expect(startExchange(options(alice, [bob], { evidence: new Uint8Array(16_385) }))).rejects.toEqual(
    code('invalid-argument'),
  )
})

test('both sides must give the same context [K-10]', async () => {
  const { initiator } = await exchange(
    options(alice, [bob], { context: noContext }),
    options(bob, [alice], { context: noContext }),
  )
  expect(initiator.sendKey.length).toBe(32)
  for (const other of [{ purpose: 'other' }, { purpose: 'test', more: '' }, noContext]) {
    const refused = exchange(options(alice, [bob]), options(bob, [alice], { context: other }))
    await expect(refused).rejects.toEqual(code('authentication-failed'))
  }
  await expect(startExchange(options(alice, [bob], { context: {} }))).rejects.toEqual(code('invalid-context'))
})

test('an exchange is finished once: a second time is an error, also after a failure [K-27]', async () => {
  const started = await startExchange(options(alice, [bob]))
  const answered = await answerExchange(started.message, options(bob, [alice]))
  const first = started.finish(answered.message)
  await expect(started.finish(answered.message)).rejects.toEqual(code('closed'))
  const { message } = await first
  await answered.finish(message)
  await expect(answered.finish(message)).rejects.toEqual(code('closed'))

  const again = await startExchange(options(alice, [bob]))
  const genuine = await answerExchange(again.message, options(bob, [alice]))
  await expect(again.finish(answered.message)).rejects.toEqual(code('authentication-failed'))
  await expect(again.finish(genuine.message)).rejects.toEqual(code('closed'))
})

test('an abandoned exchange does nothing more', async () => {
  const started = await startExchange(options(alice, [bob]))
  const answered = await answerExchange(started.message, options(bob, [alice]))
  started.abandon()
  answered.abandon()
  await expect(started.finish(answered.message)).rejects.toEqual(code('closed'))
  await expect(answered.finish(answered.message)).rejects.toEqual(code('closed'))
})

test('a wiped session gives nothing, and its secrets do not print', async () => {
  const { initiator } = await exchange(options(alice, [bob]), options(bob, [alice]))
  expect(JSON.stringify(initiator)).not.toContain(Buffer.from(initiator.sendKey.reveal()).toString('base64'))
  expect(String(initiator.sendKey)).toBe('[redacted]')
  initiator.wipe()
  const closed = expect.objectContaining({ code: 'closed' })
  expect(() => initiator.sendKey.reveal()).toThrow(closed)
  expect(() => initiator.receiveKey.reveal()).toThrow(closed)
  expect(() => initiator.exportSecret('a label', 32)).toThrow(closed)
})

test('an exported secret is no beginning of a longer one of its label', async () => {
  const { initiator } = await exchange(options(alice, [bob]), options(bob, [alice]))
  const [short, long] = [16, 32].map((length) => initiator.exportSecret('a label', length).reveal())
  expect(long?.subarray(0, 16)).not.toEqual(short)
})

test('exported secrets differ by label, and have 16 to 1,024 bytes [K-23]', async () => {
  const { initiator, responder } = await exchange(options(alice, [bob]), options(bob, [alice]))
  const [one, other] = ['one', 'other'].map((label) => initiator.exportSecret(label, 1_024).reveal())
  expect(one).not.toEqual(other)
  expect(responder.exportSecret('one', 1_024).reveal()).toEqual(one)
  const refused = expect.objectContaining({ code: 'invalid-argument' })
  for (const label of ['', 'x'.repeat(256), '\ud800', 7 as never]) {
    expect(() => initiator.exportSecret(label, 32)).toThrow(refused)
  }
  for (const length of [15, 1_025, 32.5]) expect(() => initiator.exportSecret('a', length)).toThrow(refused)
})

test('options that leave open who the peer may be are refused', async () => {
  const invalid = code('invalid-argument')
  expect(() => peerAmong([], { primitives })).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  for (const more of [
    { peer: undefined as never },
    { suites: [] },
    { suites: ['X25519', 'X25519'] as const },
    { suites: ['P-521' as never] },
    { evidence: 'text' as never },
    { signer: { algorithm: 'RSA' } as never },
  ]) {
    await expect(startExchange(options(alice, [bob], more))).rejects.toEqual(invalid)
  }
})

test('a signer that fails passes on its error, and leaves nothing to finish', async () => {
  const failure = new Error('the token was drawn out')
  const signer = { ...bob.signer, algorithm: bob.signer.algorithm, publicKey: bob.signer.publicKey }
  const failing = { ...signer, sign: () => Promise.reject(failure) }
  const started = await startExchange(options(alice, [bob]))
  await expect(answerExchange(started.message, options(bob, [alice], { signer: failing }))).rejects.toBe(failure)
})

/** Ephemeral keys of node:crypto, one for each suite. */
const ephemeral = (suite: page.Suite): KeyObject =>
  suite === 'X25519'
    ? generateKeyPairSync('x25519').privateKey
    : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

const carol: Party = await party()

describe.each(['X25519', 'P-256'] as const)('written by the page, suite %s', (suite) => {
  test('an initiator completes, byte for byte [K-1] [K-2] [K-3] [K-5] [K-9] [K-11] [K-12] [K-13] [K-14] [K-15] [K-16] [K-17] [K-18] [K-19] [K-20] [K-21] [K-22]', async () => {
    const own = ephemeral(suite)
    const hello = page.encodeHello([[page.suites[suite], page.shareOf(suite, own)]])
    const answered = await answerExchange(hello, options(bob, [carol]))
    const headLength = 7 + page.shareOf(suite, own).length
    const head = answered.message.subarray(0, headLength)
    const h1 = page.helloHash(page.canonical(context), hello, head)
    const prk = page.extract(h1, page.shared(suite, own, head.subarray(7)))
    const theirs = page.open('responder', prk, answered.message.subarray(headLength))
    const { identity, signature } = page.partsOf(theirs)
    expect(identity).toEqual(page.encodeIdentity(bob.signer.publicKey, Buffer.alloc(0), 2))
    expect(theirs).toEqual(page.encodeBody({ role: 'responder', transcript: h1, prk, identity, signature }))
    const h2 = page.answerHash(h1, theirs)
    const body = page.proof('initiator', h2, prk, carol.privateKey)
    const session = await answered.finish(page.confirmation(page.seal('initiator', prk, body)))
    const h3 = page.confirmationHash(h2, body)
    const keys = page.sessionKeys(prk, h3)
    expect(Buffer.from(session.receiveKey.reveal())).toEqual(keys.subarray(0, 32))
    expect(Buffer.from(session.sendKey.reveal())).toEqual(keys.subarray(32))
    const exporter = page.exporterKey(prk, h3)
    expect(Buffer.from(session.exportSecret('a label', 64).reveal())).toEqual(page.exported(exporter, 'a label', 64))
  })

  test('a responder completes, byte for byte [K-1] [K-2] [K-4] [K-5] [K-7] [K-16] [K-17] [K-18]', async () => {
    const started = await startExchange(options(alice, [carol], { suites: [suite] }))
    const hello = Buffer.from(started.message)
    const own = ephemeral(suite)
    const share = page.shareOf(suite, own)
    expect(hello).toEqual(page.encodeHello([[page.suites[suite], hello.subarray(10)]]))
    const head = page.encodeHead(page.suites[suite], share)
    const h1 = page.helloHash(page.canonical(context), hello, head)
    const prk = page.extract(h1, page.shared(suite, own, hello.subarray(10)))
    const body = page.proof('responder', h1, prk, carol.privateKey)
    const { session, message } = await started.finish(Buffer.concat([head, page.seal('responder', prk, body)]))
    const h2 = page.answerHash(h1, body)
    const theirs = page.open('initiator', prk, message.subarray(6))
    expect(Buffer.from(message)).toEqual(page.confirmation(page.seal('initiator', prk, theirs)))
    // Ed25519 signatures are deterministic: the whole body is this.
    expect(theirs).toEqual(page.proof('initiator', h2, prk, alice.privateKey))
    const keys = page.sessionKeys(prk, page.confirmationHash(h2, theirs))
    expect(Buffer.from(session.sendKey.reveal())).toEqual(keys.subarray(0, 32))
  })
})
