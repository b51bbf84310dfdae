import { KmsError, type Opener } from '@kms/core'
import {
  type BegunSealing,
  beginOpening,
  type HeaderRecipient,
  longestStart,
  parseHeader,
  rewrapHeader,
  type SealOptions,
} from '@kms/core/envelope'
import { Differs, type UnfinishedFile } from './unfinished-file.ts'

/**
 * Takes up an envelope that was begun: opens its content key, and writes its header for the recipients asked for now. Those must be the
 * same by name, since whoever was in it may have read the key; a password may not be told from another, so its stanza is made anew.
 *
 * What is sealed under this key from here on must be, chunk by chunk, what was sealed before: `UnfinishedFile` sees to that, once it
 * was told the commitment, which shows that this is the key and the salt that were begun with.
 * @throws `Differs` if it is not begun so, or does not open; what the recipients and openers throw
 */
export async function continueSealing(
  to: UnfinishedFile,
  options: SealOptions & { readonly openers: readonly Opener[] },
): Promise<BegunSealing> {
  const head = await to.file.peek(longestStart)
  try {
    const { startLength, cipher } = await beginOpening(head, options)
    try {
      const start = head.slice(0, startLength)
      const { header, replaces } = await rewrapHeader(start, {
        ...options,
        add: options.recipients,
        remove: () => true,
      })
      const asked = names(header)
      const same = asked !== undefined && asked === names(start) && header.length === replaces
      if (!same || start[3] !== (options.suite ?? 1) || startLength > to.resumedFrom) throw new Differs()
      start.set(header)
      await to.file.overwriteStart(header)
      return { start, cipher }
    } catch (error) {
      cipher.wipe()
      throw error
    }
  } catch (error) {
    throw error instanceof KmsError && notOurs.has(error.code) ? new Differs() : error
  }
}

const notOurs: ReadonlySet<string> = new Set([
  'malformed',
  'unsupported',
  'authentication-failed',
  'no-matching-key',
  'limit-exceeded',
  'key-not-found',
  'invalid-argument',
])

/** Whom a header names, in order; passwords have no names. Undefined where a kind is not known, and so not its names. */
function names(envelopeStart: Uint8Array): string | undefined {
  const header = parseHeader(envelopeStart)
  if (header.mode !== 2 || header.recipients.some(({ fields }) => fields.name === 'unknown')) return undefined
  return JSON.stringify(header.recipients.map(nameOf))
}

function nameOf({ kind, fields }: HeaderRecipient): readonly (string | number)[] {
  if (fields.name === 'external') return [kind, fields.provider, fields.reference]
  if (!('keyId' in fields)) return [kind]
  return [kind, Buffer.from(fields.keyId).toString('hex'), 'version' in fields ? fields.version : 0]
}
