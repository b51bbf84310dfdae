import { toHex } from '../encoding/bytes.ts'
import { fromText, toText } from '../encoding/text.ts'
import { formatUuid } from '../encoding/uuid.ts'
import { KmsError } from '../errors.ts'
import { kemById } from '../public-keys/kems.ts'
import { invalidArgument, requireBytes } from '../refusals.ts'
import { chunkLength, prefixLength, saltLength } from './body.ts'
import { type HeaderRecipient, headerLimit, parseHeader } from './header.ts'
import { plaintextLength } from './lengths.ts'
import { openLimits, work } from './limits.ts'
import { contents, modes, suites } from './preamble.ts'
import type { Kdf } from './recipient-layouts.ts'

/** A number of the format with its name. */
export interface Named {
  readonly id: number
  readonly name: string
}

/** A recipient as everyone sees it; which fields there are depends on the kind. */
export interface InspectedRecipient {
  readonly kind: number
  /** `padding`, `key`, `password`, `hpke`, `rsa-oaep`, `external` or `unknown`. */
  readonly name: string
  /** Bytes of its own. */
  readonly length: number
  readonly keyId?: string
  readonly keyVersion?: number
  /** A password's kdf with its parameters; memory in KiB. */
  readonly kdf?: Readonly<Record<string, string | number>>
  /** Whether openers accept the kdf's parameters by default. */
  readonly withinLimits?: boolean
  /** Of HPKE; one that this release does not know is called `unknown`. */
  readonly kem?: Named
  readonly bits?: number
  readonly provider?: string
  readonly reference?: string
}

/** Everything an envelope says without any key. Plain JSON. Nothing in it is authenticated. */
export interface Inspection {
  readonly version: 1
  readonly form: 'bytes' | 'text'
  readonly suite: Named
  readonly content: Named
  readonly mode: Named
  /** Modes 0 and 1. */
  readonly keyId?: string
  /** Modes 0 and 1. */
  readonly keyVersion?: number
  /** Modes 0 and 1: the 36 characters that every envelope of this key version starts with in text. */
  readonly textPrefix?: string
  /** Mode 2, in header order. */
  readonly recipients?: readonly InspectedRecipient[]
  /** Bytes in all. */
  readonly length: number
  readonly headerLength: number
  readonly bodyLength: number
  /** Bytes of the message, a signature in it included; null if no message has a body of this length, because it was cut or added to. */
  readonly plaintextLength: number | null
  readonly chunks: number | null
  /** Bytes that the envelope adds to the message. */
  readonly overhead: number | null
  /** Hex; null if the bytes given end before it. */
  readonly salt: string | null
  /** Hex; null if the bytes given end before it. */
  readonly commitment: string | null
}

export interface InspectOptions {
  /** Bytes of the whole envelope, where `envelope` is only its beginning (65,592 bytes always suffice). */
  readonly length?: number
}

/**
 * Reads everything that an envelope says without a key.
 * @param envelope its bytes or its text form; of a large one, the beginning and its length
 * @throws `malformed`, `unsupported`; `invalid-argument` if the beginning given is shorter than the header
 */
export function inspect(envelope: Uint8Array | string, options: InspectOptions = {}): Inspection {
  const form = typeof envelope === 'string' ? 'text' : 'bytes'
  const bytes = typeof envelope === 'string' ? fromText(envelope) : envelope
  requireBytes(bytes, 'The envelope')
  const length = options.length ?? bytes.length
  if (!Number.isSafeInteger(length) || length < bytes.length) {
    throw invalidArgument('The length given is less than the bytes given.')
  }
  const header = parseBeginning(bytes, length)
  const bodyLength = length - header.length
  const plaintext = plaintextLength(bodyLength)
  const body = bytes.subarray(header.length)
  return {
    version: 1,
    form,
    suite: { id: header.suite, name: suites[header.suite].name },
    content: { id: header.content, name: contents[header.content].name },
    mode: { id: header.mode, name: modes[header.mode] },
    ...(header.mode === 2
      ? { recipients: header.recipients.map(inspectRecipient) }
      : {
          keyId: formatUuid(header.keyId),
          keyVersion: header.version,
          textPrefix: toText(bytes.subarray(0, header.length)),
        }),
    length,
    headerLength: header.length,
    bodyLength,
    plaintextLength: plaintext ?? null,
    chunks: plaintext === undefined ? null : Math.floor(plaintext / chunkLength) + 1,
    overhead: plaintext === undefined ? null : length - plaintext,
    salt: body.length < saltLength ? null : toHex(body.subarray(0, saltLength)),
    commitment: body.length < prefixLength ? null : toHex(body.subarray(saltLength, prefixLength)),
  }
}

function parseBeginning(bytes: Uint8Array, length: number): ReturnType<typeof parseHeader> {
  try {
    return parseHeader(bytes)
  } catch (error) {
    // A beginning shorter than any header may be cut by the caller, not by whoever damaged the envelope.
    const short = bytes.length < length && bytes.length < headerLimit
    if (short && error instanceof KmsError && error.code === 'malformed') {
      throw invalidArgument(`The beginning given may end within the header. Give the first ${headerLimit} bytes.`)
    }
    throw error
  }
}

/** What everyone sees of a recipient. */
export function inspectRecipient({ kind, bytes, fields }: HeaderRecipient): InspectedRecipient {
  const common = { kind, name: fields.name, length: bytes.length }
  switch (fields.name) {
    case 'key':
      return { ...common, keyId: formatUuid(fields.keyId), keyVersion: fields.version }
    case 'password':
      return { ...common, kdf: { ...fields.kdf }, ...limited(fields.kdf) }
    case 'hpke':
      return { ...common, keyId: formatUuid(fields.keyId), kem: namedKem(fields.kem) }
    case 'rsa-oaep':
      return { ...common, keyId: formatUuid(fields.keyId), bits: fields.bits }
    case 'external':
      return { ...common, provider: fields.provider, reference: fields.reference }
    default:
      return common
  }
}

function namedKem(id: number): Named {
  return { id, name: kemById(id)?.name ?? 'unknown' }
}

function limited(kdf: Kdf): { readonly withinLimits?: boolean } {
  if (kdf.name === 'unknown') return {}
  return { withinLimits: work(kdf).every(([limit, asked]) => asked <= openLimits[limit]) }
}
