import type { Kms, Opener, Rewrapped, RewrapUnder } from '@kms/core'
import type { HeaderRecipient } from '@kms/core/envelope'
import type { RewrappedFile } from '@kms/node'
import { type ContextOption, readContext } from '../context.ts'
import { failure } from '../failure.ts'
import type { IdentityOptions } from '../identity.ts'
import type { Invocation } from '../invocation.ts'
import { printable } from '../layout.ts'
import { readPassword } from '../password.ts'
import { readSettings } from '../settings.ts'
import { withKms } from '../with-kms.ts'

interface RewrapOptions extends IdentityOptions {
  readonly context?: ContextOption
  readonly addKey?: readonly string[]
  /** Public keys, or files of them. */
  readonly to?: readonly string[]
  readonly remove?: readonly string[]
  readonly password?: boolean
  /** A file with the key pair that opens them. */
  readonly identity?: string
  readonly dryRun?: boolean
}

interface Done {
  readonly file: string
  readonly written: RewrappedFile['written'] | 'nothing'
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** Recipients that stayed and that nobody here could read. */
  readonly unread: number
}

/** `kms rewrap FILE…`: who can open files, changed in their headers alone. */
export async function rewrap(call: Invocation<RewrapOptions>, files: readonly string[]): Promise<void> {
  const { options, output } = call
  const context = await readContext(options.context)
  const named = options.remove ?? []
  const remove = await removal(named)
  const done: Done[] = []
  await withKms(call, (kms) =>
    withOpeners(call, async (openers) => {
      const change = await changeOf(kms, options, remove)
      for (const file of files) {
        const one = await rewrapOne(file, options.dryRun === true, async (start) => {
          await requireNamed(start, file, named)
          return kms.rewrap(start, { context, openers, ...change })
        })
        done.push(one)
        // As it goes: what is done is done, whatever becomes of the files that follow.
        if (!output.json) output.result(one, () => describe(one))
      }
    }),
  )
  if (output.json) output.result(done, () => '')
}

/** Nothing named: each key of the ring at its newest version. */
async function changeOf(
  kms: Kms,
  { addKey = [], to = [], remove: named }: RewrapOptions,
  remove: (recipient: HeaderRecipient) => boolean,
): Promise<Pick<RewrapUnder, 'add' | 'remove'>> {
  if (addKey.length === 0 && to.length === 0 && named === undefined) return {}
  const { backendParts, publicKeyRecipient } = await import('@kms/node')
  const { readPublicKeys } = await import('../public-keys.ts')
  const { primitives } = backendParts()
  const publicKeys = (await readPublicKeys(to)).map((one) => publicKeyRecipient(one, { primitives }))
  return { add: [...(await Promise.all(addKey.map((name) => kms.recipient(name)))), ...publicKeys], remove }
}

async function rewrapOne(
  file: string,
  dryRun: boolean,
  change: (start: Uint8Array) => Promise<Rewrapped>,
): Promise<Done> {
  const { previewRewrap, rewrapFile } = await import('@kms/node')
  let before: readonly string[] = []
  const noted = async (start: Uint8Array): Promise<Rewrapped> => {
    before = await recipientsIn(start)
    return change(start)
  }
  const { header, unread, written } = dryRun
    ? { ...(await previewRewrap(file, noted)), written: 'nothing' as const }
    : await rewrapFile(file, noted)
  return { file, written, before, after: await recipientsIn(header), unread: unread.length }
}

/** As `kms inspect` names them, padding aside. */
async function recipientsIn(header: Uint8Array): Promise<readonly string[]> {
  const [{ inspectRecipient, parseHeader }, { versionLabel }] = await Promise.all([
    import('@kms/core/envelope'),
    import('@kms/core'),
  ])
  const parsed = parseHeader(header)
  if (parsed.mode !== 2) return []
  return parsed.recipients
    .filter(({ kind }) => kind !== 0)
    .map(inspectRecipient)
    .map(({ name, keyId, keyVersion, provider }) => {
      const which = keyId ?? provider
      const version = keyVersion === undefined ? '' : ` version ${versionLabel(keyVersion)}`
      return which === undefined ? name : `${name} ${printable(which)}${version}`
    })
}

function describe({ file, written, before, after, unread }: Done): string {
  const name = printable(file)
  const rest = unread === 0 ? '' : ` ${unread} kept unread.`
  const gone = before.filter((one) => !after.includes(one)).map((one) => `  - ${one}`)
  const come = after.filter((one) => !before.includes(one)).map((one) => `  + ${one}`)
  const how = {
    unchanged: 'is so already',
    'in-place': 'rewrapped in place',
    copied: 'rewrapped by a copy: its header had no room',
    nothing: gone.length + come.length === 0 ? 'is so already' : 'would be rewrapped',
  }[written]
  return [`${name}: ${how}.${rest}`, ...gone, ...come].join('\n')
}

/** What `--remove` names: key ids, fingerprints, and passwords as a kind. @throws `invalid-argument` */
async function removal(named: readonly string[]): Promise<(recipient: HeaderRecipient) => boolean> {
  const { formatUuid } = await import('@kms/core/envelope')
  for (const one of named) {
    if (one === 'password' || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(one)) continue
    throw await failure('invalid-argument', `--remove takes a key id as kms inspect shows it, or password; not ${one}.`)
  }
  const ids = new Set(named.map((one) => one.toLowerCase()))
  return ({ fields }) => ('keyId' in fields ? ids.has(formatUuid(fields.keyId)) : ids.has(fields.name))
}

/** Somebody who is to go and is not there is a slip that would leave somebody else. @throws `no-matching-key` */
async function requireNamed(start: Uint8Array, file: string, named: readonly string[]): Promise<void> {
  const { parseHeader } = await import('@kms/core/envelope')
  const header = parseHeader(start)
  if (header.mode !== 2) return
  for (const one of named) {
    if (header.recipients.some(await removal([one]))) continue
    throw await failure('no-matching-key', `${file} is not sealed to ${one}. kms inspect ${file} shows to whom it is.`)
  }
}

/** What else opens the files than the ring's keys. */
async function withOpeners<T>(
  call: Invocation<RewrapOptions>,
  use: (openers: readonly Opener[]) => Promise<T>,
): Promise<T> {
  const { identity, password } = call.options
  if (identity === undefined) return password === true ? withPassword(call, use) : use([])
  const { backendParts, keyPairOpener, packagedKeyPairs } = await import('@kms/node')
  const { withIdentity } = await import('../identity.ts')
  return withIdentity(call, identity, async (opened) => {
    const pairs = (await packagedKeyPairs(opened)).map((pair) => keyPairOpener(pair, backendParts()))
    return password === true ? withPassword(call, (openers) => use([...openers, ...pairs])) : use(pairs)
  })
}

async function withPassword<T>(
  call: Invocation<RewrapOptions>,
  use: (openers: readonly Opener[]) => Promise<T>,
): Promise<T> {
  const { backendParts, passwordOpener } = await import('@kms/node')
  const password = await readPassword(readSettings(call.options), { message: 'Password of the files' })
  try {
    return await use([passwordOpener(password, backendParts())])
  } finally {
    password.wipe()
  }
}
