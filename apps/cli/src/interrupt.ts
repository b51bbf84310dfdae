const controller = new AbortController()

/** Whether the user stopped the command, and how. */
export const interrupted: {
  signal: NodeJS.Signals | null
  readonly abort: AbortSignal
  /** What is said in place of "nothing is left", where something was kept. */
  kept: string | undefined
} = {
  signal: null,
  abort: controller.signal,
  kept: undefined,
}

/** Stops what the command is doing, as Ctrl-C does; a prompt that reads the terminal raw calls it itself. */
export function interrupt(signal: NodeJS.Signals): void {
  if (interrupted.signal !== null) leave(interrupted.signal)
  interrupted.signal = signal
  controller.abort()
  // What is under way ends by its abort signal and removes what it wrote; nothing may keep the user waiting.
  setTimeout(() => leave(signal), 2_000).unref()
}

export function watchSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt(signal))
}

function leave(signal: NodeJS.Signals): never {
  // Prompts and progress bars hide the cursor, and end too late to show it again.
  if (process.stderr.isTTY) process.stderr.write('\x1b[?25h')
  process.exit(signal === 'SIGTERM' ? 143 : signal === 'SIGHUP' ? 129 : 130)
}
