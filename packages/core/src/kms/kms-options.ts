import type { AuditEvent, Environment, Warning } from '../access/environment.ts'
import { type LastSeen, memoryLastSeen } from '../access/last-seen.ts'
import type { Root } from '../access/root.ts'
import type { KeySlots, Suite } from '../crypto/key-slots.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import type { Context } from '../envelope/context.ts'
import { checkSuite } from '../envelope/preamble.ts'
import { KmsError } from '../errors.ts'
import type { KeyStore } from '../store/key-store.ts'
import { checkName } from '../store/names.ts'

/** The parts and settings of a `Kms`. Platform packages fill in the parts. */
export interface KmsParts {
  readonly store: KeyStore
  readonly primitives: Primitives
  readonly slots: KeySlots
  /** What seals unless a call says otherwise: 1 AES-256-GCM (the default), 2 ChaCha20-Poly1305. Both open, always. */
  readonly suite?: Suite
  /** A WebCrypto object; `globalThis.crypto` unless given. */
  readonly crypto?: WebCrypto
  /** Remembers across restarts how new the store was; for as long as this process lives unless given. */
  readonly lastSeen?: LastSeen
  /** What records and audit events name as the one who did it, up to 200 bytes. */
  readonly caller?: string
  readonly monotonic?: () => number
  readonly wall?: () => number
  /** Resolves after so many milliseconds; a timer unless given. */
  readonly pause?: (milliseconds: number) => Promise<void>
  /** Where the store is, for people. */
  readonly url?: string
  /**
   * How often a process that may administer the ring does due work (`kms.work`): milliseconds, 60,000 to 86,400,000; every hour unless
   * given, the first time within half a minute of opening; false for never.
   */
  readonly dueWork?: number | false
  readonly onWarning?: (warning: Warning) => void
  /** Called for every use and change of a key in this process. It must be fast and must not throw. */
  readonly onAudit?: (event: AuditEvent) => void
}

export interface CreateOptions extends KmsParts {
  /** One or more: any of them opens the store. With all of them lost, everything is. */
  readonly roots: readonly Root[]
  /** The first ring's name, `default` unless given. */
  readonly ring?: string
  /** Milliseconds a process cut off from the store goes on for, 2,000 to 600,000; 30,000 unless given. */
  readonly lease?: number
}

export interface OpenOptions extends KmsParts {
  readonly root: Root
  /** An application's own ring, or `default`, or the store's first, unless given. */
  readonly ring?: string
  /** The store's fingerprint, as `kms init` printed it; another store is refused. */
  readonly fingerprint?: string
  /** Why an older state of the store is accepted as the present one: starts a new incarnation. */
  readonly acceptRestore?: string
}

export interface KmsInfo {
  /** UUID of the store. */
  readonly id: string
  /** Compare it with what `kms init` printed. */
  readonly fingerprint: string
  readonly url: string
  readonly created: Date
  readonly leaseMs: number
  readonly incarnation: number
  readonly ring: { readonly id: string; readonly name: string; readonly rights: 'use' | 'administer' }
  /** Whether it was opened with one of the store's own roots. */
  readonly administersStore: boolean
  /** What seals records: `wasm`, `native`, … */
  readonly backend: string
}

/** Which key, and what the data is bound to. */
export interface Under {
  /** The key's name. */
  readonly key: string
  /** The same pairs open what they sealed. `noContext` says out loud that there is none. */
  readonly context: Context
}

/** Which key, what the data is bound to, and the suite of what is sealed anew. */
export interface ReencryptUnder extends Under {
  /** 1 AES-256-GCM, 2 ChaCha20-Poly1305; the Kms's own unless given. */
  readonly suite?: Suite
}

/** Which key, what the data is bound to, and how it is sealed. */
export interface EncryptUnder extends Under {
  /** 1 AES-256-GCM, 2 ChaCha20-Poly1305; the Kms's own unless given. */
  readonly suite?: Suite
  /** Equal data in an equal context give equal envelopes, for searching: see `EncryptionKey.sealDeterministic` for what it reveals. */
  readonly deterministic?: boolean
  /** The salt is made of the data, too, so that a machine cloned while it runs, or put back to a snapshot, repeats none. */
  readonly hedged?: boolean
}

/** Fills in what was not given. */
export function environmentOf(parts: KmsParts): Environment {
  return {
    store: parts.store,
    primitives: parts.primitives,
    slots: parts.slots,
    suite: checkSuite(parts.suite ?? 1),
    crypto: parts.crypto ?? globalThis.crypto,
    lastSeen: parts.lastSeen ?? memoryLastSeen(),
    caller: checkName(parts.caller ?? 'unnamed', 'A caller name'),
    monotonic: parts.monotonic ?? (() => performance.now()),
    wall: parts.wall ?? (() => Date.now()),
    pause: parts.pause ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))),
    onWarning: harmless(parts.onWarning) ?? (() => {}),
    onAudit: harmless(parts.onAudit),
  }
}

/** @throws `invalid-argument` */
export function checkLease(lease: number): number {
  if (!Number.isInteger(lease) || lease < 2_000 || lease > 600_000) {
    throw new KmsError('invalid-argument', 'A lease has 2,000 to 600,000 milliseconds.')
  }
  return lease
}

/** @throws `invalid-argument` */
export function checkDueWork(period: number | false = 3_600_000): number | false {
  if (period === false || (Number.isInteger(period) && period >= 60_000 && period <= 86_400_000)) return period
  throw new KmsError('invalid-argument', 'dueWork is false, or has 60,000 to 86,400,000 milliseconds.')
}

/** A listener whose failure is its own: it must not end a renewal or crash the process. */
function harmless<T>(listener: ((event: T) => void) | undefined): ((event: T) => void) | undefined {
  if (listener === undefined) return undefined
  return (event) => {
    try {
      listener(event)
    } catch {
      // Nobody is left to tell.
    }
  }
}
