import { printable } from '../layout.ts'

/** Bytes below which a bar would only flicker. */
const worthShowing = 64 * 2 ** 20

/** Shows how far a large file, or much of anything, has come; does nothing in a pipe, with `--json`, and for less. */
export interface Progress {
  add(done: number): void
  stop(): void
}

export async function showProgress(
  name: string,
  size: number | undefined,
  quiet: boolean,
  from: number = worthShowing,
): Promise<Progress> {
  if (quiet || !process.stderr.isTTY || size === undefined || size < from) return { add() {}, stop() {} }
  const { default: progress } = await import('cli-progress')
  const bar = new progress.SingleBar({
    format: `${printable(name)}  {bar}  {percentage}%  {eta_formatted}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    barsize: 30,
  })
  bar.start(size, 0)
  return { add: (bytes) => bar.increment(bytes), stop: () => bar.stop() }
}
