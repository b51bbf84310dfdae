import { readFile } from 'node:fs/promises'
import { failure, fileFailure } from './failure.ts'

const sizeLimit = 65_536

/** A file that holds a public key, as text, PEM or JWK. */
export async function readPublicKeyFile(path: string): Promise<string> {
  let contents: Buffer
  try {
    contents = await readFile(path)
  } catch (error) {
    throw await fileFailure('read', path, error)
  }
  if (contents.length > sizeLimit) throw await failure('limit-exceeded', `${path} is too large to hold a public key.`)
  return contents.toString('utf8')
}
