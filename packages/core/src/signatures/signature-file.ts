import { ascii, concat } from '../encoding/bytes.ts'
import { type CanonicalObject, decodeCanonical, encodeCanonical } from '../encoding/canonical.ts'
import { type Fields, fitsFields } from '../encoding/fields.ts'
import { fromText, toText } from '../encoding/text.ts'
import { parseUuid } from '../encoding/uuid.ts'
import { KmsError } from '../errors.ts'

// Signature files (contents-v1 §Signature files): canonical bytes that name who signed what, and the signature over them.

/** What is signed of a file: which key's version, and which data. */
export interface SignatureStatement {
  /** UUID of the key. */
  readonly key: string
  readonly spec: string
  /** The version's label. */
  readonly version: string
  /** SHA-512 of the data. */
  readonly digest: Uint8Array
}

export interface SignatureFile extends SignatureStatement {
  readonly signature: Uint8Array
}

const label = ascii('kms1/signature-file\0')
const type = 'kms-signature-1'
/** No signature here has over 512 bytes, and no name over 40. */
const lengthLimit = 2_048

const fields: Fields = { type: 'text', key: 'text', spec: 'text', version: 'text', digest: 'text', signature: 'text' }

const stated = ({ key, spec, version, digest }: SignatureStatement): CanonicalObject => ({
  type,
  key,
  spec,
  version,
  digest: toText(digest),
})

/** The bytes that the signature is over: `kms1/signature-file` ‖ 00 ‖ the file's canonical bytes without the signature. */
export function statementBytes(statement: SignatureStatement): Uint8Array {
  return concat(label, encodeCanonical(stated(statement)))
}

/** What a `.sig` file holds, with a line feed at its end. */
export function encodeSignatureFile(statement: SignatureStatement, signature: Uint8Array): string {
  return `${new TextDecoder().decode(encodeCanonical({ ...stated(statement), signature: toText(signature) }))}\n`
}

/**
 * Reads a `.sig` file. Nothing in it is verified yet.
 * @throws `malformed`, `unsupported` for one of a newer release
 */
export function decodeSignatureFile(text: string): SignatureFile {
  const file = parsed(text)
  if (typeof file.type === 'string' && /^kms-signature-\d+$/.test(file.type) && file.type !== type) {
    throw new KmsError('unsupported', 'The signature file is of a newer release. Upgrade.')
  }
  if (!fitsFields(fields, file) || file.type !== type) throw malformed()
  const { key, spec, version, digest, signature } = file as unknown as Readonly<Record<string, string>>
  try {
    parseUuid(key as string)
    const bytes = fromText(digest as string)
    if (bytes.length !== 64) throw malformed()
    return {
      key: key as string,
      spec: spec as string,
      version: version as string,
      digest: bytes,
      signature: fromText(signature as string),
    }
  } catch {
    throw malformed()
  }
}

/** Which key a `.sig` file says it is of: its UUID, not verified. @throws `malformed`, `unsupported` for one of a newer release */
export const signatureFileKey = (text: string): string => decodeSignatureFile(text).key

function parsed(text: string): CanonicalObject {
  if (typeof text !== 'string' || text.length > lengthLimit) throw malformed()
  try {
    return decodeCanonical(new TextEncoder().encode(text.endsWith('\n') ? text.slice(0, -1) : text))
  } catch {
    throw malformed()
  }
}

const malformed = (): KmsError =>
  new KmsError('malformed', 'That is no signature file of this system, or it was changed.')
