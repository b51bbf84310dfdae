import { KmsError } from '@kms/core'
import { canonicalContext, fromText, inspect, MessageOpener, parseHeader } from '@kms/core/envelope'

/** What is fuzzed. */
export interface Subject {
  readonly parseHeader: typeof parseHeader
  readonly fromText: typeof fromText
  readonly canonicalContext: typeof canonicalContext
  readonly inspect: typeof inspect
  /** Opens pieces of a body. */
  readonly opener: (...cipher: ConstructorParameters<typeof MessageOpener>) => Pick<MessageOpener, 'update' | 'final'>
}

export const subject: Subject = {
  parseHeader,
  fromText,
  canonicalContext,
  inspect,
  opener: (cipher) => new MessageOpener(cipher),
}

/** Defects planted one at a time, to see whether the fuzzer finds them. */
export const mutants: Readonly<Record<string, Subject>> = {
  /** An index out of range in one layout, behind a length that no seed has. */
  crash: {
    ...subject,
    parseHeader(bytes) {
      const header = parseHeader(bytes)
      if (header.mode === 2 && header.recipients.some(({ kind, bytes }) => kind === 0 && bytes.length > 90)) {
        throw new RangeError('Offset is outside the bounds of the DataView')
      }
      return header
    },
  },
  /** Unused bits accepted: one envelope, several texts. */
  text: {
    ...subject,
    fromText(text) {
      const last = text.length % 4 > 1 ? text.slice(0, -1) + canonicalLast(text) : text
      return fromText(last)
    },
  },
  /** Names sorted as JavaScript sorts them. */
  context: {
    ...subject,
    canonicalContext(context) {
      if (context instanceof Map) {
        const map = context as ReadonlyMap<string, string>
        const names = [...map.keys()]
        if (names.some((name) => name > '\uffee') && names.some((name) => (name.codePointAt(0) ?? 0) > 0xffff)) {
          return canonicalContext(new Map([...map].map(([name, value]) => [`${name} `, value])))
        }
      }
      return canonicalContext(context)
    },
  },
  /** What fails its tag is given out all the same. */
  stream: {
    ...subject,
    opener(cipher) {
      const opener = new MessageOpener(cipher)
      return {
        update: (sealed) => opener.update(sealed),
        final() {
          try {
            return opener.final()
          } catch (error) {
            if ((error as KmsError).code === 'authentication-failed') return new Uint8Array(5)
            throw error
          }
        },
      }
    },
  },
  /** Another code than a documented one. */
  code: {
    ...subject,
    inspect(envelope, options) {
      try {
        return inspect(envelope, options)
      } catch (error) {
        if (String(error).includes('key version 0')) throw new KmsError('conflict', 'The record was changed.')
        throw error
      }
    },
  },
}

/** The last character of a text form with its unused bits cleared. */
function canonicalLast(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const value = alphabet.indexOf(text.at(-1)!)
  return value < 0 ? text.at(-1)! : alphabet[value & (text.length % 4 === 2 ? 48 : 60)]!
}
