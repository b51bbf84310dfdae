import { InputFile } from './input-file.ts'

const pieceLength = 1 << 20

/**
 * A file's contents in pieces of 1 MiB. A piece is valid until the next one is asked for, and the next one is read meanwhile.
 * @throws `file-unavailable`
 */
export async function* readPieces(
  path: string,
  onProgress?: (done: number, total: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await InputFile.open(path)
  const buffers = [new Uint8Array(pieceLength), new Uint8Array(pieceLength)] as const
  let reading: Promise<number> | undefined
  try {
    reading = file.fill(buffers[0])
    for (let done = 0, i: 0 | 1 = 0; ; i = i === 0 ? 1 : 0) {
      const length = await reading
      if (length === pieceLength) {
        reading = file.fill(buffers[i === 0 ? 1 : 0])
        // A failure is thrown where it is awaited, in the next round, if there is one.
        reading.catch(() => {})
      }
      if (length > 0) yield buffers[i].subarray(0, length)
      done += length
      if (length > 0) onProgress?.(done, file.size)
      if (length < pieceLength) return
    }
  } finally {
    await reading?.catch(() => {})
    for (const buffer of buffers) buffer.fill(0)
    await file.close()
  }
}
