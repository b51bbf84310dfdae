import type { Environment } from '../access/environment.ts'
import type { LoadedKey } from './loaded-key.ts'

/** Warns (`rotation-due`) of keys whose primary's period to protect (`protectionPeriod`) ends. */
export class PeriodWarnings {
  readonly #environment: Environment
  /** Primaries of whose period was told, and what. */
  readonly #warned = new Set<string>()

  constructor(environment: Environment) {
    this.#environment = environment
  }

  /** Says of each primary, once, that its period ends soon, and once that it has ended. */
  warnOf({ id, name, primaryNumber, period }: LoadedKey): void {
    const now = this.#environment.wall()
    if (period === undefined || now < period.notice) return
    const warning = `${id} ${primaryNumber} ${period.end <= now ? 'ended' : 'ends'}`
    if (this.#warned.has(warning)) return
    this.#warned.add(warning)
    const end = new Date(period.end).toISOString().slice(0, 10)
    const message =
      period.end <= now
        ? `"${name}" was due for rotation on ${end}. kms key rotate, or kms rotate --due from a timer.`
        : `"${name}" is due for rotation on ${end}.`
    this.#environment.onWarning({ code: 'rotation-due', message })
  }
}
