import type { Environment } from '../access/environment.ts'
import { rotationId } from '../store/record-ids.ts'
import type { KeyRecord, RotationRecord } from '../store/records.ts'
import type { RotationStep } from './rotation-steps.ts'

/** What begins a rotation, and how far it is when it is recorded first. */
export interface BegunRotation {
  readonly rotation?: string
  readonly to: number
  readonly trigger: string
  readonly reason: string
  readonly step: RotationStep
  /** 0 before the primary has moved. */
  readonly transitionUntil: number
}

/** The record of a rotation that begins: its version is made and tested. */
export function newRotation(
  { wall, caller }: Pick<Environment, 'wall' | 'caller'>,
  key: KeyRecord,
  { rotation = globalThis.crypto.randomUUID(), to, trigger, reason, step, transitionUntil }: BegunRotation,
): RotationRecord {
  const time = wall()
  return {
    kind: 'rotation',
    id: rotationId(key.ring, key.key, rotation),
    revision: 1,
    store: key.store,
    ring: key.ring,
    key: key.key,
    rotation,
    from: key.primary,
    to,
    step,
    trigger,
    reason,
    started: time,
    by: caller,
    transitionUntil,
    history: [{ step: 'generate', time, by: caller, note: 'tested' }],
  }
}
