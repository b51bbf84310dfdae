import { invalidArgument } from '../refusals.ts'
import { concat } from './bytes.ts'

// DER (X.690 §10), as much of it as public keys need. Reading is strict, so that a key has one encoding and one fingerprint.

export const tags = { integer: 2, bitString: 3, octetString: 4, null: 5, objectId: 6, sequence: 0x30 } as const

/** Reads values one after another. */
export class DerReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /**
   * The contents of the next value.
   * @throws `invalid-argument` if it has another tag, ends early, or its length is not the shortest form
   */
  read(tag: number): Uint8Array {
    const bytes = this.#bytes
    if (bytes[this.#at] !== tag) throw notDer()
    let length = bytes[this.#at + 1] ?? -1
    let from = this.#at + 2
    if (length > 0x80 && length <= 0x82) {
      const octets = length - 0x80
      length = 0
      for (let i = 0; i < octets; i++) length = length * 256 + (bytes[from + i] ?? Number.NaN)
      from += octets
      if (!(length >= (octets === 1 ? 0x80 : 0x100))) throw notDer()
    } else if (!(length >= 0 && length < 0x80)) throw notDer()
    if (from + length > bytes.length) throw notDer()
    this.#at = from + length
    return bytes.subarray(from, this.#at)
  }

  /** The tag of the next value; undefined where none follows. */
  get next(): number | undefined {
    return this.#bytes[this.#at]
  }

  /** @throws `invalid-argument` if something follows */
  end(): void {
    if (this.#at !== this.#bytes.length) throw notDer()
  }
}

/** Writes a value, its contents joined. Lengths up to 65,535. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concat(...contents)
  const { length } = content
  const header =
    length < 0x80
      ? Uint8Array.of(tag, length)
      : length < 0x100
        ? Uint8Array.of(tag, 0x81, length)
        : Uint8Array.of(tag, 0x82, length >> 8, length)
  return concat(header, content)
}

/** A positive INTEGER of big-endian bytes without zeros before them. */
export function derInteger(bytes: Uint8Array): Uint8Array {
  return (bytes[0] as number) & 0x80 ? der(tags.integer, Uint8Array.of(0), bytes) : der(tags.integer, bytes)
}

function notDer(): Error {
  return invalidArgument('The key is not in DER, or of another algorithm.')
}
