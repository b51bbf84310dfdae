import { type PublicKeyForm, type SignatureForm, verifySignature } from '@kms/core'
import type { Backend } from './backends.ts'
import { codeOf } from './errors.ts'
import { hex } from './hex.ts'
import { expect, NotBuilt } from './outcome.ts'
import type { Group, Test } from './wycheproof-file.ts'

/** The algorithms of specs that sign, as a group of vectors describes them. */
const specs: ReadonlySet<string> = new Set([
  'edwards25519',
  'secp256r1 SHA-256',
  'secp384r1 SHA-384',
  'secp521r1 SHA-512',
  'RSA-PSS 2048 SHA-256 MGF1 SHA-256 32',
  'RSA-PSS 3072 SHA-256 MGF1 SHA-256 32',
  'RSA-PSS 4096 SHA-512 MGF1 SHA-512 64',
])

/** Signatures through `verifySignature`, with the public key in every form that the group gives. */
export async function checkSignature(test: Test, group: Group, { crypto }: Backend): Promise<void> {
  const algorithm = algorithmOf(group)
  if (!specs.has(algorithm)) throw new NotBuilt(`signatures of ${algorithm}`)
  const form: SignatureForm = group.type === 'EcdsaVerify' ? 'der' : 'raw'
  const [message, signature] = [hex(test.msg), hex(test.sig)]
  const keys = [hex(group.publicKeyDer), group.publicKeyPem, group.publicKeyJwk] as (PublicKeyForm | undefined)[]
  for (const key of keys) {
    if (key === undefined) continue
    const { code } = await codeOf(() => verifySignature(key, signature, message, { form, crypto }))
    if (code === 'authentication-failed') expect(test.result !== 'valid', `${algorithm} refused what is valid`)
    else if (code === 'valid') expect(test.result !== 'invalid', `${algorithm} accepted what is invalid`)
    else expect(false, `${algorithm} gave ${code}`)
  }
}

function algorithmOf({ type, publicKey, keySize, sha, mgf, mgfSha, sLen }: Group): string {
  const { curve } = (publicKey ?? {}) as { readonly curve?: string }
  switch (type) {
    case 'EddsaVerify':
      return String(curve)
    case 'EcdsaVerify':
    case 'EcdsaP1363Verify':
      return `${curve} ${sha}`
    case 'RsassaPssVerify':
      return `RSA-PSS ${keySize} ${sha} ${mgf} ${mgfSha} ${sLen}`
    default:
      return `${type}`
  }
}
