import { KmsError } from '@kms/core'
import { type Certificate, type KeyUsage, readCertificate } from './certificate.ts'
import { refused } from './refusals.ts'

// Certification paths (RFC 5280 §6), as much of them as private authorities need. Whether a certificate was revoked, nothing here says.

/** Certificates: PEM with one block or several, or DER, each a certificate. The order of what is between does not matter. */
export type CertificateForm = string | Uint8Array | readonly (string | Uint8Array)[]

export interface ChainOptions {
  /** Whom to believe: certificates of authorities. What a chain brings along is believed by them alone. */
  readonly authorities: CertificateForm
  /** Who it must be: a DNS name, mail address or URI of the certificate as it is written there, or its common name where it has none of them. */
  readonly name: string
  /** Extended usages of which it must have one where it has any, as object identifiers, beside `anyExtendedKeyUsage`. */
  readonly extendedUsage?: readonly string[]
}

export interface LeafUse {
  /** Of these one. */
  readonly usage: (leaf: Certificate) => readonly KeyUsage[]
  /** Extended usages that are accepted beside those of the options. */
  readonly extendedUsage: readonly string[]
  readonly at: Date
}

const anyExtendedUsage = '2.5.29.37.0'
/** Certificates of a chain, and of authorities. */
const certificateLimit = 10
const authorityLimit = 1_000

/** Reads authorities. @throws `invalid-argument` */
export function readAuthorities(form: CertificateForm): readonly Certificate[] {
  try {
    const found = certificatesIn(form, authorityLimit)
    if (found.length > 0) return found
  } catch (cause) {
    throw new KmsError('invalid-argument', 'An authority is no certificate that can be read here.', { cause })
  }
  throw new KmsError('invalid-argument', 'Give the certificates of the authorities that are believed.')
}

/**
 * Verifies a chain: from its first certificate up to an authority.
 * @returns that first certificate
 * @throws `authentication-failed`, with what is not as it must be
 */
export function verifiedLeaf(
  chain: CertificateForm,
  authorities: readonly Certificate[],
  { name, extendedUsage = [] }: Pick<ChainOptions, 'name' | 'extendedUsage'>,
  use: LeafUse,
): Certificate {
  const [leaf, ...others] = certificatesIn(chain, certificateLimit)
  if (leaf === undefined) throw refused('There is no certificate.')
  const { x509 } = leaf
  if (x509.subject === x509.issuer) {
    throw refused(
      'The certificate is signed by itself: nobody vouches for it. Give the fingerprint of its key instead.',
    )
  }
  if (leaf.isAuthority) throw refused("The certificate is an authority's, not a recipient's.")
  checkTime(leaf, use.at)
  const usages = use.usage(leaf)
  if (!usages.some((one) => leaf.usage.includes(one))) {
    throw refused(`The certificate's key is not meant for this: its usage lacks ${usages.join(' or ')}.`)
  }
  const accepted = new Set([anyExtendedUsage, ...use.extendedUsage, ...extendedUsage])
  if (leaf.extendedUsage?.some((one) => accepted.has(one)) === false) {
    throw refused("The certificate's key is not meant for this: its extended usage names other things.")
  }
  if (!leaf.names.includes(name)) throw refused('The certificate is of another name than the one asked for.')
  const failures: KmsError[] = []
  if (!leads(leaf, { others, authorities, at: use.at, below: 0, failures })) {
    throw failures[0] ?? refused('The certificate does not lead to any of the authorities that are believed.')
  }
  return leaf
}

interface Search {
  readonly others: readonly Certificate[]
  readonly authorities: readonly Certificate[]
  readonly at: Date
  /** Certificates of authorities below. */
  readonly below: number
  /** Why issuers that signed were refused. */
  readonly failures: KmsError[]
}

/** Whether a certificate leads to an authority, by certificates that were brought along. */
function leads(certificate: Certificate, search: Search): boolean {
  const { others, authorities, failures } = search
  if (authorities.some((authority) => issued(certificate, authority, search, failures))) return true
  return others.some(
    (issuer) =>
      issued(certificate, issuer, search, failures) &&
      leads(issuer, { ...search, others: others.filter((one) => one !== issuer), below: search.below + 1 }),
  )
}

/** Whether a certificate is genuine, and its issuer one that may issue it. */
function issued(certificate: Certificate, issuer: Certificate, { at, below }: Search, failures: KmsError[]): boolean {
  if (!certificate.x509.checkIssued(issuer.x509)) return false
  try {
    checkIssuer(certificate, issuer, at, below)
    return true
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    failures.push(error)
    return false
  }
}

function checkIssuer(certificate: Certificate, issuer: Certificate, at: Date, below: number): void {
  if (certificate.signature === undefined) {
    throw refused('A certificate is signed with an algorithm that is not accepted, such as SHA-1 or MD5.')
  }
  const key = issuer.publicKey
  if (key.asymmetricKeyType?.startsWith('rsa') === true && (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
    throw refused('An authority has an RSA key of fewer than 2048 bits.')
  }
  let genuine: boolean
  try {
    genuine = certificate.x509.verify(key)
  } catch {
    genuine = false
  }
  if (!genuine) throw refused('A certificate is not signed by the one that it names as its issuer.')
  if (!issuer.isAuthority || !issuer.usage.includes('keyCertSign')) {
    throw refused('A certificate is issued by one that is no authority.')
  }
  if (issuer.pathLength !== undefined && below > issuer.pathLength) {
    throw refused('There are more authorities below another than it allows.')
  }
  checkTime(issuer, at)
}

function checkTime({ x509 }: Certificate, at: Date): void {
  const [from, to] = [Date.parse(x509.validFrom), Date.parse(x509.validTo)]
  const time = at.getTime()
  if (time >= from && time <= to) return
  throw refused(
    time > to
      ? `A certificate was valid until ${x509.validTo}.`
      : `A certificate is not valid yet: from ${x509.validFrom}. Check the clock.`,
  )
}

/** All certificates in a form, in their order. @throws `authentication-failed` */
function certificatesIn(form: CertificateForm, limit: number): readonly Certificate[] {
  const parts = typeof form === 'string' || form instanceof Uint8Array ? [form] : form
  const blocks = parts.flatMap((part) => (typeof part === 'string' ? pemBlocks(part) : [part]))
  if (blocks.length > limit) throw refused(`There are more than ${limit} certificates.`)
  return blocks.map(readCertificate)
}

const pemBlock = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----/g

function pemBlocks(text: string): readonly Uint8Array[] {
  const blocks = text.match(pemBlock) ?? []
  if (blocks.length === 0) throw refused('There is no PEM block “CERTIFICATE”.')
  return blocks.map((block) => new TextEncoder().encode(block))
}
