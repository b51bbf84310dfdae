import type { StoreAddress } from '@kms/node'
import { failure } from './failure.ts'

/** The options that every command takes, as commander gives them. */
export interface GlobalOptions {
  readonly store?: string
  readonly root?: string
  readonly ring?: string
  readonly passwordFile?: string
  readonly json?: boolean
  readonly verbose?: boolean
  readonly color?: boolean
}

/** A setting with where it comes from, for `kms config`. */
export interface Setting {
  /** undefined: nothing was given and there is no default. */
  readonly value: string | undefined
  readonly from: string
}

export interface Settings {
  readonly store: Setting
  readonly root: Setting
  readonly ring: Setting
  readonly fingerprint: Setting
  readonly passwordFile: Setting
}

/** What the settings are, and from where: an option, else its variable, else the default. An empty variable is none. */
export function readSettings(options: GlobalOptions): Settings {
  return {
    store: setting(options.store, '--store', 'KMS_STORE', 'sqlite:kms.db'),
    root: setting(options.root, '--root', 'KMS_ROOT', 'password'),
    ring: setting(options.ring, '--ring', 'KMS_RING', undefined),
    fingerprint: setting(undefined, '', 'KMS_STORE_FINGERPRINT', undefined),
    passwordFile: setting(options.passwordFile, '--password-file', 'KMS_PASSWORD_FILE', undefined),
  }
}

function setting(given: string | undefined, option: string, variable: string, standard: string | undefined): Setting {
  if (given !== undefined) return { value: given, from: option }
  const value = process.env[variable]
  if (value !== undefined && value !== '') return { value, from: variable }
  return { value: standard, from: standard === undefined ? 'not set' : 'default' }
}

/** What to type next where a setting is wrong that was not typed with the command. */
export const settingsHint = 'kms help environment shows what each variable holds'

/** Where the store is. @throws `invalid-argument`, which names the variable if the address comes from one */
export async function storeAddress({ store }: Settings): Promise<StoreAddress> {
  const { parseAddress } = await import('@kms/node')
  try {
    return parseAddress(store.value ?? '')
  } catch (error) {
    if (!(error instanceof Error) || !store.from.startsWith('KMS_')) throw error
    throw await failure('invalid-argument', `${store.from}: ${error.message}`, { hint: settingsHint, cause: error })
  }
}
