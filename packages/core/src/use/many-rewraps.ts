import type { HeaderRewrapper } from '../crypto/primitives.ts'
import { sameBytes } from '../encoding/bytes.ts'
import { formatUuid } from '../encoding/uuid.ts'
import type { Context } from '../envelope/context.ts'
import { type RecipientsHeader, recipientsHeader } from '../envelope/header.ts'
import type { KeyHolder } from '../envelope/recipients/key.ts'
import type { Rewrapped } from '../envelope/rewrap.ts'
import { type KeyChange, rewrapAtOnce } from '../envelope/rewrap-many.ts'
import type { VersionKey } from '../envelope/version-key.ts'
import { KmsError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import { authenticationFailed } from '../refusals.ts'
import type { Auditor } from './auditor.ts'

/** An envelope to recipients, or its header, and what it is bound to. */
export interface EnvelopeToRewrap {
  /** The envelope, its first 65,536 bytes or more, or its detached header. */
  readonly envelope: Uint8Array
  readonly context: Context
}

/** What became of one of many: its new header, or why it has none. */
export type RewrapOutcome =
  | { readonly rewrapped: Rewrapped; readonly error?: undefined }
  | { readonly rewrapped?: undefined; readonly error: KmsError }

/** A version of a key that envelopes are sealed to, and its primary one. */
interface Move {
  readonly key: LoadedKey
  readonly from: KeyHolder
  readonly to: KeyHolder
}

interface Ready {
  readonly index: number
  readonly move: Move
  readonly change: KeyChange
}

/** Between two groups it is seen what was changed elsewhere. */
const groupLength = 256

/** Brings many envelopes to the newest versions of their keys, several at once where the backend can. */
export class ManyRewraps {
  readonly #ring: KeyRing
  readonly #auditor: Auditor
  readonly #refresh: () => Promise<void>
  readonly #single: (one: EnvelopeToRewrap) => Promise<Rewrapped>

  /** @param refresh reads the ring's head again, where it may be old @param single rewraps what is not to be done at once */
  constructor(
    ring: KeyRing,
    auditor: Auditor,
    refresh: () => Promise<void>,
    single: (one: EnvelopeToRewrap) => Promise<Rewrapped>,
  ) {
    this.#ring = ring
    this.#auditor = auditor
    this.#refresh = refresh
    this.#single = single
  }

  /** @returns one outcome for each, in their order */
  async rewrap(envelopes: readonly EnvelopeToRewrap[]): Promise<readonly RewrapOutcome[]> {
    const rewrapper = await this.#ring.environment.primitives.headerRewrapper?.()
    const outcomes: RewrapOutcome[] = []
    for (let start = 0; start < envelopes.length; start += groupLength) {
      await this.#refresh()
      const group = envelopes.slice(start, start + groupLength)
      outcomes.push(...(await this.#group(group, rewrapper)))
    }
    return outcomes
  }

  async #group(
    envelopes: readonly EnvelopeToRewrap[],
    rewrapper: HeaderRewrapper | undefined,
  ): Promise<readonly RewrapOutcome[]> {
    const outcomes = new Array<RewrapOutcome | undefined>(envelopes.length).fill(undefined)
    const moves = new Map<string, Move | undefined>()
    try {
      if (rewrapper !== undefined) {
        const ready = await this.#ready(envelopes, rewrapper, moves)
        if (this.#ring.environment.monotonic() > this.#ring.deadline) await this.#ring.renew()
        for (let at = 0; at < ready.length; at += rewrapper.lanes) {
          this.#atOnce(ready.slice(at, at + rewrapper.lanes), rewrapper, outcomes)
        }
      }
      const all: RewrapOutcome[] = []
      for (const [i, one] of envelopes.entries()) all.push(outcomes[i] ?? (await this.#alone(one)))
      return all
    } finally {
      for (const move of moves.values()) if (move !== undefined) this.#ring.release(move.key, false)
    }
  }

  /** Those with one key of this ring among their recipients, and short enough. */
  async #ready(
    envelopes: readonly EnvelopeToRewrap[],
    { longest }: HeaderRewrapper,
    moves: Map<string, Move | undefined>,
  ): Promise<readonly Ready[]> {
    const ready: Ready[] = []
    let last: Move | undefined
    for (const [index, { envelope, context }] of envelopes.entries()) {
      const header = headerOf(envelope)
      if (header === undefined || header.length > longest) continue
      const keys = header.recipients.filter(({ kind }) => kind === 1)
      const [recipient] = keys
      if (recipient?.fields.name !== 'key' || keys.length > 1) continue
      const { keyId, version } = recipient.fields
      if (last === undefined || last.from.version !== version || !sameBytes(last.from.id, keyId)) {
        const id = formatUuid(keyId)
        const name = `${id} ${version}`
        if (!moves.has(name)) moves.set(name, await this.#moveOf(id, version))
        last = moves.get(name)
      }
      if (last !== undefined) {
        ready.push({
          index,
          move: last,
          change: { envelope, header, context, recipient, from: last.from, to: last.to },
        })
      }
    }
    return ready
  }

  /** Holds the key. @returns undefined where something is in the way, which the one-by-one call says */
  async #moveOf(id: string, version: number): Promise<Move | undefined> {
    let key: LoadedKey<VersionKey> | undefined
    try {
      key = await this.#ring.holdTo('encrypt', id)
      const [old, primary] = [await this.#ring.loadVersion(key, version), key.protecting()]
      const from = old.holder()
      return { key, from, to: old === primary ? from : primary.holder() }
    } catch (error) {
      if (key !== undefined) this.#ring.release(key, false)
      if (error instanceof KmsError) return undefined
      throw error
    }
  }

  /** What cannot be done so is left without an outcome: a context that is none, a key that was dropped meanwhile. */
  #atOnce(ready: readonly Ready[], rewrapper: HeaderRewrapper, outcomes: (RewrapOutcome | undefined)[]): void {
    let made: readonly (Rewrapped | undefined)[]
    try {
      made = rewrapAtOnce(
        rewrapper,
        ready.map(({ change }) => change),
      )
    } catch (error) {
      if (error instanceof KmsError) return
      throw error
    }
    for (const [i, { index, move }] of ready.entries()) {
      const { key, from, to } = move
      const rewrapped = made[i]
      const outcome = rewrapped === undefined ? { error: authenticationFailed() } : { rewrapped }
      outcomes[index] = outcome
      if (outcome.error === undefined) {
        this.#ring.usage.of(key.id, from.version).open()
        if (from !== to) key.primaryUses.seal()
      }
      if (!this.#auditor.listens) continue
      this.#auditor.use('decrypt', outcome.error?.code ?? 'ok', key, from.version)
      if (outcome.error === undefined && from !== to) this.#auditor.use('encrypt', 'ok', key, to.version)
    }
  }

  async #alone(one: EnvelopeToRewrap): Promise<RewrapOutcome> {
    try {
      return { rewrapped: await this.#single(one) }
    } catch (error) {
      if (error instanceof KmsError) return { error }
      throw error
    }
  }
}

function headerOf(envelope: Uint8Array): RecipientsHeader | undefined {
  try {
    return recipientsHeader(envelope, 0)
  } catch (error) {
    if (error instanceof KmsError) return undefined
    throw error
  }
}
