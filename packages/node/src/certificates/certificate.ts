import { type KeyObject, X509Certificate } from 'node:crypto'
import { type DerValue, derContent, derValues, objectId, tag } from './der-values.ts'
import { refused } from './refusals.ts'

/** Extensions that are looked at (RFC 5280 §4.2.1). */
const extension = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
} as const

const handled: ReadonlySet<string> = new Set([
  extension.keyUsage,
  extension.subjectAltName,
  extension.basicConstraints,
  extension.extendedKeyUsage,
])

/** Bits of a key usage (RFC 5280 §4.2.1.3), the first being 0. */
const usageNames = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
] as const

/** What a certificate says its key may do. */
export type KeyUsage = (typeof usageNames)[number]

/** A certificate: what node:crypto parses and verifies, and what it does not show. */
export interface Certificate {
  readonly x509: X509Certificate
  readonly publicKey: KeyObject
  /** None where it does not say. */
  readonly usage: readonly KeyUsage[]
  /** Object identifiers; undefined where it does not restrict them. */
  readonly extendedUsage: readonly string[] | undefined
  /** Whether it says that its key may sign certificates. */
  readonly isAuthority: boolean
  /** Certificates of authorities that may stand below it; undefined for any number. */
  readonly pathLength: number | undefined
  /** Alternative names of the subject, or where it has none of these its one common name. */
  readonly names: readonly string[]
  /** What signed it: `ecdsa-with-SHA256`, or undefined for what is not accepted. */
  readonly signature: string | undefined
}

/** Algorithms of signatures that are accepted: none with SHA-1 or MD5 (RFC 8017 appendix A.2.4, RFC 5758, RFC 8410). */
const signatures: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.2.840.10045.4.3.4': 'ecdsa-with-SHA512',
  '1.3.101.112': 'Ed25519',
}
const rsaPss = '1.2.840.113549.1.1.10'
/** SHA-256, SHA-384, SHA-512 (RFC 4055 §2.1). */
const hashes: ReadonlySet<string> = new Set([
  '2.16.840.1.101.3.4.2.1',
  '2.16.840.1.101.3.4.2.2',
  '2.16.840.1.101.3.4.2.3',
])

/** Bytes of a certificate at most. */
const longest = 65_536

/**
 * Reads a certificate. It is not verified by that.
 * @param der DER, or a PEM block as bytes
 * @throws `authentication-failed` for what is none, for one with a critical extension that is not known here, or with constraints of names
 */
export function readCertificate(der: Uint8Array): Certificate {
  if (der.length > longest) throw refused('A certificate has at most 64 KiB.')
  let x509: X509Certificate
  let publicKey: KeyObject
  try {
    x509 = new X509Certificate(der)
    // Parsed now: what is no key of its algorithm throws.
    publicKey = x509.publicKey
  } catch (cause) {
    throw refused('What should be a certificate is none.', cause)
  }
  const [whole] = derValues(x509.raw)
  const outer = derValues(whole?.content ?? new Uint8Array(0))
  const fields = derValues(derContent(outer, 0, tag.sequence))
  // Version 1 has no number, and no extensions.
  const from = fields[0]?.tag === 0xa0 ? 1 : 0
  const extensions = readExtensions(fields.find(({ tag: found }) => found === 0xa3))
  return {
    x509,
    publicKey,
    usage: keyUsage(extensions.get(extension.keyUsage)),
    extendedUsage: extendedUsage(extensions.get(extension.extendedKeyUsage)),
    ...basicConstraints(extensions.get(extension.basicConstraints)),
    names: namesOf(extensions.get(extension.subjectAltName), derContent(fields, from + 4, tag.sequence)),
    signature: signatureOf(derValues(derContent(outer, 1, tag.sequence))),
  }
}

/** Their contents by object identifier. */
function readExtensions(found: DerValue | undefined): ReadonlyMap<string, Uint8Array> {
  const extensions = new Map<string, Uint8Array>()
  if (found === undefined) return extensions
  for (const { content } of derValues(derContent(derValues(found.content), 0, tag.sequence))) {
    const parts = derValues(content)
    const id = objectId(derContent(parts, 0, tag.objectId))
    const critical = parts[1]?.tag === tag.boolean && parts[1].content[0] !== 0
    // RFC 5280 §4.2: one that is critical and not understood refuses the certificate, and none is there twice. Constraints of names are not read here, critical or not.
    if ((critical && !handled.has(id)) || id === extension.nameConstraints) {
      throw refused(`A certificate has the extension ${id}, which is not understood here.`)
    }
    if (extensions.has(id)) throw refused(`A certificate has the extension ${id} twice.`)
    extensions.set(id, derContent(parts, parts.length - 1, tag.octetString))
  }
  return extensions
}

function keyUsage(content: Uint8Array | undefined): readonly KeyUsage[] {
  if (content === undefined) return []
  const [, bits = 0] = derContent(derValues(content), 0, tag.bitString)
  return usageNames.filter((_, i) => (bits & (0x80 >> i)) !== 0)
}

function extendedUsage(content: Uint8Array | undefined): readonly string[] | undefined {
  if (content === undefined) return undefined
  return derValues(derContent(derValues(content), 0, tag.sequence)).map((value) =>
    objectId(derContent([value], 0, tag.objectId)),
  )
}

/** RFC 5280 §4.2.1.9. */
function basicConstraints(content: Uint8Array | undefined): Pick<Certificate, 'isAuthority' | 'pathLength'> {
  const values = content === undefined ? [] : derValues(derContent(derValues(content), 0, tag.sequence))
  const isAuthority = values[0]?.tag === tag.boolean && values[0].content[0] !== 0
  const length = values.find(({ tag: found }) => found === tag.integer)?.content
  if (length === undefined) return { isAuthority, pathLength: undefined }
  // What is negative or longer than a byte is none: nothing may stand below.
  const [byte = 0] = length
  return { isAuthority, pathLength: length.length === 1 && byte < 0x80 ? byte : 0 }
}

/** GeneralNames that are text (RFC 5280 §4.2.1.6): rfc822Name, dNSName, uniformResourceIdentifier. */
const textNames: ReadonlySet<number> = new Set([0x81, 0x82, 0x86])
const commonName = '2.5.4.3'
/** UTF8String, PrintableString, IA5String. */
const textTags: ReadonlySet<number> = new Set([0x0c, 0x13, 0x16])

function namesOf(alternative: Uint8Array | undefined, subject: Uint8Array): readonly string[] {
  if (alternative !== undefined) {
    const names = derValues(derContent(derValues(alternative), 0, tag.sequence))
    return names.filter(({ tag: found }) => textNames.has(found)).map(({ content }) => text(content))
  }
  const common = derValues(subject)
    .flatMap(({ content }) => derValues(content))
    .map(({ content }) => derValues(content))
    .filter((parts) => objectId(derContent(parts, 0, tag.objectId)) === commonName)
  const [only] = common
  const value = only?.[1]
  return common.length === 1 && value !== undefined && textTags.has(value.tag) ? [text(value.content)] : []
}

function text(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch (cause) {
    throw refused('A certificate has a name that is no text.', cause)
  }
}

function signatureOf(algorithm: readonly DerValue[]): string | undefined {
  const id = objectId(derContent(algorithm, 0, tag.objectId))
  if (id !== rsaPss) return Object.hasOwn(signatures, id) ? signatures[id] : undefined
  // RFC 4055 §3.1: without a hash it is SHA-1.
  const parameters = algorithm[1] === undefined ? [] : derValues(algorithm[1].content)
  const hash = parameters.find(({ tag: found }) => found === 0xa0)
  if (hash === undefined) return undefined
  const named = objectId(derContent(derValues(derContent(derValues(hash.content), 0, tag.sequence)), 0, tag.objectId))
  return hashes.has(named) ? 'RSASSA-PSS' : undefined
}
