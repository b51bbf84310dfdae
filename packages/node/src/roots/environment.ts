import { KmsError, keyRoot, type Root, type Warning } from '@kms/core'
import { bareKeyFromText } from './bare-key.ts'

export interface EnvironmentRootOptions {
  /** Says by name that a production process may have its root in its environment. */
  readonly allowInProduction?: boolean
  readonly onWarning?: (warning: Warning) => void
}

/**
 * A root in an environment variable: 32 bytes as base64url or hex. Child processes inherit it, and crash reports, process lists
 * and logs show it; a file of mode 600 does not leak that way.
 * @param name the variable's name
 * @throws `root-unavailable` if it is not set, `not-permitted` with NODE_ENV=production, `invalid-argument`, `weak-key`
 */
export function environmentRoot(name: string, options: EnvironmentRootOptions = {}): Root {
  const value = process.env[name]
  if (value === undefined || value === '') {
    throw new KmsError(
      'root-unavailable',
      `The environment variable ${name} is not set. Set it to the root key, or name another root.`,
    )
  }
  if (process.env.NODE_ENV === 'production' && options.allowInProduction !== true) {
    throw new KmsError(
      'not-permitted',
      `In production the root is not read from the environment (${name}) unless allowInProduction says so: logs, crash reports and child processes see it. Use a file of mode 600.`,
    )
  }
  options.onWarning?.({
    code: 'root-in-environment',
    message: `The root key is in the environment variable ${name}: child processes, crash reports and logs can see it. A file of mode 600 is safer.`,
  })
  const key = bareKeyFromText(value, `The environment variable ${name}`)
  try {
    return keyRoot(key, `env:${name}`)
  } finally {
    key.fill(0)
  }
}
