import type { KeySlots } from '../crypto/key-slots.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { generateSigningKey, type Signer, SigningKey } from '../crypto/signing.ts'
import type { VerificationKey } from '../crypto/verification-key.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import { concat, sameBytes } from '../encoding/bytes.ts'
import { type Context, canonicalContext, noContext } from '../envelope/context.ts'
import { openEnvelope, sealEnvelope } from '../envelope/envelope.ts'
import { parseHeader } from '../envelope/header.ts'
import { plaintextLength } from '../envelope/lengths.ts'
import type { OpenLimits } from '../envelope/limits.ts'
import { encodePreamble, preambleLength } from '../envelope/preamble.ts'
import type { Opener, Recipient } from '../envelope/recipient.ts'
import { sign, signedPrefixLength, verify } from '../envelope/signed.ts'
import { KmsError } from '../errors.ts'
import { readVerificationKey, type VerificationKeyForm } from '../public-keys/verification-key-forms.ts'
import { authenticationFailed, invalidArgument } from '../refusals.ts'
import { packagedSigner } from './identities.ts'
import type { KeyPackage } from './key-package.ts'
import { encodePackage, packageLimit, readPackage, tooLong } from './package-layout.ts'

// Content 2, key packages (contents-v1 §Key packages). One that is kept is vouched for by what it is sealed to, a password or a key
// that only its owner has; one that is sent, by its sender's signature, for the recipient that its context names.

/** Kinds of recipients that only who can open could have sealed to: padding, keys, passwords. */
const symmetricKinds: ReadonlySet<number> = new Set([0, 1, 2])

interface Parts {
  readonly primitives: Primitives
  readonly slots: KeySlots
  /** A WebCrypto object; `globalThis.crypto` unless given. */
  readonly crypto?: WebCrypto
}

/** How a package that is sent names whom it is for. */
export interface Sent {
  /** The fingerprint of the recipient's public key: 32 lower-case hexadecimal digits. */
  readonly to: string
}

export interface SealPackageOptions extends Parts {
  /** Of a package that is kept: passwords and keys alone, since whoever can seal to a public key could exchange it. */
  readonly recipients: readonly Recipient[]
  /** Of a package that is sent: who sends it, and to whom. One that is kept is signed by the key in it, or by one made for it. */
  readonly sent?: Sent & { readonly from: Signer }
}

/**
 * Seals a key package.
 * @returns the envelope (envelope v1, content 2)
 * @throws `invalid-argument`, also for a package that is kept and sealed to a public key; what the recipients throw
 */
export async function sealKeyPackage(of: KeyPackage, options: SealPackageOptions): Promise<Uint8Array> {
  const { recipients, sent, primitives, slots, crypto = globalThis.crypto } = options
  if (sent === undefined && !recipients.every(({ kind }) => symmetricKinds.has(kind))) {
    throw invalidArgument(
      'A key package that is kept is sealed to passwords and keys: to a public key anybody could seal another one in its place.',
    )
  }
  const context = packageContext(sent)
  const bound = concat(encodePreamble({ suite: 1, content: 2, mode: 2 }), canonicalContext(context))
  const signer = sent?.from ?? (await ownSigner(of, crypto))
  const data = encodePackage(of, signer)
  const plaintext = await sign({ content: 2, bound }, data, signer, primitives).finally(() => data.fill(0))
  try {
    return await sealEnvelope(plaintext, { content: 2, context, recipients, primitives, slots })
  } finally {
    plaintext.fill(0)
  }
}

export interface OpenPackageOptions extends Parts {
  readonly openers: readonly Opener[]
  /** Of a package that is sent: whom it must be for, and the signers accepted. Without, a package that is kept is asked for. */
  readonly sent?: Sent & { readonly from: readonly VerificationKeyForm[] }
  readonly limits?: Partial<OpenLimits> | undefined
}

/** A key package, and whose signature it bears. Of one that is kept, the signature says nothing beyond what opened it. */
export interface OpenedPackage {
  readonly package: KeyPackage
  readonly signer: VerificationKey
}

/**
 * Opens a key package; its material is the caller's to wipe.
 * @throws as `openEnvelope`; `authentication-failed` for another signer, or a package that is kept but others could have sealed;
 * `malformed`, `unsupported`, `limit-exceeded` over 1 MiB
 */
export async function openKeyPackage(envelope: Uint8Array, options: OpenPackageOptions): Promise<OpenedPackage> {
  const { openers, sent, primitives, slots, limits, crypto = globalThis.crypto } = options
  const context = packageContext(sent)
  const accepted = sent?.from.map((form) => readVerificationKey(form, { primitives }))
  const header = parseHeader(envelope)
  const length = plaintextLength(envelope.length - header.length) ?? 0
  if (length > packageLimit + signedPrefixLength) throw tooLong()
  const plaintext = await openEnvelope(envelope, { content: 2, context, openers, primitives, slots, limits })
  try {
    if (header.mode !== 2 || (sent === undefined && !header.recipients.every(({ kind }) => symmetricKinds.has(kind)))) {
      throw new KmsError(
        'authentication-failed',
        'The key package is sealed to a public key besides, so that others could have put it together. Ask for it to be sent, with a signature.',
      )
    }
    if (plaintext.length <= signedPrefixLength) throw authenticationFailed()
    const read = readPackage(plaintext.subarray(signedPrefixLength))
    if (sent === undefined && read.purpose === 'sign' && !sameBytes(read.signer.publicKey, read.publicKey)) {
      throw authenticationFailed()
    }
    const bound = concat(envelope.subarray(0, preambleLength), canonicalContext(context))
    const parts = { primitives, crypto }
    const verified = await verify({ content: 2, bound }, plaintext, accepted ?? [read.signer], parts)
    if (verified === undefined) throw authenticationFailed()
    return { package: read.take(), signer: verified.signer }
  } finally {
    plaintext.fill(0)
  }
}

/** Whom it is for, so that who receives a package cannot pass it on as sent to somebody else. A package that is kept is for its owner. */
function packageContext(sent: Sent | undefined): Context {
  if (sent === undefined) return noContext
  if (!/^[0-9a-f]{32}$/.test(sent.to)) {
    throw invalidArgument("A package is sent to the fingerprint of a recipient's public key: 32 hexadecimal digits.")
  }
  return { to: sent.to }
}

/** Who signs a package that is kept: the key in it if it signs, else a key made for this one signature and forgotten. */
async function ownSigner(of: KeyPackage, crypto: WebCrypto): Promise<Signer> {
  if (of.purpose === 'sign') return packagedSigner(of, { crypto })
  const { pkcs8, publicKey } = await generateSigningKey('Ed25519', crypto)
  try {
    return await SigningKey.fromPkcs8(pkcs8, { algorithm: 'Ed25519', publicKey }, crypto)
  } finally {
    pkcs8.wipe()
  }
}
