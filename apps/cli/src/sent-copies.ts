import type { Distribution } from '@kms/core'
import { columns, printable } from './layout.ts'

/** Whom versions were sent to, for people. */
export function distributionsTable(found: readonly Distribution[]): string {
  const rows = found.map((one) => [
    one.versions.join(', '),
    recipientOf(one),
    one.time.toISOString(),
    printable(one.by),
    printable(one.reason) || '-',
  ])
  return columns([['VERSION', 'SENT TO', 'TIME', 'BY', 'REASON'], ...rows], (cell) => cell)
}

/** A recipient by name, where there is one, and fingerprint. */
export const recipientOf = ({ recipient, recipientName }: Distribution): string =>
  recipientName === null ? recipient : `${printable(recipientName)} (${recipient})`
