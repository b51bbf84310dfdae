import type { Primitives } from '../../crypto/primitives.ts'
import { ascii, concat, u16 } from '../../encoding/bytes.ts'
import { KmsError } from '../../errors.ts'
import { authenticationFailed, invalidArgument } from '../../refusals.ts'
import type { Secret } from '../../secret.ts'
import { externalInfo } from '../labels.ts'
import type { Opener, Recipient, Stanza } from '../recipient.ts'
import { readRecipient } from '../recipient-layouts.ts'
import { ExternalZ, type ExternalZLimits, type GeneratedZ } from './external-z.ts'
import { unwrapUnder, wrapUnder } from './wrapped-z.ts'

// Recipient kind 5: the content key wrapped under `Expand(Z, "kms1/external" ‖ 00 ‖ C, 32)`, where `Z` is 32 bytes that only a provider
// recovers from the blob. Layout: provider length u8 ‖ provider ‖ reference length u16 ‖ reference ‖ blob length u16 ‖ blob ‖ AES-256-KW of
// the content key 40. Envelope v1 §Mode 2.

/** How long a provider may take, and what stops it. */
export interface ProviderCallOptions {
  /** Aborted when the caller gave up or the deadline passed: then stop, and throw whatever you like. */
  readonly signal: AbortSignal
}

/**
 * Keys held elsewhere: a cloud KMS, a hardware module, a browser's authenticator. It is asked for 32 bytes, `Z`, that it alone
 * can recover. `externalProviderConformance` in `@kms/core/testing` checks an implementation.
 */
export interface ExternalProvider {
  /** What envelopes call it, 1 to 255 characters from `!` to `~`, such as `aws-kms`, `vault`, `pkcs11`. Fixed: it is part of each envelope. */
  readonly name: string

  /**
   * Makes a fresh `Z` under the key that `reference` names. The reference comes from your program's configuration.
   * Must not keep `Z`.
   * @throws `root-unavailable` if there is no answer: network, missing token, a key that is not there or disabled. Any error that
   * is no `KmsError` counts as that.
   */
  generate(reference: string, options: ProviderCallOptions): Promise<GeneratedZ>

  /**
   * Recovers `Z` from a blob. `reference` is one that this process was configured with: an envelope's own was compared with it, byte for byte, and is never
   * followed. The blob is whatever an envelope holds, and may be anything: take no address, region, account, path or PIN from it.
   * @returns 32 bytes, which the caller wipes; another length counts as a blob that is refused
   * @throws `authentication-failed` if the key refuses the blob; `root-unavailable` if there is no answer, in which case the next held
   * recipient is tried. Any error that is no `KmsError` counts as no answer.
   */
  recover(reference: string, blob: Uint8Array, options: ProviderCallOptions): Promise<Secret>
}

export interface ExternalOptions {
  readonly primitives: Primitives
  /** Milliseconds a provider may take, 1 to 600,000; 30,000 unless given. Past it there is no answer. */
  readonly deadline?: number
  /** Gives up with `aborted`. */
  readonly signal?: AbortSignal
}

/** A recipient that holds a `Z` between envelopes: wipe it when no more are sealed. */
export interface ExternalRecipient extends Recipient {
  /** Wipes `Z`. The next envelope asks the provider for another. */
  wipe(): void
}

/**
 * Seals to a key that a provider holds. One `Z` serves many envelopes, so that a provider is asked once a day and not once an
 * envelope; all of them can be opened by whoever saw it. Make one recipient for each tenant: withdrawing somebody's right at the provider does not take
 * back a `Z`.
 * @param reference names the key; 1 to 65,535 characters from `!` to `~`
 * @throws `invalid-argument`. `wrap` throws `root-unavailable` if the provider gives no answer, `aborted`, and what the provider throws.
 */
export function externalRecipient(
  provider: ExternalProvider,
  reference: string,
  { maxAge, maxEnvelopes, ...options }: ExternalOptions & ExternalZLimits,
): ExternalRecipient {
  requireNames(provider, reference)
  const call = providerCall(options)
  const generate = (): Promise<GeneratedZ> =>
    call(
      (signal) => provider.generate(reference, { signal }),
      ({ z }) => z.wipe(),
    )
  const kept = new ExternalZ(generate, { maxAge, maxEnvelopes })
  return {
    kind: 5,
    async wrap(contentKey: Secret, bound: Uint8Array): Promise<Uint8Array> {
      return kept.use(({ z, blob }) => {
        const wrapped = wrapUnder(options.primitives, z, externalInfo(bound), contentKey)
        const [name, named] = [ascii(provider.name), ascii(reference)]
        return concat(Uint8Array.of(name.length), name, u16(named.length), named, u16(blob.length), blob, wrapped)
      })
    },
    wipe: () => kept.wipe(),
  }
}

/**
 * Opens what was sealed to a key that a provider holds.
 * @param reference names the key; an envelope's reference must be the same, byte for byte
 * @throws `invalid-argument`. `unwrap` throws `root-unavailable` if the provider gives no answer, `aborted`, and what the provider throws.
 */
export function externalOpener(provider: ExternalProvider, reference: string, options: ExternalOptions): Opener {
  requireNames(provider, reference)
  const call = providerCall(options)
  return {
    kind: 5,
    holds(stanza: Stanza): boolean {
      const fields = readRecipient(stanza)
      if (typeof fields === 'string' || fields.name !== 'external') return false
      return fields.provider === provider.name && fields.reference === reference
    },
    async unwrap(stanza: Stanza, bound: Uint8Array): Promise<Secret> {
      const fields = readRecipient(stanza)
      if (typeof fields === 'string' || fields.name !== 'external') throw authenticationFailed()
      const blob = fields.blob.slice()
      const z = await call(
        (signal) => provider.recover(reference, blob, { signal }),
        (recovered) => recovered.wipe(),
      )
      try {
        return unwrapUnder(options.primitives, z, externalInfo(bound), fields.wrapped)
      } finally {
        z.wipe()
      }
    },
  }
}

function requireNames(provider: ExternalProvider, reference: string): void {
  const printable = /^[!-~]+$/
  if (!printable.test(provider.name) || provider.name.length > 255) {
    throw invalidArgument('A provider is named by 1 to 255 characters from ! to ~.')
  }
  if (typeof reference !== 'string' || !printable.test(reference) || reference.length > 65_535) {
    throw invalidArgument('A reference has 1 to 65,535 characters from ! to ~: no spaces, no other letters.')
  }
}

/** Runs what a provider does, up to its deadline. What it answers after that goes to `late`, to be wiped. */
function providerCall({
  deadline = 30_000,
  signal,
}: ExternalOptions): <T>(ask: (signal: AbortSignal) => Promise<T>, late: (answer: T) => void) => Promise<T> {
  if (!Number.isInteger(deadline) || deadline < 1 || deadline > 600_000) {
    throw invalidArgument('A deadline has 1 to 600,000 milliseconds.')
  }
  return async <T>(ask: (signal: AbortSignal) => Promise<T>, late: (answer: T) => void): Promise<T> => {
    if (signal?.aborted) throw aborted()
    const controller = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let giveUp: (() => void) | undefined
    const given = new Promise<never>((_, reject) => {
      giveUp = () => reject(aborted())
      signal?.addEventListener('abort', giveUp)
      timer = setTimeout(() => reject(noAnswer(`not within ${deadline} ms`)), deadline)
    })
    let answer: Promise<T> | undefined
    try {
      answer = ask(controller.signal)
      return await Promise.race([answer, given])
    } catch (error) {
      controller.abort()
      answer?.then(late).catch(() => {})
      throw error instanceof KmsError ? error : noAnswer('it failed', error)
    } finally {
      clearTimeout(timer)
      if (giveUp !== undefined) signal?.removeEventListener('abort', giveUp)
    }
  }
}

function aborted(): KmsError {
  return new KmsError('aborted', 'The call to the key provider was cancelled.')
}

function noAnswer(why: string, cause?: unknown): KmsError {
  return new KmsError(
    'root-unavailable',
    `The key provider gave no answer: ${why}. Check its network, token and key.`,
    {
      cause,
    },
  )
}
