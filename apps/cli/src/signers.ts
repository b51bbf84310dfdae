import type { VerificationKey } from '@kms/core/envelope'
import { readPublicKeyFile } from './public-key-file.ts'

/** What `--from` names: the text of a verification key, or a file that holds one as text, PEM or JWK. */
export async function readSigners(given: readonly string[]): Promise<readonly VerificationKey[]> {
  const [{ backendParts }, { readVerificationKey }] = await Promise.all([
    import('@kms/node'),
    import('@kms/core/envelope'),
  ])
  const { primitives } = backendParts()
  const signers: VerificationKey[] = []
  for (const one of given) {
    signers.push(readVerificationKey(one.startsWith('kmsvk1') ? one : await readPublicKeyFile(one), { primitives }))
  }
  return signers
}
