import type { Signer } from '../crypto/signing.ts'
import type { VerificationKey } from '../crypto/verification-key.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import { concat } from '../encoding/bytes.ts'
import { KmsError } from '../errors.ts'
import { readVerificationKey, type VerificationKeyForm } from '../public-keys/verification-key-forms.ts'
import { authenticationFailed, invalidArgument, requireBytes } from '../refusals.ts'
import { type Context, canonicalContext, contextOf } from './context.ts'
import { type OpenOptions, openEnvelope, type SealOptions, sealEnvelope } from './envelope.ts'
import { parseHeader } from './header.ts'
import { plaintextLength } from './lengths.ts'
import { wholeMessageLimit } from './limits.ts'
import { encodePreamble, preambleLength } from './preamble.ts'
import type { Opener } from './recipient.ts'
import { type SignedPlace, sign, signedPrefixLength, verify } from './signed.ts'

// Content 5, signed data: mode 2 says nothing about who sealed, the signature inside does (envelope v1 §Mode 2).

/** Bytes of signed data at most, unless told otherwise: all of it is in memory at once. */
export const signedDataLimit: number = wholeMessageLimit

export interface SealSignedOptions extends Omit<SealOptions, 'content'> {
  /** Who signs. */
  readonly from: Signer
}

/**
 * Signs data and seals it to recipients (envelope v1, content 5). Whoever opens it knows that `from` sealed these bytes in this
 * context. They do not know for whom, unless the context says so: a recipient can seal what it received to somebody else, under
 * the same context, with the signature as it is. So put into the context whom it is for, `{ to: 'bob@example.com' }`.
 * @param data 0 to 64 MiB
 * @returns header ‖ body
 * @throws as `sealEnvelope`; `limit-exceeded` for more data; what the signer throws
 */
export async function sealSigned(data: Uint8Array, options: SealSignedOptions): Promise<Uint8Array> {
  requireBytes(data, 'The data')
  const { from, suite = 1, context, primitives } = options
  const canonical = canonicalContext(context)
  if (data.length > signedDataLimit) throw limitExceeded(signedDataLimit)
  const place: SignedPlace = { content: 5, bound: concat(encodePreamble({ suite, content: 5, mode: 2 }), canonical) }
  const plaintext = await sign(place, data, from, primitives)
  try {
    // The context as it was signed: the caller's may have changed meanwhile.
    return await sealEnvelope(plaintext, { ...options, context: contextOf(canonical), content: 5 })
  } finally {
    plaintext.fill(0)
  }
}

export interface OpenSignedOptions extends Omit<OpenOptions, 'content'> {
  /** The signers accepted, one or more: verification keys, or their forms (`kmsvk1…`, PEM, JWK). */
  readonly from: readonly VerificationKeyForm[]
  /** A WebCrypto object; `globalThis.crypto` unless given. */
  readonly crypto?: WebCrypto
  /** Bytes of data at most, 64 MiB unless given. */
  readonly maxLength?: number
}

/** Signed data, and who signed it: one of those asked for. */
export interface Signed {
  readonly data: Uint8Array
  readonly from: VerificationKey
}

/**
 * Opens what `sealSigned` made.
 * @throws as `openEnvelope`, `invalid-argument` for no or unreadable signers, `limit-exceeded` for more data than `maxLength`,
 * `authentication-failed` for an unknown algorithm, another signer or a wrong signature; `unsupported` where the platform lacks
 * the signer's algorithm
 */
export async function openSigned(envelope: Uint8Array, options: OpenSignedOptions): Promise<Signed> {
  requireBytes(envelope, 'The envelope')
  const { primitives, crypto = globalThis.crypto, maxLength = signedDataLimit } = options
  const canonical = canonicalContext(options.context)
  const accepted = acceptedSigners(options.from, options)
  const context: Context = contextOf(canonical)
  const header = parseHeader(envelope)
  const length = plaintextLength(envelope.length - header.length) ?? 0
  const openers =
    length > maxLength + signedPrefixLength ? options.openers.map((one) => tooLong(one, maxLength)) : options.openers
  const plaintext = await openEnvelope(envelope, { ...options, context, openers, content: 5 })
  const bound = concat(envelope.subarray(0, preambleLength), canonical)
  const verified = await verify({ content: 5, bound }, plaintext, accepted, { primitives, crypto })
  if (verified === undefined) {
    plaintext.fill(0)
    throw authenticationFailed()
  }
  return { data: verified.data, from: verified.signer }
}

/** An opener of what is too long: holds what it holds, and unwraps nothing. So it is known whose it is before it is refused. */
function tooLong(opener: Opener, maxLength: number): Opener {
  return {
    kind: opener.kind,
    holds: (stanza) => opener.holds(stanza),
    unwrap: () => Promise.reject(limitExceeded(maxLength)),
  }
}

function limitExceeded(limit: number): KmsError {
  return new KmsError(
    'limit-exceeded',
    `Signed data has at most ${limit} bytes: it is whole in memory before its signature is checked. Sign a digest, or raise maxLength.`,
  )
}

function acceptedSigners(
  forms: readonly VerificationKeyForm[],
  { primitives }: Pick<OpenSignedOptions, 'primitives'>,
): readonly VerificationKey[] {
  if (!Array.isArray(forms) || forms.length === 0) {
    throw invalidArgument(
      'Name the signers that are accepted, one or more. To open what anybody signed is to check nothing.',
    )
  }
  return forms.map((form) => readVerificationKey(form, { primitives }))
}
