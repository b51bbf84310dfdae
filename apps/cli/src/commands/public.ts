import { failure } from '../failure.ts'
import { type IdentityOptions, withIdentity } from '../identity.ts'
import type { Invocation } from '../invocation.ts'
import { publicHalf } from '../public-half.ts'

interface PublicOptions extends IdentityOptions {
  readonly form?: 'text' | 'pem' | 'jwk'
}

/** `kms public FILE`: the public half of a key pair that `kms keygen` made. */
export async function publicKey(call: Invocation<PublicOptions>, file: string): Promise<void> {
  const { form = 'text' } = call.options
  const found = await withIdentity(call, file, async (identity) => {
    const { name, purpose, spec, key: id } = identity
    return { file, name, purpose, spec, id, ...(await publicHalf(identity)) }
  })
  const shown = form === 'jwk' ? found.jwk && JSON.stringify(found.jwk) : found[form]?.trimEnd()
  if (shown === undefined && !call.output.json) {
    throw await failure(
      'unsupported',
      `A public key of ${found.spec} has no such form. --form ${form === 'text' ? 'pem' : 'text'} has one.`,
    )
  }
  call.output.result(found, () => shown ?? '')
}
