const start = 'kms1/'

/**
 * Whether data begins as all that this system signs itself does (signed contents, records, signature files, the exchange), and so would be a
 * signature of that, too.
 */
export function protocolLabel(data: Uint8Array): boolean {
  if (data.length < start.length) return false
  for (let i = 0; i < start.length; i++) if (data[i] !== start.charCodeAt(i)) return false
  return true
}
