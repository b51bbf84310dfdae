import type { Invocation } from '../invocation.ts'
import { columns, printable } from '../layout.ts'
import { passwordSource } from '../password.ts'
import { parseRoot } from '../root-spec.ts'
import { readSettings, storeAddress } from '../settings.ts'

/** `kms config`: which store and root a command would use, and from where each setting comes. Opens nothing. */
export async function config(call: Invocation): Promise<void> {
  const settings = readSettings(call.options)
  const { existsSync } = await import('node:fs')
  const address = await storeAddress(settings)
  const spec = await parseRoot(settings.root.value ?? '', settings.root.from)
  const exists = address.scheme === 'sqlite' && existsSync(address.path)
  const document = {
    store: { ...settings.store, url: address.url, exists },
    root: settings.root,
    password: spec.kind === 'password' ? { value: null, from: passwordSource(settings) } : null,
    ring: settings.ring,
    fingerprint:
      settings.fingerprint.value === undefined ? { value: address.fingerprint, from: '--store' } : settings.fingerprint,
  }
  if (document.fingerprint.value === undefined) document.fingerprint = { value: undefined, from: 'not set' }
  call.output.result(document, ({ bold, dim, yellow }) => {
    const rows = [
      ['store', exists ? address.url : `${address.url} (not there)`, settings.store.from],
      ['root', settings.root.value ?? '', settings.root.from],
      ...(document.password === null ? [] : [['password', '[redacted]', document.password.from]]),
      ['ring', settings.ring.value ?? 'default, or the first', settings.ring.from],
      ['fingerprint', document.fingerprint.value ?? 'any', document.fingerprint.from],
    ]
    return columns(
      rows.map((row) => row.map(printable)),
      (cell, _, x) => {
        if (x === 0) return bold(cell)
        if (x === 2) return dim(cell)
        return cell.endsWith('(not there)') ? yellow(cell) : cell
      },
    )
  })
  if (!exists) call.output.note('Next: kms init creates the store; kms help environment lists the variables.')
}
