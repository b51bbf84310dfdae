import { readFile } from 'node:fs/promises'
import type { Kms, SignatureVerification } from '@kms/core'
import { failure, fileFailure } from '../failure.ts'
import { openInput, readAll } from '../files/input.ts'
import type { Invocation } from '../invocation.ts'
import { printable } from '../layout.ts'
import { withKms } from '../with-kms.ts'
import { wholeLimit } from './sign.ts'

interface VerifyOptions {
  readonly key?: string
  readonly signature?: string
  readonly allowCompromised?: boolean
  readonly form?: 'file' | 'raw' | 'der'
}

/** Bytes of a signature or signature file, at most. */
const signatureLimit = 2_048

/** `kms verify FILE --signature FILE.sig`: who signed it, and whether that can still be relied on. */
export async function verifySignature(
  call: Invocation<VerifyOptions>,
  signatureFile: string,
  file?: string,
): Promise<void> {
  const { form = 'file', key: given } = call.options
  const signature = await readSignature(signatureFile)
  const input = await openInput(file, call.signal)
  if (form !== 'file' && given === undefined) {
    throw await failure('invalid-argument', 'A bare signature does not say whose it is: name the key, --key NAME.')
  }
  const found = await withKms(call, async (kms) => {
    const name = given ?? (await signerNamed(kms, signature))
    const verifier = await kms.use(name, { purpose: 'verify' })
    const verified =
      form === 'file'
        ? await verifier.verifyFile(signature.toString('utf8'), input.read())
        : await verifier.verify(signature, await readAll(input.read(), wholeLimit, input.name), { form })
    return { genuine: true, input: input.name, key: name, ...verified }
  })
  if (found.compromisedSince !== null && call.options.allowCompromised !== true) throw await compromised(found)
  call.output.result(
    found,
    ({ green }) =>
      `${green('Genuine')}: ${printable(input.name)} was signed by version ${found.version} of ${printable(found.key)}.`,
  )
  warnOf(call, found)
}

/** A signature that is genuine, and may be somebody else's: no success for scripts. */
function compromised({
  key,
  version,
  compromisedSince,
}: SignatureVerification & { readonly key: string }): Promise<Error> {
  return failure(
    'version-compromised',
    `The signature is genuine, but version ${version} of "${key}" is compromised since ${compromisedSince?.toISOString()}: somebody else may have made it.`,
    { hint: 'If you have seen this signature before that time: --allow-compromised.' },
  )
}

function warnOf(call: Invocation, { version, compromisedSince }: SignatureVerification): void {
  if (compromisedSince === null) return
  call.output.warn(
    `Version ${version} is compromised since ${compromisedSince.toISOString()}: somebody else may have signed it, unless you have seen this signature before that.`,
  )
}

async function readSignature(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch(async (error) => {
    throw await fileFailure('read', path, error)
  })
  if (bytes.length > signatureLimit) throw await failure('malformed', `${path} is too long for a signature.`)
  return bytes
}

/** The name of the key that a signature file says it is of. */
async function signerNamed(kms: Kms, file: Buffer): Promise<string> {
  const { signatureFileKey } = await import('@kms/core')
  return (await kms.keys.showById(signatureFileKey(file.toString('utf8')))).name
}
