import { agrees, type Files, made, run } from './tools.ts'

// OpenSSL by its commands, as its users type them.

const digests: Readonly<Record<string, string>> = {
  'p-256': '-sha256',
  'p-384': '-sha384',
  'p-521': '-sha512',
  'rsa-2048': '-sha256',
  'rsa-3072': '-sha256',
  'rsa-4096': '-sha512',
}
const groups: Readonly<Record<string, string>> = { 'p-256': 'P-256', 'p-384': 'P-384', 'p-521': 'P-521' }
const oaep = ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha256', 'rsa_mgf1_md:sha256'].flatMap((one) => ['-pkeyopt', one])

/** The options of `dgst` for a spec: its hash, and RSA-PSS with a salt as long. */
function digestOptions(spec: string): string[] {
  const digest = digests[spec] as string
  if (!spec.startsWith('rsa-')) return [digest]
  const salt = digest === '-sha512' ? 64 : 32
  return [digest, '-sigopt', 'rsa_padding_mode:pss', '-sigopt', `rsa_pss_saltlen:${salt}`]
}

/** A key pair of OpenSSL's, in PEM. */
export interface OpensslPair {
  readonly privatePem: string
  readonly publicPem: string
}

export function generate(files: Files, spec: string): OpensslPair {
  const kind = spec.startsWith('rsa-')
    ? ['RSA', '-pkeyopt', `rsa_keygen_bits:${spec.slice('rsa-'.length)}`]
    : groups[spec] === undefined
      ? [spec.toUpperCase()]
      : ['EC', '-pkeyopt', `ec_paramgen_curve:${groups[spec]}`]
  const privatePem = run('openssl', 'genpkey', '-algorithm', ...kind).toString()
  return { privatePem, publicPem: run('openssl', 'pkey', '-in', files.file(privatePem), '-pubout').toString() }
}

/** The SubjectPublicKeyInfo of a PEM, as OpenSSL reads it. */
export const readPem = (files: Files, pem: string): Uint8Array =>
  new Uint8Array(run('openssl', 'pkey', '-pubin', '-in', files.file(pem), '-outform', 'DER'))

export function verifies(files: Files, spec: string, pem: string, signature: Uint8Array, data: Uint8Array): boolean {
  const [key, sig, file] = [files.file(pem), files.file(signature), files.file(data)]
  return spec === 'ed25519'
    ? agrees('openssl', 'pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-in', file, '-sigfile', sig)
    : agrees('openssl', 'dgst', ...digestOptions(spec), '-verify', key, '-signature', sig, file)
}

/** ECDSA in DER. */
export function sign(files: Files, spec: string, privatePem: string, data: Uint8Array): Uint8Array {
  const [key, file] = [files.file(privatePem), files.file(data)]
  if (spec === 'ed25519')
    return made(files, 'openssl', 'pkeyutl', '-sign', '-inkey', key, '-rawin', '-in', file, '-out')
  return new Uint8Array(run('openssl', 'dgst', ...digestOptions(spec), '-sign', key, file))
}

export const encrypt = (files: Files, pem: string, data: Uint8Array): Uint8Array =>
  made(
    files,
    'openssl',
    'pkeyutl',
    '-encrypt',
    '-pubin',
    '-inkey',
    files.file(pem),
    ...oaep,
    '-in',
    files.file(data),
    '-out',
  )

export const decrypt = (files: Files, privatePem: string, data: Uint8Array): Uint8Array =>
  made(
    files,
    'openssl',
    'pkeyutl',
    '-decrypt',
    '-inkey',
    files.file(privatePem),
    ...oaep,
    '-in',
    files.file(data),
    '-out',
  )

export const derive = (files: Files, privatePem: string, pem: string): Uint8Array =>
  made(files, 'openssl', 'pkeyutl', '-derive', '-inkey', files.file(privatePem), '-peerkey', files.file(pem), '-out')

/** The PKCS#8 of a private key. */
export const pkcs8 = (files: Files, privatePem: string): Uint8Array =>
  made(files, 'openssl', 'pkcs8', '-topk8', '-nocrypt', '-in', files.file(privatePem), '-outform', 'DER', '-out')

export const hmac = (files: Files, hash: string, key: string, data: Uint8Array): Uint8Array => {
  const options = ['-mac', 'HMAC', '-macopt', `hexkey:${key}`, '-binary']
  return new Uint8Array(run('openssl', 'dgst', `-${hash}`, ...options, files.file(data)))
}

/** Secret, salt and info in hex. */
export const hkdf = (hash: string, secret: string, salt: string, info: string, length: number): Uint8Array => {
  const options = [`digest:${hash}`, `hexkey:${secret}`, `hexsalt:${salt}`, `hexinfo:${info}`]
  const given = options.flatMap((one) => ['-kdfopt', one])
  return new Uint8Array(run('openssl', 'kdf', '-binary', '-keylen', String(length), ...given, 'HKDF'))
}

/** A private key under a password: PKCS#8, PBES2 with AES-256-CBC. */
export const encrypted = (files: Files, privatePem: string, password: string): string =>
  run(
    'openssl',
    'pkcs8',
    '-topk8',
    '-v2',
    'aes-256-cbc',
    '-passout',
    `pass:${password}`,
    '-in',
    files.file(privatePem),
  ).toString()

/** The SubjectPublicKeyInfo of a private key under a password. */
export const publicOfEncrypted = (files: Files, pem: string, password: string): Uint8Array =>
  new Uint8Array(
    run('openssl', 'pkey', '-in', files.file(pem), '-passin', `pass:${password}`, '-pubout', '-outform', 'DER'),
  )
