/** What a variable is for; the one table that `kms help environment`, `kms config` and the README print. */
export interface Variable {
  readonly name: string
  /** The option that comes before it. */
  readonly option: string | null
  readonly meaning: string
}

/** Every environment variable that `kms` reads. An option given on the command line always comes first. */
export const variables: readonly Variable[] = [
  {
    name: 'KMS_STORE',
    option: '--store',
    meaning: 'URL of the key store. Default: sqlite:kms.db in the current folder',
  },
  {
    name: 'KMS_ROOT',
    option: '--root',
    meaning: 'What opens the store: password, env:NAME or file:PATH. Default: password',
  },
  {
    name: 'KMS_RING',
    option: '--ring',
    meaning: 'The key ring to open. Default: the one granted to the root, "default", or the first',
  },
  {
    name: 'KMS_PASSWORD_FILE',
    option: '--password-file',
    meaning: 'A file of mode 600 that holds the password, for --root password and --password',
  },
  {
    name: 'KMS_PASSWORD',
    option: null,
    meaning: 'The password itself, if there is no password file. Other processes of yours can read it: prefer the file',
  },
  {
    name: 'KMS_STORE_FINGERPRINT',
    option: null,
    meaning: 'The fingerprint that kms init printed: another store at that address is refused',
  },
  { name: 'NO_COLOR', option: '--no-color', meaning: 'Any value: no colours' },
  { name: 'KMS_DEBUG', option: '--verbose', meaning: '1: stack traces with errors' },
]
