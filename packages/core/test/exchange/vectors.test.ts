import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as page from './by-the-page.ts'

// docs/vectors/exchange-v1.json, made anew by the page. That the package makes the same is for `npm run -s vectors`.

interface Side {
  readonly signingKey: string
  readonly ephemeral: Readonly<Record<string, string>>
  readonly evidence: string
}

interface Vector {
  readonly comment: string
  readonly context: Readonly<Record<string, string>>
  readonly offers: readonly page.Suite[]
  readonly suite: page.Suite
  readonly initiator: Side
  readonly responder: Side
  readonly [computed: string]: unknown
}

const path = new URL('../../../../docs/vectors/exchange-v1.json', import.meta.url)
const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: readonly Vector[] }

const key = (pkcs8: string): KeyObject =>
  createPrivateKey({ key: Buffer.from(pkcs8, 'hex'), format: 'der', type: 'pkcs8' })

test.each(vectors.map((vector) => [vector.comment, vector] as const))('%s', (_, vector) => {
  const { suite, offers, initiator, responder } = vector
  const share = (side: Side, of: page.Suite): Buffer => page.shareOf(of, key(side.ephemeral[of]!))
  const message1 = page.encodeHello(offers.map((of) => [page.suites[of], share(initiator, of)]))
  const head = page.encodeHead(page.suites[suite], share(responder, suite))
  const h1 = page.helloHash(page.canonical(vector.context), message1, head)
  const z = page.shared(suite, key(responder.ephemeral[suite]!), share(initiator, suite))
  const prk = page.extract(h1, z)
  const [body2, h2] = proved('responder', h1, responder)
  const [body3, h3] = proved('initiator', h2, initiator)
  const keys = page.sessionKeys(prk, h3)
  const computed = {
    message1,
    message2: Buffer.concat([head, page.seal('responder', prk, body2)]),
    message3: page.confirmation(page.seal('initiator', prk, body3)),
    ...{ z, h1, prk, body2, h2, body3, h3 },
    initiatorKey: keys.subarray(0, 32),
    responderKey: keys.subarray(32),
    exported: page.exported(page.exporterKey(prk, h3), 'a label', 64),
  }
  const expected = Object.fromEntries(Object.keys(computed).map((name) => [name, vector[name]]))
  expect(Object.fromEntries(Object.entries(computed).map(([name, bytes]) => [name, bytes.toString('hex')]))).toEqual(
    expected,
  )

  function proved(role: page.Role, transcript: Buffer, side: Side): [body: Buffer, next: Buffer] {
    const body = page.proof(role, transcript, prk, key(side.signingKey), Buffer.from(side.evidence, 'hex'))
    return [body, role === 'responder' ? page.answerHash(transcript, body) : page.confirmationHash(transcript, body)]
  }
})
