import type { SpecStatus } from './status.ts'

export interface StorageSpec {
  readonly name: string
  /** How it is named to `kms` and in options; absent where this release has no such root, or never will. */
  readonly as?: string
  readonly use: string
  readonly weakness: string
  readonly status: SpecStatus
  readonly reason: string
  /** Documents, with their sections. */
  readonly sources: readonly string[]
}

/** Where the key that opens all others can be, best first. `kms specs --storage` prints it. */
export const storageSpecs: Readonly<Record<string, StorageSpec>> = {
  hardware: {
    name: 'hardware module (PKCS#11)',
    use: 'roots and keys that must never leave a device: production, certificates, regulation',
    weakness: 'costs, and is one more thing that must answer; whoever may call it may use the key without seeing it',
    status: 'recommended',
    reason: 'a key that cannot be read cannot be copied; not in this release yet',
    sources: ['SP 800-57 part 1 rev. 5 §6.2.2', 'FIPS 140-3 §7.9'],
  },
  service: {
    name: 'key management service',
    use: 'roots of servers in a cloud: AWS KMS, Azure Key Vault, Google Cloud KMS, HashiCorp Vault',
    weakness: 'whoever holds the account holds the key; the network between',
    status: 'recommended',
    reason:
      'access is granted, logged and withdrawn in one place, apart from the data; through an external recipient of your own today',
    sources: ['SP 800-57 part 1 rev. 5 §6.2.2', 'OWASP Key Management Cheat Sheet §Storage'],
  },
  password: {
    name: 'password, through Argon2id',
    as: 'password',
    use: 'a store that people open; the copy of a root kept in a safe',
    weakness: 'as good as the password: whoever copies the store can guess at it, offline',
    status: 'recommended',
    reason: 'nothing is stored that opens anything; guessing is made dear',
    sources: ['SP 800-132 §5.4', 'RFC 9106 §4'],
  },
  package: {
    name: 'key package (an encrypted key file)',
    as: 'kms keygen FILE',
    use: 'the private half of a key pair, under a password or a key of the store',
    weakness: 'as good as what it is under',
    status: 'recommended',
    reason: 'authenticated, of mode 600, and no more readable in a backup than anywhere else',
    sources: ['SP 800-57 part 1 rev. 5 §6.2.2', 'OWASP Key Management Cheat Sheet §Storage'],
  },
  file: {
    name: 'bare key file, mode 600',
    as: 'file:PATH',
    use: 'the root of a server that starts by itself, on a mount apart from the store and its backups',
    weakness: 'whoever reads the file opens the store: administrators, backups, disks that are thrown away',
    status: 'acceptable',
    reason: 'protected by the system alone; refused where others may read it',
    sources: ['SP 800-57 part 1 rev. 5 §6.2.2', 'OWASP Secrets Management Cheat Sheet §Storage'],
  },
  fernet: {
    name: 'Fernet key file',
    as: 'kms fernet',
    use: 'exchange with programs that read nothing else',
    weakness: '128 bits; PBKDF2 takes no memory; AES-CBC; nothing tells which key it is',
    status: 'acceptable',
    reason: 'sound as built, and weaker than a key package in all: bring its key in, then take it out of use',
    sources: ['github.com/fernet/spec', 'SP 800-132 §5.3'],
  },
  environment: {
    name: 'environment variable',
    as: 'env:NAME',
    use: 'development, and where a platform hands secrets over in no other way',
    weakness: 'other processes of the user, crash dumps and logs show it; child processes inherit it',
    status: 'deprecated',
    reason: 'it leaks in ways that nobody sees',
    sources: ['OWASP Secrets Management Cheat Sheet §Environment variables', 'CWE-526'],
  },
  plain: {
    name: 'in the source, in an unencrypted file, in a database column',
    use: 'nothing',
    weakness: 'in every copy, backup and clone, for ever',
    status: 'deprecated',
    reason: 'never: take one of the others, and replace the key, which is known',
    sources: ['CWE-321', 'CWE-312', 'OWASP Key Management Cheat Sheet §Storage'],
  },
}
