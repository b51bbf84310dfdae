import { createPublicKey } from 'node:crypto'
import { verificationKeyPem } from '@kms/core/envelope'
import type { PeerCheck } from '@kms/core/exchange'
import { type ChainOptions, readAuthorities, verifiedLeaf } from './chain.ts'
import { refused } from './refusals.ts'

/** id-kp-serverAuth and id-kp-clientAuth (RFC 5280 §4.2.1.12). */
const authenticates = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']

export interface CertificatePeerOptions extends ChainOptions {
  /** When the chain must be valid; now unless given. */
  readonly at?: () => Date
}

/**
 * A peer of the authenticated exchange by certificate: what it sends as `evidence` is a chain in PEM that leads to one of the authorities, as `certificateRecipient`
 * has it, whose key signs digitally and is the one that signed the exchange.
 * @returns the check; it throws `authentication-failed` with what is not as it must be
 * @throws `invalid-argument` for authorities that are none
 */
export function certificatePeer(options: CertificatePeerOptions): PeerCheck {
  const { at = () => new Date() } = options
  const authorities = readAuthorities(options.authorities)
  return (peer) => {
    if (peer.evidence.length === 0) throw refused('The other side sent no certificate.')
    const chain = new TextDecoder().decode(peer.evidence)
    const { publicKey } = verifiedLeaf(chain, authorities, options, {
      usage: () => ['digitalSignature'],
      extendedUsage: authenticates,
      at: at(),
    })
    if (!publicKey.equals(createPublicKey(verificationKeyPem(peer))))
      throw refused("The certificate is of another key than the other side's.")
    return true
  }
}
