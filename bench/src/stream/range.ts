import { randomInt } from 'node:crypto'
import { fileSource, openRandomAccess, type RandomAccessSource } from '@kms/node'
import { benchOpening } from '../peers/files-kms.ts'

const rangeLength = 1024
const sealedChunk = 16_400

export interface RangeFigures {
  /** Nanoseconds for a range, each. */
  readonly times: readonly number[]
  /** Chunks read for a range, at most, after the file was opened. */
  readonly mostChunks: number
}

/** Opens ranges of 1 KiB at random places of an encrypted file, and counts what is read for them. */
export async function readRanges(path: string, count: number): Promise<RangeFigures> {
  const source = await fileSource(path)
  let read = 0
  const counting: RandomAccessSource = {
    ...source,
    read(offset, length) {
      read += length
      return source.read(offset, length)
    },
  }
  await using file = await openRandomAccess(counting, benchOpening())
  const times: number[] = []
  let mostChunks = 0
  for (let i = 0; i < count; i++) {
    const at = randomInt(file.length - rangeLength)
    read = 0
    const start = process.hrtime.bigint()
    const range = await file.openRange(at, at + rangeLength)
    times.push(Number(process.hrtime.bigint() - start))
    if (range.length !== rangeLength) throw new Error('a range has another length')
    mostChunks = Math.max(mostChunks, read / sealedChunk)
  }
  return { times, mostChunks }
}
