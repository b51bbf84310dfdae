import { existsSync } from 'node:fs'
import type { Kms } from '@kms/core'
import { failure } from './failure.ts'
import type { Invocation } from './invocation.ts'
import { openRoot, parseRoot } from './root-spec.ts'
import { readSettings, storeAddress } from './settings.ts'

/** Opens the store that the settings name, runs `use` on it, and closes it, which wipes its keys. */
export async function withKms<T>(
  call: Invocation,
  use: (kms: Kms) => Promise<T>,
  extra: { readonly acceptRestore?: string } = {},
): Promise<T> {
  const settings = readSettings(call.options)
  const { store, root: rootSetting, ring, fingerprint } = settings
  const url = store.value ?? ''
  const spec = await parseRoot(rootSetting.value ?? '', rootSetting.from)
  const { Kms } = await import('@kms/node')
  const { scheme, path } = await storeAddress(settings)
  // Before the password is asked for: nobody should type it for a store that is not there.
  if (scheme === 'sqlite' && !existsSync(path)) {
    throw await failure(
      'store-not-found',
      `There is no key store at ${path} (from ${store.from}). kms init creates one.`,
    )
  }
  const root = await openRoot(spec, call, `Password of ${url}`)
  try {
    const kms = await Kms.open(url, {
      root,
      caller: 'kms',
      // A command does what it says; due work is one of its own.
      dueWork: false,
      onWarning: ({ message }) => call.output.warn(message),
      ...(ring.value !== undefined && { ring: ring.value }),
      ...(fingerprint.value !== undefined && { fingerprint: fingerprint.value }),
      ...extra,
    })
    try {
      return await use(kms)
    } finally {
      await kms.close()
    }
  } finally {
    root.wipe()
  }
}
