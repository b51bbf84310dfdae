import type { VersionPublicKey } from '@kms/core'
import { failure } from '../failure.ts'
import type { Invocation } from '../invocation.ts'
import { withKms } from '../with-kms.ts'

interface PublicOptions {
  readonly form?: 'pem' | 'jwk' | 'ssh'
}

/** `kms key public NAME [VERSION]`: the public half of a key, for others. */
export async function publicKey(call: Invocation<PublicOptions>, name: string, version?: string): Promise<void> {
  const { form = 'pem' } = call.options
  const { bytes, ...found } = await withKms(call, (kms) => kms.keys.publicKey(name, version))
  const forms = { pem: found.pem?.trimEnd(), jwk: found.jwk && JSON.stringify(found.jwk), ssh: found.openSsh }
  const shown = forms[form]
  if (shown == null && !call.output.json) {
    throw await failure('unsupported', `A public key of ${found.spec} has no such form; --json shows those it has.`)
  }
  if (found.state !== 'active' && found.state !== 'deactivated') call.output.warn(standing(found))
  call.output.result({ ...found, bytes: Buffer.from(bytes).toString('base64') }, () => shown ?? '')
}

function standing({ version, state, compromisedSince }: Omit<VersionPublicKey, 'bytes'>): string {
  if (compromisedSince !== null) {
    return `Version ${version} is compromised since ${compromisedSince.toISOString()}: nobody should rely on it, nor send anything to it.`
  }
  const because = state === 'suspended' ? 'disabled' : state
  return `Version ${version} is ${because}.`
}
