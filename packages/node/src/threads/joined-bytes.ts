/** Byte strings in one buffer, which goes over to a thread: an array for each would take as long to send as to work on. */
export interface JoinedBytes {
  readonly lengths: Uint32Array
  readonly bytes: Uint8Array<ArrayBuffer>
}

export function joinBytes(parts: readonly Uint8Array[]): JoinedBytes {
  const lengths = Uint32Array.from(parts, ({ length }) => length)
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return { lengths, bytes }
}

/** @returns views into the one buffer */
export function splitBytes({ lengths, bytes }: JoinedBytes): readonly Uint8Array[] {
  let at = 0
  return Array.from(lengths, (length) => {
    at += length
    return bytes.subarray(at - length, at)
  })
}
