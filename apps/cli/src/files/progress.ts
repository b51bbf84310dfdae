import { printable } from '../layout.ts'

/** Below this a bar would only flicker. */
const worthShowing = 64 * 2 ** 20

/** Shows how far a large file has come; does nothing in a pipe, with `--json`, and for small ones. */
export interface Progress {
  add(bytes: number): void
  stop(): void
}

export async function showProgress(name: string, size: number | undefined, quiet: boolean): Promise<Progress> {
  if (quiet || !process.stderr.isTTY || size === undefined || size < worthShowing) return { add() {}, stop() {} }
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
