import type { PasswordKdfName, Root } from '@kms/core'
import type { Invocation } from '../invocation.ts'
import { columns, printable } from '../layout.ts'
import { createRoot, parseRoot, type RootSpec, removeUnused } from '../root-spec.ts'
import { readSettings, storeAddress } from '../settings.ts'

interface InitOptions {
  readonly secondRoot?: string
  readonly lease?: string
  readonly kdf?: PasswordKdfName
}

/** `kms init`: a new store with one ring, its fingerprint, and what its roots mean. */
export async function init(call: Invocation<InitOptions>): Promise<void> {
  const { output, options } = call
  const settings = readSettings(options)
  const url = settings.store.value ?? ''
  const { Kms } = await import('@kms/node')
  await requireNothing((await storeAddress(settings)).path)
  const first = await parseRoot(settings.root.value ?? '', settings.root.from)
  const second = options.secondRoot === undefined ? undefined : await parseRoot(options.secondRoot, '--second-root')
  const roots: Root[] = []
  const made: string[] = []
  try {
    await add(first, `New password for ${url}`)
    const spare = second ?? (await offerSpare(call, first))
    if (spare !== undefined) await add(spare, 'Password of the second root')
    const [root, ...more] = roots as [Root, ...Root[]]
    const kms = await Kms.create(url, {
      root,
      roots: more,
      caller: 'kms',
      ...(settings.ring.value !== undefined && { ring: settings.ring.value }),
      ...(options.lease !== undefined && { lease: Number(options.lease) * 1000 }),
    })
    const { info } = kms
    await kms.close()
    output.result(
      { ...info, roots: roots.map(({ kind, label }) => ({ kind, label })), keyFiles: made },
      ({ bold, green }) => {
        const rows = [
          ['store', info.url],
          ['fingerprint', info.fingerprint],
          ['ring', info.ring.name],
          ...roots.map(({ label }, i) => [i === 0 ? 'root' : `root ${i + 1}`, label]),
        ]
        return `${green('Created a key store.')}\n\n${columns(
          rows.map((row) => row.map(printable)),
          (cell, _, x) => (x === 0 ? bold(cell) : cell),
        )}`
      },
    )
    output.note(advice(roots, made, settings.store.from === 'default' ? undefined : url))
  } catch (error) {
    for (const path of made) await removeUnused(path)
    throw error
  } finally {
    for (const root of roots) root.wipe()
  }

  async function add(spec: RootSpec, message: string): Promise<void> {
    const { root, made: file } = await createRoot(spec, call, message, options.kdf)
    roots.push(root)
    if (file !== undefined) made.push(file)
  }
}

/** Refused before a password is thought up for nothing. */
async function requireNothing(path: string): Promise<void> {
  const { existsSync } = await import('node:fs')
  if (path === '' || !existsSync(path)) return
  const { failure } = await import('../failure.ts')
  throw await failure('store-exists', `There is a file at ${path} already. It was not touched.`)
}

async function offerSpare(call: Invocation<InitOptions>, first: RootSpec): Promise<RootSpec | undefined> {
  if (call.output.json || !process.stdin.isTTY) return undefined
  const { openTerminal } = await import('../terminal.ts')
  const terminal = openTerminal()
  if (terminal === undefined) return undefined
  try {
    const { askYes } = await import('../prompt.ts')
    const path = first.kind === 'file' ? `${first.path}.spare` : 'kms-spare.key'
    const question = `Add a second root, a key file ${path}? If the ${first.kind === 'password' ? 'password' : 'first root'} is lost, it still opens the store`
    return (await askYes(terminal, question)) ? { kind: 'file', path } : undefined
  } finally {
    terminal.close()
  }
}

function advice(roots: readonly Root[], made: readonly string[], url: string | undefined): string {
  const lines = ['']
  const files = made.map((path) => `  ${printable(path)}`)
  if (files.length > 0) {
    lines.push('Made, mode 600; whoever has one opens the store, so move it to a safe and off this machine:', ...files)
  }
  lines.push(
    roots.length > 1
      ? 'Each root opens the store alone. If all are lost, every key and all they sealed is lost: nobody can help.'
      : 'This root is the only way in. If it is lost, every key and all they sealed is lost: nobody can help. A second one: kms root add file:PATH',
    'Note the fingerprint: KMS_STORE_FINGERPRINT makes kms and applications refuse another store in its place.',
    '',
    `Next: ${url === undefined ? '' : `export KMS_STORE=${printable(url)}; `}kms key create NAME`,
  )
  return lines.join('\n')
}
