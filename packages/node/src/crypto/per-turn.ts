/**
 * Gathers what is asked for in one turn, so that it is known how much there is before any of it is done.
 * @param run gets all of it
 */
export function perTurn<T>(run: (all: readonly T[]) => void): (one: T) => void {
  let waiting: T[] = []
  function all(): void {
    const now = waiting
    waiting = []
    run(now)
  }
  return (one) => {
    // Not by queueMicrotask, which makes a resource for async_hooks of each call.
    if (waiting.length === 0) void Promise.resolve().then(all)
    waiting.push(one)
  }
}
