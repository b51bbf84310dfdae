import { createPrivateKey, createPublicKey } from 'node:crypto'
import { KmsError, type Opener, Secret } from '@kms/core'
import {
  type ExternalProvider,
  externalOpener,
  hpkeKeyPair,
  kemById,
  keyOpener,
  keyPairOpener,
  passwordOpener,
  type RecipientKeyPair,
  readPublicKey,
  recipientKeyPair,
  rootKeyHolder,
  slotHolder,
} from '@kms/core/envelope'
import type { Backend } from './backends.ts'
import { hex } from './hex.ts'
import { expectBytes, NotBuilt } from './outcome.ts'

/** What the opener of a test vector holds. */
export interface HeldKey {
  readonly type: string
  readonly id?: string
  readonly version?: number
  readonly material?: string
  readonly password?: string
  readonly kem?: number
  readonly pkcs8?: string
  readonly seed?: string
  readonly provider?: string
  readonly reference?: string
  readonly blob?: string
  readonly z?: string
}

/** @param release is given what to do when the opener is no longer used */
export async function openerOf(
  held: HeldKey,
  { primitives, slots }: Backend,
  release: (() => void)[],
): Promise<Opener> {
  switch (held.type) {
    case 'password':
      return passwordOpener(Secret.fromPassword(held.password as string), { primitives })
    case 'root-key':
      return keyOpener(rootKeyHolder(Secret.take(hex(held.material)), primitives), { primitives })
    case 'key-version': {
      const slot = slots.importKey(hex(held.material))
      release.push(() => slots.release(slot))
      return keyOpener(slotHolder(slots, slot, hex(held.id), held.version as number), { primitives })
    }
    case 'hpke': {
      const pair = await hpkePair(held)
      expectBytes(pair.publicKey.fingerprint, hex(held.id), 'the fingerprint')
      return keyPairOpener(pair, { primitives })
    }
    case 'rsa-oaep':
      return keyPairOpener(await rsaPair(held), { primitives })
    case 'external':
      return externalOpener(provider(held), held.reference as string, { primitives })
    default:
      throw new NotBuilt(`recipient kind ${held.type}`)
  }
}

function hpkePair({ kem, pkcs8, seed }: HeldKey): Promise<RecipientKeyPair> {
  const name = kemById(kem as number)?.name
  if (name === undefined) throw new NotBuilt(`kem ${kem}`)
  if (seed !== undefined) return hpkeKeyPair(name, Secret.take(hex(seed)))
  const { d } = privateKey(pkcs8).export({ format: 'jwk' })
  return hpkeKeyPair(name, Secret.take(new Uint8Array(Buffer.from(d as string, 'base64url'))))
}

async function rsaPair({ pkcs8 }: HeldKey): Promise<RecipientKeyPair> {
  const spki = createPublicKey(privateKey(pkcs8)).export({ format: 'der', type: 'spki' })
  return recipientKeyPair(await readPublicKey(new Uint8Array(spki)), Secret.take(hex(pkcs8)))
}

const privateKey = (pkcs8: string | undefined): ReturnType<typeof createPrivateKey> =>
  createPrivateKey({ key: Buffer.from(hex(pkcs8)), format: 'der', type: 'pkcs8' })

/** A provider that recovers one `Z` from one blob. */
function provider({ provider: name, blob, z }: HeldKey): ExternalProvider {
  return {
    name: name as string,
    generate: () => Promise.reject(new KmsError('root-unavailable', 'The provider of a test vector only recovers.')),
    async recover(_, given) {
      if (Buffer.compare(given, hex(blob)) === 0) return Secret.take(hex(z))
      throw new KmsError('authentication-failed', 'The provider refuses the blob.')
    },
  }
}
