import type { KeyPackage } from '@kms/core/envelope'

/** The public half of a key pair in the forms it has. */
export interface PublicHalf {
  /** `kmsvk1…` to check signatures with, `kmspk1…` to seal to; absent of RSA. */
  readonly text?: string
  /** Absent of X-Wing, for which no such form is standardised, as the JWK. */
  readonly pem?: string
  readonly jwk?: object
  /** 32 hexadecimal digits: what envelopes name it by. */
  readonly fingerprint: string
}

/** The public half of a package's newest version. */
export async function publicHalf(of: KeyPackage): Promise<PublicHalf> {
  const core = await import('@kms/core/envelope')
  const { backendParts } = await import('@kms/node')
  const { primitives, crypto } = backendParts()
  if (of.purpose === 'sign') {
    const key = await core.packagedSigner(of, { crypto })
    return {
      text: core.verificationKeyText(key, { primitives }),
      pem: core.verificationKeyPem(key),
      jwk: core.verificationKeyJwk(key),
      fingerprint: hex(core.signerFingerprint(key, primitives)),
    }
  }
  const { publicKey } = (await core.packagedKeyPairs(of)).at(-1) as {
    publicKey: Awaited<ReturnType<typeof core.readPublicKey>>
  }
  const fingerprint = hex(publicKey.fingerprint)
  const text = publicKey.type === 'hpke' ? { text: core.publicKeyText(publicKey) } : {}
  if (publicKey.type === 'hpke' && publicKey.kem === 'X-Wing') return { ...text, fingerprint }
  return { ...text, pem: core.publicKeyPem(publicKey), jwk: core.publicKeyJwk(publicKey), fingerprint }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
