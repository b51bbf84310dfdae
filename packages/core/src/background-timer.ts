/** Lets a timer keep its process alive again. */
export function inForeground<T>(timer: T): T {
  if (typeof timer === 'object' && timer !== null) (timer as { ref?: () => void }).ref?.()
  return timer
}

/** Lets a timer run as long as its process does, and no longer: under Node one keeps the process alive unless it is told not to. */
export function inBackground<T>(timer: T): T {
  if (typeof timer === 'object' && timer !== null) (timer as { unref?: () => void }).unref?.()
  return timer
}
