import type { KeySlots, Slot } from '../../crypto/key-slots.ts'
import type { Primitives } from '../../crypto/primitives.ts'
import { concat, readU32, u32 } from '../../encoding/bytes.ts'
import { authenticationFailed, invalidArgument } from '../../refusals.ts'
import { Secret } from '../../secret.ts'
import { expand } from '../expand.ts'
import { keyIdInfo, wrapInfo } from '../labels.ts'
import type { Opener, Recipient, Stanza } from '../recipient.ts'

// Recipient kind 1: the content key wrapped by a version of a managed `symmetric-256` key, or by a bare root key.
// Layout (60 bytes): key id 16 ‖ version u32 ‖ AES-256-KW of the content key 40. Envelope v1 §Mode 2.

const stanzaLength = 60

/** A key version, wherever its material is: all that is asked of it is HKDF-Expand. */
export interface KeyHolder {
  /** 16 bytes. */
  readonly id: Uint8Array
  /** 1 to 4,294,967,295. */
  readonly version: number
  /** HKDF-Expand with HMAC-SHA-512 (RFC 5869 §2.3) from the material; fresh bytes, which the caller wipes. */
  expand(info: Uint8Array, length: number): Uint8Array
}

/** A key version whose material is in a slot. The slot stays the caller's, who releases it after the last use. */
export function slotHolder(slots: KeySlots, slot: Slot, id: Uint8Array, version: number): KeyHolder {
  return { id, version, expand: (info, length) => slots.expand(slot, info, length) }
}

/**
 * A bare root key (32 bytes from a file or an environment variable): its id is derived from it, its version is 1, and it only
 * wraps. `material` stays the caller's, who wipes it after the last use.
 * @throws `invalid-argument` for another length than 32 bytes
 */
export function rootKeyHolder(material: Secret, primitives: Primitives): KeyHolder {
  if (material.length !== 32) throw invalidArgument('A root key has 32 bytes.')
  const fromMaterial = (info: Uint8Array, length: number): Uint8Array =>
    expand(primitives, material.reveal(), info, length)
  return { id: fromMaterial(keyIdInfo(), 16), version: 1, expand: fromMaterial }
}

function withKek<T>(holder: KeyHolder, bound: Uint8Array, use: (kek: Uint8Array) => T): T {
  const kek = holder.expand(wrapInfo(holder.id, holder.version, bound), 32)
  try {
    return use(kek)
  } finally {
    kek.fill(0)
  }
}

/**
 * Seals to a key version.
 * @throws `invalid-argument` for an id of other than 16 bytes, or a version that is no u32 above 0
 */
export function keyRecipient(holder: KeyHolder, { primitives }: { readonly primitives: Primitives }): Recipient {
  requireNamed(holder)
  return {
    kind: 1,
    async wrap(contentKey: Secret, bound: Uint8Array): Promise<Uint8Array> {
      const wrapped = withKek(holder, bound, (kek) => primitives.keyWrap(kek, contentKey.reveal()))
      return concat(holder.id, u32(holder.version), wrapped)
    },
  }
}

/**
 * Opens what was sealed to a key version.
 * @throws `invalid-argument` for an id of other than 16 bytes, or a version that is no u32 above 0
 */
export function keyOpener(holder: KeyHolder, { primitives }: { readonly primitives: Primitives }): Opener {
  requireNamed(holder)
  return {
    kind: 1,
    holds(stanza: Stanza): boolean {
      // By bytes: this is asked for each stanza, and of openers of many keys often.
      const { kind, bytes } = stanza
      return (
        kind === 1 && bytes.length === stanzaLength && readU32(bytes, 16) === holder.version && names(bytes, holder.id)
      )
    },
    async unwrap(stanza: Stanza, bound: Uint8Array): Promise<Secret> {
      if (stanza.kind !== 1 || stanza.bytes.length !== stanzaLength) throw authenticationFailed()
      const wrapped = stanza.bytes.subarray(20)
      return Secret.take(withKek(holder, bound, (kek) => primitives.keyUnwrap(kek, wrapped)))
    },
  }
}

function names(bytes: Uint8Array, id: Uint8Array): boolean {
  for (let i = 0; i < 16; i++) if (bytes[i] !== id[i]) return false
  return true
}

function requireNamed({ id, version }: KeyHolder): void {
  if (id.length !== 16) throw invalidArgument('A key id has 16 bytes.')
  if (!Number.isInteger(version) || version < 1 || version > 0xffffffff) {
    throw invalidArgument('A key version is a number from 1 to 4,294,967,295.')
  }
}
