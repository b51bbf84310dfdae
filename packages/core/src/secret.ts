import { KmsError } from './errors.ts'

const redacted = '[redacted]'

/**
 * Secret bytes that do not print. String conversion, JSON and Node's `console.log` give `[redacted]`; `wipe` zeroes them.
 * JavaScript engines may keep copies that nobody can reach; SECURITY.md says what that means.
 */
export class Secret {
  #bytes: Uint8Array | undefined

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Takes `bytes` over and wipes them: the caller must not use them again. */
  static take(bytes: Uint8Array): Secret {
    const secret = Secret.copy(bytes)
    bytes.fill(0)
    return secret
  }

  /** Copies `bytes`; the caller keeps and wipes its own. */
  static copy(bytes: Uint8Array): Secret {
    // In a buffer of its own: engines keep small arrays on their heap, and leave copies behind when they move them about.
    const own = new Uint8Array(new ArrayBuffer(bytes.length))
    own.set(bytes)
    return new Secret(own)
  }

  /**
   * A password as its bytes: Unicode NFC, then UTF-8 (envelope v1 §Mode 2).
   * @throws `invalid-argument` if it is empty, holds U+0000 or a lone surrogate.
   */
  static fromPassword(password: string): Secret {
    if (typeof password !== 'string' || password.length === 0) {
      throw new KmsError('invalid-argument', 'The password is empty.')
    }
    if (password.includes('\0') || /\p{Surrogate}/u.test(password)) {
      throw new KmsError('invalid-argument', 'The password holds a NUL or a broken character (a lone surrogate).')
    }
    return new Secret(new TextEncoder().encode(password.normalize('NFC')))
  }

  /** Length in bytes; 0 once wiped. */
  get length(): number {
    return this.#bytes?.length ?? 0
  }

  /**
   * The bytes themselves, not a copy. Do not keep the reference.
   * @throws `closed` after `wipe`.
   */
  reveal(): Uint8Array {
    if (this.#bytes === undefined) throw new KmsError('closed', 'The secret was wiped.')
    return this.#bytes
  }

  /** Zeroes the bytes. Wiping twice is no error. */
  wipe(): void {
    this.#bytes?.fill(0)
    this.#bytes = undefined
  }

  toString(): string {
    return redacted
  }

  toJSON(): string {
    return redacted
  }

  static {
    // What Node's util.inspect and console.log print; by its registered symbol, since importing node:util would tie core to a platform.
    Object.defineProperty(Secret.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value: () => `Secret ${redacted}`,
    })
  }
}

/** Compares without a branch on the contents. The lengths are public. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!
  return difference === 0
}
