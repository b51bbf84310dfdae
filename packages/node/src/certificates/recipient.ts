import { createHash } from 'node:crypto'
import type { CertificateCheck } from '@kms/core'
import { readPublicKey } from '@kms/core/envelope'
import { type CertificateForm, type ChainOptions, readAuthorities, verifiedLeaf } from './chain.ts'

/** id-kp-emailProtection (RFC 5280 §4.2.1.12): what S/MIME seals to. */
const emailProtection = '1.3.6.1.5.5.7.3.4'

/**
 * A recipient by certificate, for `kms.keys.send`: its chain leads to one of the authorities (RFC 5280 §6), all of it is valid when the key is sent, its key may agree or encipher
 * (X25519, P-256; RSA), and it is of the name asked for. Refused are a certificate that is signed by itself, signatures with SHA-1 or MD5, critical extensions
 * that are not known, and more authorities below one another than they allow. **Revocation is not looked up**: ask who issues the certificates, or take short-lived ones.
 * @param chain the recipient's certificate first, then those up to the authorities, which need not be among them
 * @returns the check; it throws `authentication-failed` with what is not as it must be, `unsupported` for a key that nothing is sealed to
 * @throws `invalid-argument` for authorities that are none
 */
export function certificateRecipient(chain: CertificateForm, options: ChainOptions): CertificateCheck {
  const authorities = readAuthorities(options.authorities)
  return async (at) => {
    const { x509, publicKey: certified } = verifiedLeaf(chain, authorities, options, {
      // RFC 8410 §5 and RFC 5480 §3 for curves, RFC 3279 §2.3.1 for RSA.
      usage: (leaf) =>
        leaf.publicKey.asymmetricKeyType === 'rsa' ? ['keyEncipherment', 'dataEncipherment'] : ['keyAgreement'],
      extendedUsage: [emailProtection],
      at,
    })
    const publicKey = await readPublicKey(new Uint8Array(certified.export({ type: 'spki', format: 'der' })))
    return { publicKey, name: options.name, certificate: createHash('sha256').update(x509.raw).digest('hex') }
  }
}
