import type { RandomAccessSource } from '../random-access.ts'

/** A `Blob` or `File`, as a source for random access. */
export function blobSource(blob: Blob): RandomAccessSource {
  return {
    length: blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
  }
}
