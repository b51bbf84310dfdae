import { fromText } from '../../encoding/text.ts'
import { KmsError } from '../../errors.ts'

/**
 * The commonest passwords, one after the other, as UTF-8. They are 0.2 MB of text, loaded when first asked for.
 * @returns views on a buffer that is refilled: take what is needed before the next
 * @throws `unsupported` where nothing inflates
 */
export async function* commonPasswords(): AsyncGenerator<Iterable<Uint8Array>> {
  const { commonPasswords: text } = await import('./common-passwords-data.ts')
  const coded = await inflate(fromText(text.replaceAll('\n', '')))
  // Many at a time: an await for each would cost more than its hashes.
  const atOnce = 2_048
  const password = new Uint8Array(256)
  let at = 0
  function* next(): Generator<Uint8Array> {
    for (let i = 0; i < atOnce && at < coded.length; i++) {
      let length = coded[at++] as number
      while (at < coded.length && (coded[at] as number) >= 32) password[length++] = coded[at++] as number
      yield password.subarray(0, length)
    }
  }
  while (at < coded.length) yield next()
}

async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  if (typeof DecompressionStream === 'undefined') {
    throw new KmsError(
      'unsupported',
      'Key material is compared with common passwords, which takes DecompressionStream.',
    )
  }
  const stream = new Blob([bytes as BufferSource]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
