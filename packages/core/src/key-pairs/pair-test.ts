import type { Environment } from '../access/environment.ts'
import { KmsError } from '../errors.ts'
import { recipientKeyPair } from '../public-keys/key-pair.ts'
import { hpkePublicKey } from '../public-keys/public-key.ts'
import type { Secret } from '../secret.ts'
import type { PurposeAndSpec } from '../specs/key-specs.ts'
import { sharedSecret } from './agreement.ts'
import { generatePair } from './generate-pair.ts'
import type { PairPurpose } from './pair-algorithms.ts'
import { importPrivateHalf, importPublicHalf } from './pair-halves.ts'
import { signWith, verifyWith } from './sign.ts'

const probe = new TextEncoder().encode('kms1/pair-test')

type Parts = Pick<Environment, 'crypto' | 'primitives'>

/** A pair, by purpose and spec. */
export interface PairHalves extends PurposeAndSpec {
  readonly purpose: PairPurpose
  /** PKCS#8 in DER, of X-Wing its seed; stays the caller's. */
  readonly material: Secret
  readonly publicKey: Uint8Array
}

/**
 * Whether two halves are one pair: what the private one does, the public one undoes or verifies (SP 800-56A rev. 3 §5.6.2.1.4, SP 800-89 §5).
 * @throws `invalid-argument` for a half that is none of its spec, `unsupported`
 */
export async function halvesFit(of: PairHalves, { crypto, primitives }: Parts): Promise<boolean> {
  const { purpose, spec, material, publicKey } = of
  if (spec === 'x-wing') return xWingFits(publicKey, material)
  const half = await importPrivateHalf(material, purpose, spec, crypto)
  const other = await importPublicHalf(publicKey, purpose, spec, crypto)
  switch (purpose) {
    case 'sign':
      return verifyWith(other, await signWith(half, probe, crypto), probe, crypto)
    case 'transport': {
      const { operation } = half.algorithm
      const sealed = await crypto.subtle.encrypt(operation, other.key, probe as BufferSource)
      const opened = await crypto.subtle.decrypt(operation, half.key, sealed).catch(() => new ArrayBuffer(0))
      return primitives.equal(new Uint8Array(opened), probe)
    }
    case 'agree': {
      const ephemeral = await generatePair({ purpose, spec }, crypto)
      const theirs = await importPrivateHalf(ephemeral.material, purpose, spec, crypto)
      ephemeral.material.wipe()
      const ours = await sharedSecret(half, spec, ephemeral.publicKey, crypto)
      const same = await sharedSecret(theirs, spec, publicKey, crypto)
      try {
        return primitives.equal(ours.reveal(), same.reveal())
      } finally {
        ours.wipe()
        same.wipe()
      }
    }
  }
}

async function xWingFits(publicKey: Uint8Array, seed: Secret): Promise<boolean> {
  try {
    await recipientKeyPair(await hpkePublicKey('X-Wing', publicKey), seed)
    return true
  } catch (error) {
    if (error instanceof KmsError && error.code === 'invalid-argument') return false
    throw error
  }
}
