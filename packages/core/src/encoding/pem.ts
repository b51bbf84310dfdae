import { toBase64 } from './base64.ts'

// The textual form of DER: RFC 7468.

/** A block of PEM (RFC 7468 §3): its label, and base64 with white space in it. */
export const pemBlock: RegExp = /^\s*-----BEGIN ([A-Z0-9 ]+)-----\s([A-Za-z0-9+/=\s]*)-----END \1-----\s*$/

/** A DER in PEM, in lines of 64 characters (RFC 7468 §2). */
export function pemText(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) as string[]
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** Whether a text claims to be PEM. */
export function isPem(text: string): boolean {
  return text.trimStart().startsWith('-----BEGIN ')
}
