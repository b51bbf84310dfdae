import { isPem } from '../encoding/pem.ts'
import { invalidArgument } from '../refusals.ts'
import { readPublicJwk } from './jwk.ts'
import type { RecipientPublicKey } from './public-key.ts'
import { readPublicKeyPem, readSpki } from './spki-pem.ts'
import { isPublicKeyText, readPublicKeyText } from './text-form.ts'

/**
 * Reads a public key in whichever form it comes.
 * @param key our text form (`kmspk1…`), SubjectPublicKeyInfo as PEM (a string) or DER (bytes), or a JSON Web Key as text or object
 * @throws `invalid-argument` if it is none of them, cut, no point on its curve, or a private key; `unsupported` for a kem, an RSA
 * length, or a kind of JSON Web Key that is not used here
 */
export async function readPublicKey(key: string | Uint8Array | object): Promise<RecipientPublicKey> {
  if (key instanceof Uint8Array) return readSpki(key)
  if (typeof key === 'object' && key !== null) return readPublicJwk(key)
  if (typeof key !== 'string') throw unreadable()
  const text = key.trim()
  if (isPublicKeyText(text)) return readPublicKeyText(text)
  if (isPem(text)) return readPublicKeyPem(text)
  if (text.startsWith('{')) return readPublicJwk(parseJson(text))
  throw unreadable()
}

function parseJson(text: string): object {
  try {
    return JSON.parse(text) as object
  } catch {
    throw unreadable()
  }
}

function unreadable(): Error {
  return invalidArgument('That is no public key: kmspk1…, a PEM block “PUBLIC KEY”, or a JSON Web Key.')
}
