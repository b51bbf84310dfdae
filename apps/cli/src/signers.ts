import { readFile } from 'node:fs/promises'
import type { VerificationKey } from '@kms/core/envelope'
import { failure, fileFailure } from './failure.ts'

const sizeLimit = 65_536

/** What `--from` names: the text of a verification key, or a file that holds one as text, PEM or JWK. */
export async function readSigners(given: readonly string[]): Promise<readonly VerificationKey[]> {
  const [{ backendParts }, { readVerificationKey }] = await Promise.all([
    import('@kms/node'),
    import('@kms/core/envelope'),
  ])
  const { primitives } = backendParts()
  const signers: VerificationKey[] = []
  for (const one of given) {
    signers.push(readVerificationKey(one.startsWith('kmsvk1') ? one : await fileText(one), { primitives }))
  }
  return signers
}

async function fileText(path: string): Promise<string> {
  let contents: Buffer
  try {
    contents = await readFile(path)
  } catch (error) {
    throw await fileFailure('read', path, error)
  }
  if (contents.length > sizeLimit) throw await failure('limit-exceeded', `${path} is too large to hold a public key.`)
  return contents.toString('utf8')
}
