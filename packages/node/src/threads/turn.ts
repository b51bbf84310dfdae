// Whether a thread may be ended: what it calls may not stand being ended in the middle (docs/decisions/threads.md).

const idle = 0
const working = 1
const stopped = 2

/** Longer than a commit takes. Milliseconds. */
const longestMs = 2_000

/** The thread's side and the starter's have the same. */
export type SharedTurn = Int32Array<SharedArrayBuffer>

export const sharedTurn = (): SharedTurn => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/** Turns of threads that are there. One listener for all: a process may have many stores. */
const turns = new Set<SharedTurn>()

/** Has the process wait, when it exits, until the thread is idle; nothing begins there afterwards. */
export function waitForAtExit(turn: SharedTurn): void {
  if (turns.size === 0) process.on('exit', stopAll)
  turns.add(turn)
}

/** For a thread that has ended. */
export function forgetAtExit(turn: SharedTurn): void {
  turns.delete(turn)
  if (turns.size === 0) process.off('exit', stopAll)
}

function stopAll(): void {
  for (const turn of turns) {
    if (Atomics.compareExchange(turn, 0, idle, stopped) !== working) continue
    Atomics.wait(turn, 0, working, longestMs)
    Atomics.compareExchange(turn, 0, idle, stopped)
  }
}

/** Called by the thread: does its work, or nothing any more where the process is exiting. */
export async function inTurn<T>(turn: SharedTurn, work: () => Promise<T>): Promise<T> {
  // The process ends while this is waited for.
  if (Atomics.compareExchange(turn, 0, idle, working) === stopped) return new Promise(() => {})
  try {
    return await work()
  } finally {
    Atomics.store(turn, 0, idle)
    Atomics.notify(turn, 0)
  }
}
