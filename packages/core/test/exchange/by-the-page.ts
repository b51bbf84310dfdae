import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  sign as nodeSign,
} from 'node:crypto'

// docs/exchange-v1.md written a second time, over node:crypto and without a line of the package: what the package sends must be this, and
// attackers are made of it. Nothing is checked here.

export type Role = 'initiator' | 'responder'

export const suites = { X25519: 1, 'P-256': 2 } as const
export type Suite = keyof typeof suites

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff])
const label = (name: string): Buffer => Buffer.from(`kms1/exchange/${name}\0`)
const sha512 = (...parts: Uint8Array[]): Buffer => createHash('sha512').update(Buffer.concat(parts)).digest()
const hmac = (key: Uint8Array, ...parts: Uint8Array[]): Buffer =>
  createHmac('sha512', key).update(Buffer.concat(parts)).digest()
/** HKDF-Expand for 64 bytes and less: one block. */
const expand = (prk: Uint8Array, info: Uint8Array, length: number): Buffer =>
  hmac(prk, info, Uint8Array.of(1)).subarray(0, length)

const header = (message: number): Buffer => Buffer.from([...Buffer.from('kmsx'), 1, message])

export function encodeHello(offers: readonly (readonly [number, Uint8Array])[]): Buffer {
  const parts = offers.map(([suite, share]) => Buffer.concat([Uint8Array.of(suite), u16(share.length), share]))
  return Buffer.concat([header(1), Uint8Array.of(offers.length), ...parts])
}

export const encodeHead = (suite: number, share: Uint8Array): Buffer =>
  Buffer.concat([header(2), Uint8Array.of(suite), share])

/** One pair or none. */
export function canonical(context: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(context).map(([name, value]) =>
    Buffer.concat([name, value].flatMap((text) => [u16(Buffer.byteLength(text)), Buffer.from(text)])),
  )
  return Buffer.concat([u16(pairs.length), ...pairs])
}

export const helloHash = (context: Uint8Array, hello: Uint8Array, head: Uint8Array): Buffer =>
  sha512(label('hello'), sha512(context), sha512(hello), head)
export const answerHash = (h1: Uint8Array, body: Uint8Array): Buffer => sha512(label('answer'), h1, body)
export const confirmationHash = (h2: Uint8Array, body: Uint8Array): Buffer => sha512(label('confirmation'), h2, body)

export const extract = (h1: Uint8Array, shared: Uint8Array): Buffer => hmac(h1, shared)

const spki = (key: KeyObject): Buffer => createPublicKey(key).export({ format: 'der', type: 'spki' })

/** An Ed25519 key's raw public half. */
export const rawKey = (key: KeyObject): Buffer => spki(key).subarray(-32)

export const encodeIdentity = (publicKey: Uint8Array, evidence: Uint8Array = Buffer.alloc(0), algorithm = 1): Buffer =>
  Buffer.concat([u16(algorithm), u16(publicKey.length), publicKey, u16(evidence.length), evidence])

export const signed = (role: Role, transcript: Uint8Array, identity: Uint8Array): Buffer =>
  Buffer.concat([label(`${role} signature`), transcript, sha512(identity)])

/** What a side proves with: its role, `H1` or `H2`, the keys, who it is, and what it signs. */
export interface Proof {
  readonly role: Role
  readonly transcript: Uint8Array
  readonly prk: Uint8Array
  readonly identity: Uint8Array
  readonly signature: Uint8Array
}

export function encodeBody({ role, transcript, prk, identity, signature }: Proof): Buffer {
  const macked = Buffer.concat([identity, u16(signature.length), signature])
  const mac = hmac(expand(prk, label(`${role} mac`), 64), transcript, macked).subarray(0, 32)
  return Buffer.concat([macked, mac])
}

/** A body, signed with an Ed25519 key. */
export function proof(
  role: Role,
  transcript: Uint8Array,
  prk: Uint8Array,
  key: KeyObject,
  evidence: Uint8Array = Buffer.alloc(0),
): Buffer {
  const identity = encodeIdentity(rawKey(key), evidence)
  const signature = nodeSign(null, signed(role, transcript, identity), key)
  return encodeBody({ role, transcript, prk, identity, signature })
}

export function seal(role: Role, prk: Uint8Array, body: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', expand(prk, label(`${role} seal`), 32), Buffer.alloc(12))
  return Buffer.concat([cipher.update(body), cipher.final(), cipher.getAuthTag()])
}

export function open(role: Role, prk: Uint8Array, sealed: Uint8Array): Buffer {
  const cipher = createDecipheriv('aes-256-gcm', expand(prk, label(`${role} seal`), 32), Buffer.alloc(12))
  cipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()])
}

export const confirmation = (sealed: Uint8Array): Buffer => Buffer.concat([header(3), sealed])

/** A body's parts, its identity's evidence empty or not. */
export function partsOf(body: Uint8Array): { identity: Buffer; signature: Buffer; mac: Buffer } {
  const bytes = Buffer.from(body)
  const evidenceAt = 4 + bytes.readUInt16BE(2)
  const signatureAt = evidenceAt + 2 + bytes.readUInt16BE(evidenceAt)
  const length = bytes.readUInt16BE(signatureAt)
  return {
    identity: bytes.subarray(0, signatureAt),
    signature: bytes.subarray(signatureAt + 2, signatureAt + 2 + length),
    mac: bytes.subarray(signatureAt + 2 + length),
  }
}

export const sessionKeys = (prk: Uint8Array, h3: Uint8Array): Buffer =>
  expand(prk, Buffer.concat([label('session'), h3]), 64)
export const exporterKey = (prk: Uint8Array, h3: Uint8Array): Buffer =>
  expand(prk, Buffer.concat([label('exporter'), h3]), 64)
export const exported = (exporter: Uint8Array, text: string, length: number): Buffer =>
  expand(exporter, Buffer.concat([u16(length), Buffer.from(text)]), length)

const x25519Prefix = Buffer.from('302a300506032b656e032100', 'hex')
const p256Prefix = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex')

/** A share of a node:crypto key, as it stands in messages. */
export const shareOf = (suite: Suite, key: KeyObject): Buffer => spki(key).subarray(suite === 'X25519' ? -32 : -65)

export function shared(suite: Suite, privateKey: KeyObject, share: Uint8Array): Buffer {
  const key = Buffer.concat([suite === 'X25519' ? x25519Prefix : p256Prefix, share])
  return diffieHellman({ privateKey, publicKey: createPublicKey({ key, format: 'der', type: 'spki' }) })
}
