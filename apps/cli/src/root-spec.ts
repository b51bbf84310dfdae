import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { PasswordKdfName, Root } from '@kms/core'
import { failure } from './failure.ts'
import type { Invocation } from './invocation.ts'
import { readPassword, warnIfShort } from './password.ts'
import { readSettings, settingsHint } from './settings.ts'

/** What `--root` and the options like it say. */
export type RootSpec =
  | { readonly kind: 'password' }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }

/**
 * Reads `password`, `env:NAME` or `file:PATH`. What is none of them is not repeated in the message: it may be a secret that
 * was put there by mistake.
 * @param source the option or variable it comes from
 */
export async function parseRoot(spec: string, source: string): Promise<RootSpec> {
  if (spec === 'password') return { kind: 'password' }
  const [, kind, rest = ''] = /^(env|file):(.+)$/s.exec(spec) ?? []
  if (kind === 'env' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(rest)) return { kind, name: rest }
  if (kind === 'file') return { kind, path: rest }
  throw await failure(
    'invalid-argument',
    `${source} is none of password, env:NAME (a variable that holds a key) and file:PATH (a key file of mode 600). If a secret stood there, replace it.`,
    source.startsWith('KMS_') ? { hint: settingsHint } : {},
  )
}

/** The root itself. A password is asked for, or read from where the settings say. */
export async function openRoot(spec: RootSpec, call: Invocation, message: string): Promise<Root> {
  const { environmentRoot, keyFileRoot, passwordRoot } = await import('@kms/node')
  switch (spec.kind) {
    case 'file':
      return keyFileRoot(spec.path)
    case 'env': {
      // Whoever writes env:NAME asks for it by name; the warning says what that means.
      const onWarning = ({ message: text }: { readonly message: string }): void => call.output.warn(text)
      return environmentRoot(spec.name, { allowInProduction: true, onWarning })
    }
    case 'password':
      return passwordRoot(await readPassword(readSettings(call.options), { message }))
  }
}

/**
 * A root for something new: a key file that is not there is made, with 32 random bytes and mode 600; a password is asked for
 * twice; a key that somebody made is refused if others can guess it.
 * @returns the root, and the file made for it
 */
export async function createRoot(
  spec: RootSpec,
  call: Invocation,
  message: string,
  kdf?: PasswordKdfName,
): Promise<{ readonly root: Root; readonly made: string | undefined }> {
  const { keyFileRoot, passwordRoot } = await import('@kms/node')
  if (spec.kind === 'file' && !existsSync(spec.path)) {
    return { root: keyFileRoot(spec.path, { create: true }), made: resolve(spec.path) }
  }
  if (spec.kind !== 'password') return { root: await checked(await openRoot(spec, call, message)), made: undefined }
  const password = await readPassword(readSettings(call.options), { message, confirmed: true })
  warnIfShort(password, call.output, 'store')
  return { root: passwordRoot(password, kdf === undefined ? {} : { kdf }), made: undefined }
}

async function checked(root: Root): Promise<Root> {
  const { backendParts } = await import('@kms/node')
  try {
    await root.check?.(backendParts().primitives)
    return root
  } catch (error) {
    root.wipe()
    throw error
  }
}

/**
 * Runs `use` with a root for something new, and wipes it. A key file that was made for what then failed is removed.
 * @returns what `use` gave, and the file made
 */
export async function withNewRoot<T>(
  spec: RootSpec,
  call: Invocation,
  message: string,
  use: (root: Root) => Promise<T>,
): Promise<{ readonly result: T; readonly made: string | undefined }> {
  const { root, made } = await createRoot(spec, call, message)
  try {
    return { result: await use(root), made }
  } catch (error) {
    // Where the store gave no answer, it may have the root all the same.
    const unknown = (error as { readonly code?: unknown }).code === 'store-unavailable'
    if (made !== undefined && !unknown) await removeUnused(made)
    throw error
  } finally {
    root.wipe()
  }
}

/** A key file that was made for nothing. */
export async function removeUnused(path: string): Promise<void> {
  const { rm } = await import('node:fs/promises')
  await rm(path, { force: true })
}
