import type { Suite } from '../crypto/key-slots.ts'
import { checkSuite } from '../envelope/preamble.ts'
import { KmsError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { AgreementKey } from './agreement-key.ts'
import { DerivationKey } from './derivation-key.ts'
import { EncryptionKey } from './encryption-key.ts'
import type { HandleSource } from './handle-source.ts'
import { MacKey } from './mac-key.ts'
import { SignatureKey } from './signature-key.ts'
import { SignatureVerifier } from './signature-verifier.ts'
import { TransportKey } from './transport-key.ts'

/** What a key is used for: its purpose, or to verify what it signed. */
export interface HandlesByUse {
  readonly encrypt: EncryptionKey
  readonly mac: MacKey
  readonly sign: SignatureKey
  readonly verify: SignatureVerifier
  readonly agree: AgreementKey
  readonly transport: TransportKey
  readonly derive: DerivationKey
}

/** A use of keys: a purpose, or `verify`. */
export type KeyUseName = keyof HandlesByUse

/** What a key is used for; how it seals, where it is to encrypt. */
export type UseOptions<Use extends KeyUseName = KeyUseName> = { readonly purpose: Use } & (Use extends 'encrypt'
  ? SealingChoice
  : unknown)

/** How a handle seals. */
export interface SealingChoice {
  /** What the handle seals with: 1 AES-256-GCM, 2 ChaCha20-Poly1305; the Kms's own unless given. */
  readonly suite?: Suite
  /** Salts are made of the record, too, so that a machine cloned while it runs, or put back to a snapshot, repeats none. */
  readonly hedged?: boolean
}

const makers: {
  readonly [Use in KeyUseName]: (
    ring: KeyRing,
    source: HandleSource,
    id: string,
    options: UseOptions<Use>,
  ) => Promise<HandlesByUse[Use]>
} = {
  encrypt: async (ring, source, id, { suite = ring.environment.suite, hedged = false }) =>
    new EncryptionKey(source, await ring.holdTo('encrypt', id), { suite, hedged }),
  mac: async (ring, source, id) => new MacKey(source, await ring.holdTo('mac', id)),
  sign: async (ring, source, id) => new SignatureKey(source, await ring.holdTo('sign', id)),
  verify: async (ring, source, id) => new SignatureVerifier(source, await ring.holdTo('sign', id)),
  agree: async (ring, source, id) => new AgreementKey(source, await ring.holdTo('agree', id)),
  transport: async (ring, source, id) => new TransportKey(source, await ring.holdTo('transport', id)),
  derive: async (ring, source, id) => new DerivationKey(source, await ring.holdTo('derive', id)),
}

/** Checks how a key is asked for. @throws `invalid-argument` */
export function checkUse<Use extends KeyUseName>({ purpose, ...options }: UseOptions<Use>): void {
  if (!Object.hasOwn(makers, purpose)) {
    throw new KmsError('invalid-argument', `A key is used for its purpose: ${Object.keys(makers).join(', ')}.`)
  }
  const { suite } = options as { readonly suite?: Suite }
  if (suite !== undefined) checkSuite(suite)
}

/** Holds a key, in a handle that has the calls of its use. @throws `invalid-argument` for a key of another purpose, `key-not-found` */
export function heldTo<Use extends KeyUseName>(
  options: UseOptions<Use>,
  ring: KeyRing,
  source: HandleSource,
  id: string,
): Promise<HandlesByUse[Use]> {
  return makers[options.purpose](ring, source, id, options)
}
