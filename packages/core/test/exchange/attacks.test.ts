import { generateKeyPairSync, KeyObject, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AnsweredExchange,
  answerExchange,
  peerAmong,
  type StartedExchange,
  startExchange,
} from '../../src/exchange/index.ts'
import { KmsError } from '../../src/index.ts'
import * as page from './by-the-page.ts'
import { code, context, options, type Party, party, primitives } from './parties.ts'

// Every attack is aimed at the package's own code; the attacker is made of by-the-page.ts.

type WebCrypto = typeof globalThis.crypto

const [alice, bob, mallory] = [await party(), await party('P-256'), await party()]
const bobsOptions = options(bob, [alice, bob, mallory])
const alicesOptions = options(alice, [bob])

const notGenuine = expect.objectContaining({
  code: 'authentication-failed',
  message: expect.stringContaining('changed, replayed or mixed up'),
})

interface Opened {
  readonly started: StartedExchange
  readonly answered: AnsweredExchange
}

async function opened(a = alicesOptions, b = bobsOptions): Promise<Opened> {
  const started = await startExchange(a)
  return { started, answered: await answerExchange(started.message, b) }
}

/** Whether nobody ever completes: every refusal is a KmsError, and there is one. */
async function refused(steps: () => Promise<unknown>): Promise<string> {
  try {
    await steps()
  } catch (error) {
    if (error instanceof KmsError) return error.code
    throw error
  }
  throw new Error('nobody refused')
}

const flipped = (message: Uint8Array, at: number, mask: number): Uint8Array => message.with(at, message[at]! ^ mask)

/** A platform that tells the private halves of the ephemeral keys it makes: an attacker who learnt them. */
function leaking(): { readonly crypto: WebCrypto; readonly leaked: KeyObject[] } {
  const leaked: KeyObject[] = []
  const subtle = globalThis.crypto.subtle
  const generateKey = async (algorithm: { name: string }, _: boolean, usages: KeyUsage[]): Promise<CryptoKeyPair> => {
    const pair = (await subtle.generateKey(algorithm, true, usages)) as CryptoKeyPair
    leaked.push(KeyObject.from(pair.privateKey as never))
    return pair
  }
  const bound = (name: 'importKey' | 'exportKey' | 'deriveBits' | 'verify'): unknown =>
    (subtle[name] as (...of: unknown[]) => unknown).bind(subtle)
  const others = Object.fromEntries(
    (['importKey', 'exportKey', 'deriveBits', 'verify'] as const).map((name) => [name, bound(name)]),
  )
  return { crypto: { subtle: { ...others, generateKey } } as unknown as WebCrypto, leaked }
}

const c = page.canonical(context)
const x25519Head = 7 + 32

/** Somebody who begins, by the page, with an ephemeral key of their own. */
function attackerHello(suite: page.Suite = 'X25519'): { readonly own: KeyObject; readonly hello: Buffer } {
  const own =
    suite === 'X25519'
      ? generateKeyPairSync('x25519').privateKey
      : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  return { own, hello: page.encodeHello([[page.suites[suite], page.shareOf(suite, own)]]) }
}

/** What an initiator by the page knows once it has a suite 1 answer. */
function known(own: KeyObject, hello: Uint8Array, answer: Uint8Array): { h1: Buffer; prk: Buffer; body: Buffer } {
  const head = answer.subarray(0, x25519Head)
  const h1 = page.helloHash(c, hello, head)
  const prk = page.extract(h1, page.shared('X25519', own, head.subarray(7)))
  return { h1, prk, body: page.open('responder', prk, answer.subarray(x25519Head)) }
}

/** An answer by the page to a hello of suite 1 alone, made of whatever body the attacker likes. */
function attackerAnswer(
  hello: Uint8Array,
  body: (h1: Uint8Array, prk: Uint8Array) => Uint8Array,
  own: KeyObject = generateKeyPairSync('x25519').privateKey,
): Buffer {
  const head = page.encodeHead(1, page.shareOf('X25519', own))
  const h1 = page.helloHash(c, hello, head)
  const prk = page.extract(h1, page.shared('X25519', own, hello.subarray(10)))
  return Buffer.concat([head, page.seal('responder', prk, body(h1, prk))])
}

describe('changed messages', () => {
  test('a change of any byte of the first message is refused by one of the two [K-28]', async () => {
    const { message } = await startExchange(alicesOptions)
    for (let at = 0; at < message.length; at++) {
      for (const mask of [0x01, 0x80]) {
        const started = await startExchange(alicesOptions)
        await refused(async () => {
          const answered = await answerExchange(flipped(started.message, at, mask), bobsOptions)
          await started.finish(answered.message)
        })
      }
    }
  })

  test.each(['X25519', 'P-256'] as const)(
    'suite %s: a change of any byte of the second message is refused [K-28]',
    async (suite) => {
      const { answered } = await opened(options(alice, [bob], { suites: [suite] }))
      for (let at = 0; at < answered.message.length; at++) {
        const { started, answered } = await opened(options(alice, [bob], { suites: [suite] }))
        await refused(() => started.finish(flipped(answered.message, at, 1 << (at % 8))))
      }
    },
  )

  test.each(['X25519', 'P-256'] as const)(
    'suite %s: a change of any byte of the third message is refused [K-28]',
    async (suite) => {
      const a = options(alice, [bob], { suites: [suite] })
      const first = await opened(a)
      const { message } = await first.started.finish(first.answered.message)
      for (let at = 0; at < message.length; at++) {
        const { started, answered } = await opened(a)
        const genuine = await started.finish(answered.message)
        await refused(() => answered.finish(flipped(genuine.message, at, 1 << (at % 8))))
      }
    },
  )

  test('every shorter message, and one byte more, is refused [K-29]', async () => {
    const { started: one } = await opened()
    for (let length = 0; length < one.message.length; length++) {
      const cut = one.message.subarray(0, length)
      expect(await refused(() => answerExchange(cut, bobsOptions))).toBe('malformed')
    }
    expect(await refused(() => answerExchange(Uint8Array.of(...one.message, 0), bobsOptions))).toBe('malformed')
    const sample = await opened()
    for (const length of [...Array(sample.answered.message.length).keys(), sample.answered.message.length + 1]) {
      const { started, answered } = await opened()
      await refused(() => started.finish(Uint8Array.of(...answered.message, 0).subarray(0, length)))
    }
    const { message } = await sample.started.finish(sample.answered.message)
    for (const length of [...Array(message.length).keys(), message.length + 1]) {
      const { started, answered } = await opened()
      const genuine = await started.finish(answered.message)
      await refused(() => answered.finish(Uint8Array.of(...genuine.message, 0).subarray(0, length)))
    }
  })

  test('arbitrary bytes are refused, with a true header and without [K-29]', async () => {
    const headers = [1, 2, 3].map((number) => Uint8Array.of(0x6b, 0x6d, 0x73, 0x78, 1, number))
    const messages = fc
      .tuple(fc.constantFrom(new Uint8Array(0), ...headers), fc.uint8Array({ maxLength: 200 }))
      .map((parts) => new Uint8Array(Buffer.concat(parts)))
    await fc.assert(
      fc.asyncProperty(messages, async (message) => {
        await refused(() => answerExchange(message, bobsOptions))
        const { started, answered } = await opened()
        await refused(() => started.finish(message))
        await refused(() => answered.finish(message))
      }),
      { numRuns: 200 },
    )
  })

  test('what is no bytes at all is malformed', async () => {
    const { started, answered } = await opened()
    for (const wrong of [undefined, null, 'kmsx', [1, 2]] as never[]) {
      expect(await refused(() => answerExchange(wrong, bobsOptions))).toBe('malformed')
    }
    expect(await refused(() => started.finish('x' as never))).toBe('malformed')
    expect(await refused(() => answered.finish(undefined as never))).toBe('malformed')
  })

  test('a first message with no offer, nine, one twice, one of another length, or over 4,096 bytes is malformed [K-4]', async () => {
    const share = page.shareOf('X25519', attackerHello().own)
    const hello = (...offers: [number, Uint8Array][]): Uint8Array => page.encodeHello(offers)
    const many = (count: number): [number, Uint8Array][] =>
      Array.from({ length: count }, (_, i) => [i + 1, i === 0 ? share : new Uint8Array(65)])
    for (const wrong of [
      hello(),
      hello(...many(9)),
      hello([1, share], [1, share]),
      hello([9, share], [1, share], [9, share]),
      hello([1, share.subarray(1)]),
      hello([2, share]),
      hello([1, share], [9, new Uint8Array(4_096)]),
    ]) {
      expect(await refused(() => answerExchange(wrong, bobsOptions))).toBe('malformed')
    }
    const unknown = hello([200, new Uint8Array(1_216)], [9, new Uint8Array(0)], [1, share])
    expect((await answerExchange(unknown, bobsOptions)).message[6]).toBe(1)
    expect(await refused(() => answerExchange(hello([9, share]), bobsOptions))).toBe('unsupported')
  })

  test('messages of another version are unsupported [K-30]', async () => {
    const { started, answered } = await opened()
    const { message } = await started.finish(answered.message)
    const again = await opened()
    expect(await refused(() => answerExchange(started.message.with(4, 2), bobsOptions))).toBe('unsupported')
    expect(await refused(() => again.started.finish(answered.message.with(4, 2)))).toBe('unsupported')
    expect(await refused(() => again.answered.finish(message.with(4, 2)))).toBe('unsupported')
  })

  test('a peer that keeps to the keys cannot send a body that is read past its end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), async (body) => {
        const started = await startExchange(options(alice, [mallory], { suites: ['X25519'] }))
        const answer = attackerAnswer(started.message, () => body)
        expect(['malformed', 'authentication-failed']).toContain(await refused(() => started.finish(answer)))
      }),
      { numRuns: 200 },
    )
  })

  test('parts of a body that are too long are refused, though mac and signature are right [K-6]', async () => {
    const long = (evidence: number, key: number): Promise<string> =>
      refused(async () => {
        const started = await startExchange(options(alice, [], { peer: () => true, suites: ['X25519'] }))
        const publicKey = Buffer.concat([page.rawKey(mallory.privateKey), Buffer.alloc(key)])
        const identity = page.encodeIdentity(publicKey, Buffer.alloc(evidence))
        const answer = attackerAnswer(started.message, (transcript, prk) => {
          const signature = sign(null, page.signed('responder', transcript, identity), mallory.privateKey)
          return page.encodeBody({ role: 'responder', transcript, prk, identity, signature })
        })
        await started.finish(answer)
      })
    expect(await long(16_385, 0)).toBe('malformed')
    expect(await long(0, 1_000)).toBe('malformed')
    expect(await long(30_000, 0)).toBe('malformed')
    expect(await long(0, 1)).toBe('authentication-failed')
  })
})

describe('replay', () => {
  test('a first message that was answered before gets other keys, and the old confirmation does not fit', async () => {
    const { started, answered } = await opened()
    const { message } = await started.finish(answered.message)
    await answered.finish(message)
    const again = await answerExchange(started.message, bobsOptions)
    expect(again.message).not.toEqual(answered.message)
    await expect(again.finish(message)).rejects.toEqual(notGenuine)
  })

  test('the answer to another first message is refused', async () => {
    const { answered } = await opened()
    const other = await startExchange(alicesOptions)
    await expect(other.finish(answered.message)).rejects.toEqual(notGenuine)
  })

  test('the confirmation of a parallel exchange of the same two is refused', async () => {
    const [one, other] = [await opened(), await opened()]
    const confirmed = await other.started.finish(other.answered.message)
    await expect(one.answered.finish(confirmed.message)).rejects.toEqual(notGenuine)
  })

  test('an old proof whose ephemeral key leaked later proves nothing in a new exchange', async () => {
    const { crypto, leaked } = leaking()
    const old = await startExchange(options(alice, [bob], { suites: ['X25519'] }))
    const answered = await answerExchange(old.message, { ...bobsOptions, crypto })
    const [ephemeral] = leaked
    const started = await startExchange(options(alice, [bob], { suites: ['X25519'] }))
    const head = answered.message.subarray(0, x25519Head)
    const oldH1 = page.helloHash(c, old.message, head)
    const oldPrk = page.extract(oldH1, page.shared('X25519', ephemeral!, old.message.subarray(10)))
    const { identity, signature } = page.partsOf(page.open('responder', oldPrk, answered.message.subarray(x25519Head)))
    const replayed = attackerAnswer(
      started.message,
      (transcript, prk) => page.encodeBody({ role: 'responder', transcript, prk, identity, signature }),
      ephemeral,
    )
    await expect(started.finish(replayed)).rejects.toEqual(notGenuine)
  })
})

describe('reflection', () => {
  test('a message that comes back to whoever sent it is malformed', async () => {
    const { started, answered } = await opened()
    expect(await refused(() => started.finish(started.message))).toBe('malformed')
    expect(await refused(() => answered.finish(answered.message))).toBe('malformed')
    expect(await refused(() => answerExchange(answered.message, bobsOptions))).toBe('malformed')
  })

  test('the responder’s own sealed body does not confirm its exchange', async () => {
    const { answered } = await opened(options(alice, [bob], { suites: ['X25519'] }))
    const back = page.confirmation(answered.message.subarray(x25519Head))
    await expect(answered.finish(back)).rejects.toEqual(notGenuine)
  })

  test('the responder’s own signature does not confirm its exchange, though the attacker has its keys and it accepts itself', async () => {
    const { own, hello } = attackerHello()
    const answered = await answerExchange(hello, bobsOptions)
    const { h1, prk, body } = known(own, hello, answered.message)
    const { identity, signature } = page.partsOf(body)
    const transcript = page.answerHash(h1, body)
    const back = page.encodeBody({ role: 'initiator', transcript, prk, identity, signature })
    await expect(answered.finish(page.confirmation(page.seal('initiator', prk, back)))).rejects.toEqual(notGenuine)
  })

  test('an initiator does not complete with itself as the responder: two sides do not share a key [K-26]', async () => {
    const both = options(alice, [alice, bob])
    const { started, answered } = await opened(both, both)
    const refusal = started.finish(answered.message)
    await expect(refusal).rejects.toEqual(code('authentication-failed'))
    await expect(refusal).rejects.toThrow('own key')
  })

  test('a responder does not complete with itself as the initiator [K-26]', async () => {
    const { own, hello } = attackerHello()
    const answered = await answerExchange(hello, options(mallory, [alice, mallory]))
    const { h1, prk, body } = known(own, hello, answered.message)
    const same = page.proof('initiator', page.answerHash(h1, body), prk, mallory.privateKey)
    const refusal = answered.finish(page.confirmation(page.seal('initiator', prk, same)))
    await expect(refusal).rejects.toThrow('own key')
  })
})

describe('identity misbinding', () => {
  /** Bob, whose ephemeral key the attacker has learnt: macs and seals prove nothing any more, and signatures must do alone. */
  async function betrayed(): Promise<{
    started: StartedExchange
    answered: AnsweredExchange
    h1: Buffer
    prk: Buffer
    body: Buffer
  }> {
    const { crypto, leaked } = leaking()
    const started = await startExchange(options(alice, [bob, mallory], { suites: ['X25519'] }))
    const answered = await answerExchange(started.message, { ...bobsOptions, crypto })
    const head = answered.message.subarray(0, x25519Head)
    const h1 = page.helloHash(c, started.message, head)
    const prk = page.extract(h1, page.shared('X25519', leaked[0]!, started.message.subarray(10)))
    return { started, answered, h1, prk, body: page.open('responder', prk, answered.message.subarray(x25519Head)) }
  }

  test('a confirmation of Mallory in place of Alice’s is refused: she has not the keys of their exchange', async () => {
    const { started, answered } = await opened()
    await started.finish(answered.message)
    const guess = page.extract(Buffer.alloc(64), Buffer.alloc(32))
    const body = page.proof('initiator', Buffer.alloc(64), guess, mallory.privateKey)
    await expect(answered.finish(page.confirmation(page.seal('initiator', guess, body)))).rejects.toEqual(notGenuine)
  })

  test('Alice, who means Mallory, is not made to confirm an exchange with Bob, even by one who has its keys', async () => {
    const { started, answered, h1, prk, body } = await betrayed()
    const head = answered.message.subarray(0, x25519Head)
    const posed = page.proof('responder', h1, prk, mallory.privateKey)
    const { session, message } = await started.finish(Buffer.concat([head, page.seal('responder', prk, posed)]))
    expect(session.peer.publicKey).toEqual(mallory.signer.publicKey)
    const { identity, signature } = page.partsOf(page.open('initiator', prk, message.subarray(6)))
    const transcript = page.answerHash(h1, body)
    const forwarded = page.encodeBody({ role: 'initiator', transcript, prk, identity, signature })
    await expect(answered.finish(page.confirmation(page.seal('initiator', prk, forwarded)))).rejects.toEqual(notGenuine)
  })

  test('a signature of Alice does not stand for Mallory, even with the keys of the exchange', async () => {
    const { started, answered, h1, prk, body } = await betrayed()
    const { message } = await started.finish(answered.message)
    const { signature } = page.partsOf(page.open('initiator', prk, message.subarray(6)))
    const transcript = page.answerHash(h1, body)
    const identity = page.encodeIdentity(page.rawKey(mallory.privateKey))
    const taken = page.encodeBody({ role: 'initiator', transcript, prk, identity, signature })
    await expect(answered.finish(page.confirmation(page.seal('initiator', prk, taken)))).rejects.toEqual(notGenuine)
  })

  test('unknown key share: Alice’s key under a name of Mallory’s, vouched for by evidence, is refused', async () => {
    const { started, answered, h1, prk, body } = await betrayed()
    const { message } = await started.finish(answered.message)
    const { signature } = page.partsOf(page.open('initiator', prk, message.subarray(6)))
    const transcript = page.answerHash(h1, body)
    const identity = page.encodeIdentity(
      alice.signer.publicKey,
      Buffer.from('a certificate: this is the key of Mallory'),
    )
    const claimed = page.encodeBody({ role: 'initiator', transcript, prk, identity, signature })
    await expect(answered.finish(page.confirmation(page.seal('initiator', prk, claimed)))).rejects.toEqual(notGenuine)
  })

  test('a right signature without a right mac is refused, on both sides [K-28]', async () => {
    const spoilt = (body: Uint8Array): Uint8Array => flipped(body, body.length - 1, 1)
    const started = await startExchange(options(alice, [mallory], { suites: ['X25519'] }))
    const answer = attackerAnswer(started.message, (h1, prk) =>
      spoilt(page.proof('responder', h1, prk, mallory.privateKey)),
    )
    await expect(started.finish(answer)).rejects.toEqual(notGenuine)
    const { own, hello } = attackerHello()
    const answered = await answerExchange(hello, bobsOptions)
    const { h1, prk, body } = known(own, hello, answered.message)
    const mine = spoilt(page.proof('initiator', page.answerHash(h1, body), prk, mallory.privateKey))
    await expect(answered.finish(page.confirmation(page.seal('initiator', prk, mine)))).rejects.toEqual(notGenuine)
  })

  test('a right mac without a right signature is refused: another’s, none, or over something else [K-28]', async () => {
    const wrong: ((h1: Uint8Array, identity: Uint8Array) => Uint8Array)[] = [
      (h1, identity) => sign(null, page.signed('responder', h1, identity), generateKeyPairSync('ed25519').privateKey),
      () => new Uint8Array(0),
      () => new Uint8Array(64),
      (h1, identity) => sign(null, page.signed('initiator', h1, identity), mallory.privateKey),
      (_, identity) => sign(null, page.signed('responder', Buffer.alloc(64), identity), mallory.privateKey),
      (h1) => sign(null, page.signed('responder', h1, Buffer.alloc(0)), mallory.privateKey),
    ]
    for (const signature of wrong) {
      const started = await startExchange(options(alice, [mallory], { suites: ['X25519'] }))
      const identity = page.encodeIdentity(page.rawKey(mallory.privateKey))
      const answer = attackerAnswer(started.message, (transcript, prk) =>
        page.encodeBody({ role: 'responder', transcript, prk, identity, signature: signature(transcript, identity) }),
      )
      await expect(started.finish(answer)).rejects.toEqual(notGenuine)
    }
  })
})

describe('wrong peers', () => {
  test('a peer that is not among those accepted is refused, on both sides, and the initiator says nothing more', async () => {
    const { started, answered } = await opened(options(alice, [mallory]))
    await expect(started.finish(answered.message)).rejects.toThrow('none of those accepted')
    const other = await opened(alicesOptions, options(bob, [mallory]))
    const { message } = await other.started.finish(other.answered.message)
    await expect(other.answered.finish(message)).rejects.toThrow('none of those accepted')
    await expect(other.answered.finish(message)).rejects.toEqual(code('closed'))
  })

  test('whoever has Alice’s key cannot pose as Bob towards her', async () => {
    const stolen: Party = alice
    const started = await startExchange(options(alice, [bob], { suites: ['X25519'] }))
    const identity = page.encodeIdentity(bob.signer.publicKey, Buffer.alloc(0), 2)
    const answer = attackerAnswer(started.message, (transcript, prk) => {
      const signature = sign(null, page.signed('responder', transcript, identity), stolen.privateKey)
      return page.encodeBody({ role: 'responder', transcript, prk, identity, signature })
    })
    await expect(started.finish(answer)).rejects.toEqual(notGenuine)
  })

  test('an algorithm that this release does not know is unsupported, and a key that is none is refused [K-30]', async () => {
    const answer = async (identity: Uint8Array): Promise<string> => {
      const started = await startExchange(options(alice, [], { peer: () => true, suites: ['X25519'] }))
      const signature = new Uint8Array(64)
      const sent = attackerAnswer(started.message, (transcript, prk) =>
        page.encodeBody({ role: 'responder', transcript, prk, identity, signature }),
      )
      return refused(() => started.finish(sent))
    }
    expect(await answer(page.encodeIdentity(new Uint8Array(32), Buffer.alloc(0), 60_000))).toBe('unsupported')
    expect(await answer(page.encodeIdentity(new Uint8Array(65).fill(4), Buffer.alloc(0), 2))).toBe(
      'authentication-failed',
    )
  })
})

describe('downgrade', () => {
  test('a suite that is taken out of the offer is missed: the initiator refuses the other one [K-28]', async () => {
    const started = await startExchange(alicesOptions)
    const p256 = started.message.subarray(7 + 3 + 32 + 3)
    const stripped = page.encodeHello([[2, p256]])
    const answered = await answerExchange(stripped, bobsOptions)
    expect(answered.message[6]).toBe(2)
    await expect(started.finish(answered.message)).rejects.toEqual(notGenuine)
  })

  test('offers in another order are missed as well', async () => {
    const started = await startExchange(alicesOptions)
    const share = started.message.subarray(10, 42)
    const reordered = page.encodeHello([
      [2, started.message.subarray(45)],
      [1, share],
    ])
    const answered = await answerExchange(reordered, bobsOptions)
    await expect(started.finish(answered.message)).rejects.toEqual(notGenuine)
  })

  test('a suite that was not offered is not taken', async () => {
    const started = await startExchange(options(alice, [bob], { suites: ['P-256'] }))
    const other = await opened(options(alice, [bob], { suites: ['X25519'] }))
    expect(await refused(() => started.finish(other.answered.message))).toBe('malformed')
    const again = await startExchange(alicesOptions)
    expect(await refused(() => again.finish(other.answered.message.with(6, 7)))).toBe('unsupported')
  })
})

describe('shares', () => {
  const smallOrder = ['00'.repeat(32), '01'.padEnd(64, '0'), `ec${'ff'.repeat(30)}7f`]
  const offCurve = Buffer.concat([Uint8Array.of(4), Buffer.alloc(63), Uint8Array.of(1)])

  test.each(smallOrder)('X25519 %s, which gives zeros, is refused by both sides [K-25]', async (digits) => {
    const share = Buffer.from(digits, 'hex')
    const hello = page.encodeHello([[1, share]])
    await expect(answerExchange(hello, bobsOptions)).rejects.toEqual(notGenuine)
    const started = await startExchange(options(alice, [mallory], { suites: ['X25519'] }))
    const head = page.encodeHead(1, share)
    const h1 = page.helloHash(c, started.message, head)
    const prk = page.extract(h1, Buffer.alloc(32))
    const sealed = page.seal('responder', prk, page.proof('responder', h1, prk, mallory.privateKey))
    await expect(started.finish(Buffer.concat([head, sealed]))).rejects.toEqual(notGenuine)
  })

  test('a point that is not on P-256 is refused by both sides [K-25]', async () => {
    await expect(answerExchange(page.encodeHello([[2, offCurve]]), bobsOptions)).rejects.toEqual(notGenuine)
    const { started, answered } = await opened(options(alice, [bob], { suites: ['P-256'] }))
    const changed = Buffer.concat([page.encodeHead(2, offCurve), answered.message.subarray(7 + 65)])
    await expect(started.finish(changed)).rejects.toEqual(notGenuine)
  })
})

test('peers are told apart by algorithm and key', async () => {
  const check = peerAmong([bob.signer], { primitives })
  const peer = { ...bob.signer, fingerprint: new Uint8Array(16), evidence: new Uint8Array(0) }
  const { algorithm, publicKey } = bob.signer
  expect(check({ ...peer, algorithm, publicKey })).toBe(true)
  expect(check({ ...peer, algorithm: 'Ed25519', publicKey })).toBe(false)
  expect(check({ ...peer, algorithm, publicKey: alice.signer.publicKey })).toBe(false)
})
