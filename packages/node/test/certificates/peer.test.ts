import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { Signer } from '@kms/core'
import { answerExchange, startExchange } from '@kms/core/exchange'
import { expect, test } from 'vitest'
import { backendParts } from '../../src/backend.ts'
import { certificatePeer } from '../../src/certificates/index.ts'
import { authority, flags, type Issued, issue, privateKeyOf, type Wanted } from './authority.ts'

const parts = backendParts()
const context = { purpose: 'tests' }
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

async function signerOf(of: Issued): Promise<Signer> {
  const key = createPrivateKey({ key: Buffer.from(await privateKeyOf(of)), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  return {
    algorithm: of.sort === 'ed25519' ? 'Ed25519' : 'P-256',
    publicKey: new Uint8Array(spki.subarray(of.sort === 'ed25519' ? -32 : -65)),
    sign: async (data) =>
      new Uint8Array(sign(of.sort === 'ed25519' ? null : 'sha256', data, { key, dsaEncoding: 'ieee-p1363' })),
  }
}

const till = (issuer: Issued, of: Wanted = {}): Promise<Issued> =>
  issue({ name: 'till.example', issuer, sort: 'ed25519', usage: flags.digitalSignature, ...of })

/** An exchange in which each side is known by certificate; the code that it ends with. */
async function exchange(a: Issued, b: Issued, believed: Issued, evidence: Uint8Array = encode(a.pem)): Promise<string> {
  const options = { authorities: believed.pem }
  try {
    const started = await startExchange({
      signer: await signerOf(a),
      peer: certificatePeer({ ...options, name: 'office.example' }),
      evidence,
      context,
      ...parts,
    })
    const answered = await answerExchange(started.message, {
      signer: await signerOf(b),
      peer: certificatePeer({ ...options, name: 'till.example' }),
      evidence: encode(b.pem),
      context,
      ...parts,
    })
    const ours = await started.finish(answered.message)
    const theirs = await answered.finish(ours.message)
    expect(ours.session.sendKey.reveal()).toEqual(theirs.receiveKey.reveal())
    return 'agreed'
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return `${code}: ${message}`
  }
}

test.each(['ed25519', 'p-256'] as const)('two that are known by certificates of %s keys exchange', async (sort) => {
  const ca = await authority()
  const office = await till(ca, { name: 'office.example', extendedUsage: ['1.3.6.1.5.5.7.3.1'] })
  expect(await exchange(await till(ca, { sort }), office, ca)).toBe('agreed')
})

test('an exchange with somebody else, or with a certificate that is not as it must be, fails', async () => {
  const [ca, other] = [await authority(), await authority({ name: 'other' })]
  const office = await till(ca, { name: 'office.example' })
  const good = await till(ca)
  expect(await exchange(good, await till(ca), ca)).toMatch(/^authentication-failed.*another name/)
  expect(await exchange(await till(other), office, ca)).toMatch(/does not lead to any/)
  expect(await exchange(await till(ca, { to: new Date(Date.now() - 1_000) }), office, ca)).toMatch(/was valid until/)
  expect(await exchange(await till(ca, { usage: flags.keyAgreement }), office, ca)).toMatch(/digitalSignature/)
  expect(await exchange(await till(ca, { extendedUsage: ['1.3.6.1.5.5.7.3.4'] }), office, ca)).toMatch(/extended usage/)
  // A certificate is public: who only has somebody's certificate is not them.
  expect(await exchange(await till(ca), office, ca, encode(good.pem))).toMatch(/another key/)
  expect(await exchange(good, office, ca, new Uint8Array(0))).toMatch(/sent no certificate/)
  expect(await exchange(good, office, ca, encode('x'))).toMatch(/^authentication-failed/)
})
