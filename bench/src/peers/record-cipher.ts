/** The context of a row: two pairs, as most have. */
export interface RowContext {
  readonly table: string
  readonly row: string
  readonly [name: string]: string
}

/** Something that seals and opens records in a context. */
export interface RecordCipher {
  readonly name: string
  seal(plaintext: Uint8Array, context: RowContext): Uint8Array | Promise<Uint8Array>
  open(sealed: Uint8Array, context: RowContext): Uint8Array | Promise<Uint8Array>
}
