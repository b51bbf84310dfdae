import 'reflect-metadata'
import { Crypto } from '@peculiar/webcrypto'
import * as x509 from '@peculiar/x509'

// Certificates of another implementation than the one that reads them.

const platform = new Crypto()
x509.cryptoProvider.set(platform as never)

type Pair = { publicKey: CryptoKey; privateKey: CryptoKey }

const algorithms = {
  'p-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'p-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  ed25519: { name: 'EdDSA', namedCurve: 'Ed25519' },
  x25519: { name: 'ECDH-ES', namedCurve: 'X25519' },
  ecdh: { name: 'ECDH', namedCurve: 'P-256' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
  'p-256-sha1': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-1' },
  'rsa-sha1': {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-1',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
  'rsa-1024': {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 1024,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
} as const

export type Sort = keyof typeof algorithms

export async function keyPair(sort: Sort): Promise<Pair> {
  const usages: KeyUsage[] = sort === 'x25519' || sort === 'ecdh' ? ['deriveBits'] : ['sign', 'verify']
  return (await platform.subtle.generateKey(algorithms[sort] as never, true, usages)) as unknown as Pair
}

export interface Wanted {
  readonly name?: string
  readonly issuer?: Issued
  readonly pair?: Pair
  readonly sort?: Sort
  readonly from?: Date
  readonly to?: Date
  /** Undefined: no basic constraints. */
  readonly ca?: boolean
  readonly pathLength?: number
  readonly usage?: x509.KeyUsageFlags | null
  readonly extendedUsage?: string[]
  readonly san?: { type: 'dns' | 'email' | 'url'; value: string }[]
  readonly extensions?: x509.Extension[]
}

export interface Issued {
  readonly pair: Pair
  readonly subject: string
  readonly pem: string
  readonly der: Uint8Array
  readonly sort: Sort
}

export const flags: typeof x509.KeyUsageFlags = x509.KeyUsageFlags

let serial = 1

export async function issue(of: Wanted): Promise<Issued> {
  const { name = 'authority', sort = 'p-256', ca, pathLength, usage, extendedUsage, san, extensions = [] } = of
  const pair = of.pair ?? (await keyPair(sort))
  const subject = `CN=${name}`
  const signer = of.issuer ?? { pair, subject, sort }
  const made = await x509.X509CertificateGenerator.create(
    {
      serialNumber: (serial++).toString(16).padStart(4, '0'),
      subject,
      issuer: signer.subject,
      notBefore: of.from ?? new Date(Date.now() - 3_600_000),
      notAfter: of.to ?? new Date(Date.now() + 3_600_000),
      signingKey: signer.pair.privateKey,
      publicKey: pair.publicKey,
      signingAlgorithm: algorithms[signer.sort] as never,
      extensions: [
        ...(ca === undefined ? [] : [new x509.BasicConstraintsExtension(ca, pathLength, true)]),
        ...(usage == null ? [] : [new x509.KeyUsagesExtension(usage, true)]),
        ...(extendedUsage === undefined ? [] : [new x509.ExtendedKeyUsageExtension(extendedUsage, true)]),
        ...(san === undefined ? [] : [new x509.SubjectAlternativeNameExtension(san)]),
        ...extensions,
      ],
    },
    platform as never,
  )
  return { pair, subject, sort, pem: `${made.toString('pem')}\n`, der: new Uint8Array(made.rawData) }
}

/** An authority. */
export const authority = (of: Wanted = {}): Promise<Issued> =>
  issue({ ca: true, usage: flags.keyCertSign | flags.cRLSign, ...of })

/** A certificate of a key to agree with. */
export const certified = (issuer: Issued, of: Wanted = {}): Promise<Issued> =>
  issue({ name: 'branch.example', sort: 'x25519', issuer, usage: flags.keyAgreement, ...of })

export const criticalExtension = (): x509.Extension => new x509.Extension('1.2.3.4.5', true, Uint8Array.of(5, 0))
export const nameConstraints = (): x509.Extension => new x509.Extension('2.5.29.30', false, Uint8Array.of(0x30, 0))

/** The private half of a certified key, in DER. */
export const privateKeyOf = async ({ pair }: Issued): Promise<Uint8Array> =>
  new Uint8Array(await platform.subtle.exportKey('pkcs8', pair.privateKey as never))
