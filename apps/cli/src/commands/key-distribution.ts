import { readFile } from 'node:fs/promises'
import type { Kms, ReceiveOptions, SendOptions, SendTo, Signer } from '@kms/core'
import { type ChangeOptions, changeOptions } from '../change-options.ts'
import { failure, fileFailure } from '../failure.ts'
import { openInput, readAll } from '../files/input.ts'
import { fileSink, pipeSink, writeWhole } from '../files/sink.ts'
import { type IdentityOptions, withIdentity } from '../identity.ts'
import type { Invocation } from '../invocation.ts'
import { printable, word } from '../layout.ts'
import { readPublicKeys } from '../public-keys.ts'
import { distributionsTable, recipientOf } from '../sent-copies.ts'
import { readSigners } from '../signers.ts'
import { withKms } from '../with-kms.ts'

/** What a key is sent for, or received for. */
interface BoundOptions extends ChangeOptions, IdentityOptions {
  readonly environment?: string
  readonly classification?: string
}

interface SendKeyOptions extends BoundOptions {
  readonly to?: string
  readonly fingerprint?: string
  readonly toCertificate?: string
  readonly authority?: readonly string[]
  readonly name?: string
  readonly from?: string
  readonly fromKey?: string
  readonly keyVersion?: readonly string[]
  readonly allVersions?: boolean
  readonly passOn?: boolean
  readonly output?: string
  readonly force?: boolean
}

interface ReceiveKeyOptions extends BoundOptions {
  readonly from: readonly string[]
  readonly key?: string
  readonly identity?: string
  readonly as?: string
  readonly purpose?: string
}

/** Bytes of a package at most, and of a chain or the authorities. */
const packageLimit = 2 ** 21
const certificatesLimit = 2 ** 20

/** `kms key send NAME`: versions of a key, sealed to a verified recipient; it is recorded who got them. */
export async function send(call: Invocation<SendKeyOptions>, name: string): Promise<void> {
  const { output: target, force = false, keyVersion, allVersions = false, passOn = false } = call.options
  if (target === undefined || (target === '-' && call.output.json)) {
    throw await failure('invalid-argument', 'Say where the package is to go: -o FILE.')
  }
  if (allVersions && keyVersion !== undefined) {
    throw await failure('invalid-argument', 'Either --all-versions, or each by --key-version.')
  }
  const to = await recipientIn(call.options)
  const versions = allVersions ? ('all' as const) : keyVersion
  const sink = target === '-' ? pipeSink() : await fileSink(target, force)
  const sent = await withKms(call, (kms) =>
    withSender(call, kms, (from) => {
      const options: SendOptions = {
        to,
        from,
        passOn,
        ...boundIn(call.options),
        ...changeOptions(call),
        ...(versions !== undefined && { versions }),
      }
      return kms.keys.send(name, options)
    }),
  ).catch(async (error: unknown) => {
    await sink.discard()
    throw error
  })
  await writeWhole(sink, sent.envelope)
  const { distribution } = sent
  call.output.result({ output: target, distribution }, ({ green }) => {
    const versionsSent = distribution.versions.join(', ')
    return `${green('Sealed')} ${printable(name)}, version ${versionsSent}, for ${recipientOf(distribution)} → ${printable(target)}`
  })
  call.output.note(`It is recorded: kms key sent ${word(name)}. The other side takes it with kms key receive.`)
}

/** `kms key receive [FILE]`: a key that somebody sent. */
export async function receive(call: Invocation<ReceiveKeyOptions>, file?: string): Promise<void> {
  const { from, key, identity, as, purpose } = call.options
  if ((key === undefined) === (identity === undefined)) {
    throw await failure('invalid-argument', 'Say what it was sealed to: --key NAME of the ring, or --identity FILE.')
  }
  const senders = await readSigners(from)
  const input = await openInput(file, call.signal)
  const envelope = await readAll(input.read(), packageLimit, input.name)
  const options = {
    from: senders,
    ...boundIn(call.options),
    ...changeOptions(call),
    ...(as !== undefined && { as }),
    ...(purpose !== undefined && { purpose }),
  }
  const received = await withKms(call, (kms) =>
    withOpener(call, key, identity, (opener) => kms.keys.receive(envelope, { ...options, with: opener })),
  )
  const { backendParts, verificationKeyText } = await import('@kms/node')
  const sender = verificationKeyText(received.sender, backendParts())
  const { name, purpose: use, versions } = received.key
  call.output.result({ ...received.key, received: received.versions, sender }, ({ green }) => {
    return `${green('Received')} ${printable(name)}, to ${use}, version ${received.versions.join(', ')}, from ${sender}`
  })
  const waiting = versions.find(({ label, state }) => state === 'pre-active' && received.versions.includes(label))
  if (waiting !== undefined)
    call.output.note(`Version ${waiting.label} waits: kms key rotate ${word(name)} --to ${waiting.label}`)
}

/** `kms key sent NAME`: whom its versions were sent to. */
export async function sent(call: Invocation, name: string): Promise<void> {
  const found = await withKms(call, (kms) => kms.keys.distributions(name))
  call.output.result(found, () =>
    found.length === 0 ? `${printable(name)} was sent to nobody.` : distributionsTable(found),
  )
}

const boundIn = ({
  environment,
  classification,
}: BoundOptions): Pick<SendOptions, 'environment' | 'classification'> => ({
  ...(environment !== undefined && { environment }),
  ...(classification !== undefined && { classification }),
})

async function recipientIn(options: SendKeyOptions): Promise<SendTo> {
  const { to, fingerprint, toCertificate, authority, name } = options
  if ((to === undefined) === (toCertificate === undefined)) {
    throw await failure('invalid-argument', 'Say whom it is for: --to PUBLICKEY, or --to-certificate FILE.')
  }
  if (toCertificate !== undefined) {
    if (authority === undefined || name === undefined) {
      throw await failure('invalid-argument', 'A certificate is verified by --authority FILE and --name NAME.')
    }
    const { certificateRecipient } = await import('@kms/node/certificates')
    const authorities = await Promise.all(authority.map(readCertificates))
    return { certificate: certificateRecipient([await readCertificates(toCertificate)], { authorities, name }) }
  }
  if (fingerprint === undefined) {
    throw await failure(
      'invalid-argument',
      'Say the fingerprint that the recipient told you: --fingerprint. They see it with kms key public NAME --json, or kms public FILE --json.',
    )
  }
  const [publicKey] = await readPublicKeys([to as string])
  if (publicKey === undefined) throw await failure('invalid-argument', 'Say whom it is for: --to PUBLICKEY.')
  return { publicKey, fingerprint, ...(name !== undefined && { name }) }
}

/** PEM as text, DER as bytes. */
async function readCertificates(path: string): Promise<string | Uint8Array> {
  const contents = await readFile(path).catch(async (error) => {
    throw await fileFailure('read', path, error)
  })
  if (contents.length > certificatesLimit) throw await failure('limit-exceeded', `${path} is too large.`)
  return contents[0] === 0x30 ? new Uint8Array(contents) : contents.toString('utf8')
}

/** Who signs: a key of the ring, or a key pair. */
async function withSender<T>(
  call: Invocation<SendKeyOptions>,
  kms: Kms,
  use: (from: Signer) => Promise<T>,
): Promise<T> {
  const { from, fromKey } = call.options
  if (fromKey !== undefined && from === undefined) {
    const key = await kms.use(fromKey, { purpose: 'sign' })
    try {
      return await use(key.signer())
    } finally {
      key.release()
    }
  }
  if (from === undefined || fromKey !== undefined) {
    throw await failure('invalid-argument', 'Say who sends it: --from-key NAME of the ring, or --from FILE.')
  }
  const { backendParts, packagedSigner } = await import('@kms/node')
  return withIdentity(call, from, async (identity) => use(await packagedSigner(identity, backendParts())))
}

/** What opens: a key of the ring, or a key pair. */
async function withOpener<T>(
  call: Invocation<ReceiveKeyOptions>,
  key: string | undefined,
  identity: string | undefined,
  use: (opener: ReceiveOptions['with']) => Promise<T>,
): Promise<T> {
  if (key !== undefined) return use(key)
  const { packagedKeyPairs } = await import('@kms/node')
  return withIdentity(call, identity as string, async (of) => use(await packagedKeyPairs(of)))
}
