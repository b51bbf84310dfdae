import { createPrivateKey, type KeyObject } from 'node:crypto'
import { expect } from 'vitest'
import { generateSigningKey, SigningKey } from '../../src/crypto/signing.ts'
import { type ExchangeOptions, peerAmong } from '../../src/exchange/index.ts'
import { createWasmPrimitives } from '../../src/hazmat.ts'
import type { Signer, VerificationKey } from '../../src/index.ts'

export const primitives: ReturnType<typeof createWasmPrimitives> = createWasmPrimitives()
export const context = { purpose: 'test' } as const
export const code = (expected: string): unknown => expect.objectContaining({ code: expected, name: 'KmsError' })

/** Somebody with a signing key; `privateKey` is the same for node:crypto. */
export interface Party {
  readonly signer: Signer
  readonly privateKey: KeyObject
}

export async function party(algorithm: 'Ed25519' | 'P-256' = 'Ed25519'): Promise<Party> {
  const { pkcs8, publicKey } = await generateSigningKey(algorithm, globalThis.crypto)
  const signer = await SigningKey.fromPkcs8(pkcs8, { algorithm, publicKey }, globalThis.crypto)
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8.reveal()), format: 'der', type: 'pkcs8' })
  pkcs8.wipe()
  return { signer, privateKey }
}

/** Options of somebody who accepts those peers, unless it is said otherwise. */
export function options(
  { signer }: Party,
  accepted: readonly Party[],
  more: Partial<ExchangeOptions> = {},
): ExchangeOptions {
  const keys: VerificationKey[] = accepted.map((one) => one.signer)
  return { signer, peer: more.peer ?? peerAmong(keys, { primitives }), context, primitives, ...more }
}
