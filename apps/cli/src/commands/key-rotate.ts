import type { KeyInfo, RotationInfo } from '@kms/core'
import { type ChangeOptions, changeOptions } from '../change-options.ts'
import type { Invocation } from '../invocation.ts'
import { versionOf } from '../key-facts.ts'
import { day, printable, word } from '../layout.ts'
import { withKms } from '../with-kms.ts'

interface RotateOptions extends ChangeOptions {
  readonly to?: string
  readonly urgent?: boolean
}

/** `kms key rotate NAME` */
export async function rotate(call: Invocation<RotateOptions>, name: string): Promise<void> {
  const { to, urgent = false } = call.options
  const { key, before, rotation } = await withKms(call, async (kms) => {
    const { primary } = await kms.keys.version(name).then(
      ({ label }) => ({ primary: label }),
      () => ({ primary: null }),
    )
    const rotated = await kms.rotations.rotate(name, {
      ...changeOptions(call),
      urgent,
      ...(to !== undefined && { to }),
    })
    const [latest] = await kms.rotations.list({ key: name })
    return { key: rotated, before: primary, rotation: latest }
  })
  if (rotation?.step === 'distribute') return waiting(call, key, rotation)
  call.output.result(key, ({ green }) => {
    const old = before === null ? '' : ` Version ${before} still opens what it sealed.`
    return `${green('Rotated')} ${printable(key.name)}: ${versionOf(key)} protects new data now.${old}`
  })
  if (before !== null && rotation?.transitionUntil) {
    call.output.note(
      `Version ${before} is retired from ${day(rotation.transitionUntil)} on, by kms rotation resume ${rotation.id}. Now: kms key retire ${word(name)} ${before}. To take it back: kms rotation rollback ${rotation.id}`,
    )
  }
}

function waiting(call: Invocation, key: KeyInfo, rotation: RotationInfo): void {
  call.output.result(key, ({ yellow }) => {
    return `${yellow('Waiting')}: version ${rotation.to} of ${printable(key.name)} is ready, and ${versionOf(key)} still protects new data. It waits for ${printable(rotation.waitsFor)}.`
  })
  call.output.note(
    `kms rotation resume ${rotation.id} goes on; kms key rotate ${word(key.name)} --urgent does not wait.`,
  )
}
