import { type Opener, Secret } from '@kms/core'
import {
  fromText,
  keyOpener,
  noContext,
  openEnvelope,
  openKeyPackage,
  openSigned,
  passwordOpener,
  readBackup,
  slotHolder,
  toText,
  wipePackage,
} from '@kms/core/envelope'
import type { Backend } from './backends.ts'
import { codeOf } from './errors.ts'
import { hex } from './hex.ts'
import { expect, expectBytes, Mismatch, type Outcome, run } from './outcome.ts'

// A file of contents-v1 test vectors: what of it people exchange, signed data, key packages and backups. What stores hold is checked by
// core's own tests, which open the vectors' whole store.

interface ToRecipients {
  readonly comment: string
  readonly result: string
  readonly keys: readonly {
    readonly id?: string
    readonly version?: number
    readonly material?: string
    readonly password?: string
  }[]
  readonly envelope: string
}

interface SignedVector extends ToRecipients {
  readonly context: Readonly<Record<string, string>>
  readonly signers: readonly string[]
  readonly data: string
}

interface PackageVector extends ToRecipients {
  readonly sent?: { readonly to: string; readonly from: readonly string[] }
  readonly fields: Readonly<Record<string, unknown>> & { readonly versions: readonly { readonly publicKey: string }[] }
  readonly materials: readonly string[]
}

interface BackupVector extends ToRecipients {
  readonly fingerprint: string
}

export interface ContentsFile {
  readonly signed: readonly SignedVector[]
  readonly keyPackages: readonly PackageVector[]
  readonly backups: readonly BackupVector[]
  readonly store: {
    readonly commits: readonly {
      readonly put: readonly { readonly id: string; readonly bytes: string }[]
      readonly append: readonly { readonly log: string; readonly position: number; readonly bytes: string }[]
    }[]
  }
}

export function isContentsFile(content: unknown): content is ContentsFile {
  const { specification, signed, keyPackages, backups } = (content ?? {}) as Partial<ContentsFile> & {
    readonly specification?: string
  }
  return specification === 'docs/contents-v1.md' && [signed, keyPackages, backups].every(Array.isArray)
}

export async function checkContentsFile(
  file: string,
  content: ContentsFile,
  on: readonly Backend[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const backend of on) {
    const check = async <V extends ToRecipients>(
      subject: string,
      vectors: readonly V[],
      open: (vector: V, backend: Backend) => Promise<void>,
    ): Promise<void> => {
      for (const vector of vectors) {
        const about = { file, subject, backend: backend.name, id: vector.comment }
        outcomes.push(await run(about, () => expectCode(vector, () => open(vector, backend))))
      }
    }
    await check('signed data', content.signed, checkSigned)
    await check('key package', content.keyPackages, checkPackage)
    await check('backup', content.backups, (vector, by) => checkBackup(vector, content.store, by))
  }
  return outcomes
}

async function expectCode({ result }: ToRecipients, open: () => Promise<void>): Promise<void> {
  const { code } = await codeOf(open)
  expect(code === result, `expected ${result}, got ${code}`)
}

async function checkSigned(vector: SignedVector, backend: Backend): Promise<void> {
  const from = vector.signers.map(hex)
  const { data } = await withOpeners(vector, backend, (openers) =>
    openSigned(fromText(vector.envelope), { from, openers, context: vector.context, ...parts(backend) }),
  )
  expectBytes(data, hex(vector.data), 'the data')
}

async function checkPackage(vector: PackageVector, backend: Backend): Promise<void> {
  const sent = vector.sent === undefined ? {} : { sent: { to: vector.sent.to, from: vector.sent.from.map(hex) } }
  const { package: opened } = await withOpeners(vector, backend, (openers) =>
    openKeyPackage(fromText(vector.envelope), { openers, ...sent, ...parts(backend) }),
  )
  const { signer: _, versions, ...fields } = vector.fields
  const { versions: openedVersions, ...openedFields } = opened
  for (const [name, value] of Object.entries(fields)) {
    expect((openedFields as Record<string, unknown>)[name] === value, `${name} differs`)
  }
  expect(openedVersions.length === versions.length, 'the number of versions differs')
  for (const [i, version] of openedVersions.entries()) {
    expectBytes(version.material.reveal(), hex(vector.materials[i]), `the material of version ${version.number}`)
    expect(toText(version.publicKey) === versions[i]?.publicKey, `the public key of version ${version.number} differs`)
  }
  wipePackage(opened)
}

async function checkBackup(vector: BackupVector, store: ContentsFile['store'], backend: Backend): Promise<void> {
  const envelope = fromText(vector.envelope)
  const plaintext = await withOpeners(vector, backend, (openers) =>
    openEnvelope(envelope, { content: 3, context: noContext, openers, ...parts(backend) }),
  )
  const bound = Uint8Array.of(...envelope.subarray(0, 7), 0, 0)
  const pieces = function* (): Generator<Uint8Array> {
    for (let at = 0; at < plaintext.length; at += 1_009) yield plaintext.subarray(at, at + 1_009)
  }
  const read = new Map<string, string>()
  const { primitives } = backend
  for await (const item of readBackup(pieces(), { fingerprint: vector.fingerprint, bound, primitives })) {
    if ('id' in item) read.set(item.id, Buffer.from(item.bytes).toString('utf8'))
  }
  const expected = recordsOf(store)
  expect(read.size === expected.size, 'the number of records differs')
  for (const [id, bytes] of expected) expect(read.get(id) === bytes, `the record ${id} differs`)
}

/** What the commits leave: the last put of each record, and the log. */
function recordsOf({ commits }: ContentsFile['store']): Map<string, string> {
  const records = new Map<string, string>()
  for (const { put, append } of commits) {
    for (const { id, bytes } of put) if (!id.startsWith('op/')) records.set(id, bytes)
    for (const { log, position, bytes } of append)
      records.set(`log/${log}/${String(position).padStart(16, '0')}`, bytes)
  }
  return records
}

const parts = ({ primitives, slots }: Backend): Pick<Backend, 'primitives' | 'slots'> => ({ primitives, slots })

async function withOpeners<T>(
  { keys }: ToRecipients,
  { primitives, slots }: Backend,
  use: (openers: readonly Opener[]) => Promise<T>,
): Promise<T> {
  const release: (() => void)[] = []
  try {
    const openers = keys.map(({ id, version, material, password }): Opener => {
      if (password !== undefined) return passwordOpener(Secret.fromPassword(password), { primitives })
      if (version === undefined) throw new Mismatch('a key of the file has no version')
      const slot = slots.importKey(hex(material))
      release.push(() => slots.release(slot))
      return keyOpener(slotHolder(slots, slot, hex(id), version), { primitives })
    })
    return await use(openers)
  } finally {
    for (const one of release) one()
  }
}
