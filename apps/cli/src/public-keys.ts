import type { RecipientPublicKey } from '@kms/node'
import { failure } from './failure.ts'
import { printable } from './layout.ts'
import { readPublicKeyFile } from './public-key-file.ts'

/** What `--to` names: the text of a public key, or a file that holds one as text, PEM or JWK. */
export async function readPublicKeys(given: readonly string[]): Promise<readonly RecipientPublicKey[]> {
  if (given.length === 0) return []
  const { KmsError, readPublicKey } = await import('@kms/node')
  const keys: RecipientPublicKey[] = []
  for (const one of given) {
    const isText = one.startsWith('kmspk1')
    try {
      keys.push(await readPublicKey(isText ? one : await readPublicKeyFile(one)))
    } catch (error) {
      if (isText || !(error instanceof KmsError) || error.code === 'file-unavailable') throw error
      throw await failure(error.code, `${printable(one)}: ${error.message}`, {
        hint: 'kms public FILE prints the public half of what kms keygen made',
      })
    }
  }
  return keys
}
