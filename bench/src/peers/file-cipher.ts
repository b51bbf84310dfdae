/** A way to encrypt one file into another, and back. The files are there, and overwritten; nothing is synced to the disk. */
export interface FileCipher {
  seal(input: string, output: string): Promise<void>
  open(input: string, output: string): Promise<void>
}

/** Fixed, so that what one process encrypted the next one decrypts. */
export const benchKey: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 0xff)
