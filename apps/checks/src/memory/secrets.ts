import { sha512 } from '@noble/hashes/sha2.js'

/** Secret bytes by a name to report them by. */
export interface NamedSecret {
  readonly name: string
  readonly bytes: Uint8Array
}

/** A piece of a secret in one form, long enough that nothing else is equal to it by chance. */
export interface Pattern {
  readonly secret: string
  readonly form: 'raw' | 'hex' | 'base64' | 'HMAC state'
  readonly bytes: Uint8Array
}

const pieceLength = 16

/** Pieces of 16 bytes: what memory that was freed and used again still holds of a secret is often not its start. */
function pieces(bytes: Uint8Array): readonly Uint8Array[] {
  const count = Math.ceil(bytes.length / pieceLength)
  return Array.from({ length: count }, (_, i) => {
    const end = Math.min((i + 1) * pieceLength, bytes.length)
    return bytes.slice(Math.max(0, end - pieceLength), end)
  })
}

/** What base64 makes of the bytes when they stand after 0, 1 or 2 others, without the characters that neighbours have a part in. */
function base64(bytes: Uint8Array): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
    const text = whole.toString('base64url').slice(Math.ceil((before * 4) / 3), Math.floor((whole.length * 4) / 3))
    const [start, end] = [text.slice(0, 20), text.slice(-20)]
    return [start, end].flatMap((piece) => [piece, piece.replaceAll('-', '+').replaceAll('_', '/')])
  })
}

/**
 * The states of SHA-512 after HMAC's inner and outer key block (RFC 2104 §2), as the module's slots keep a key: whoever has both
 * has the key. Words as a little-endian machine stores them.
 */
function hmacStates(key: Uint8Array): readonly Uint8Array[] {
  return [0x36, 0x5c].map((pad) => {
    const block = new Uint8Array(128).fill(pad)
    for (const [i, byte] of key.entries()) block[i] = byte ^ pad
    // noble's running state, which its types keep to itself: eight words, each as high and low half.
    const running = sha512.create().update(block) as unknown as { get(): readonly number[] }
    const halves = running.get()
    const state = new DataView(new ArrayBuffer(64))
    for (let i = 0; i < 8; i++) {
      state.setUint32(8 * i, halves[2 * i + 1] as number, true)
      state.setUint32(8 * i + 4, halves[2 * i] as number, true)
    }
    return new Uint8Array(state.buffer)
  })
}

/** All that a search for a secret looks for. */
export function patterns({ name: secret, bytes }: NamedSecret): readonly Pattern[] {
  const raw = pieces(bytes)
  const text = (value: string): Uint8Array => Buffer.from(value, 'latin1')
  const hex = raw.map((piece) => Buffer.from(piece).toString('hex'))
  const states = bytes.length === 32 ? hmacStates(bytes).flatMap(pieces) : []
  return [
    ...raw.map((piece) => ({ secret, form: 'raw' as const, bytes: piece })),
    ...hex.flatMap((value) =>
      [value, value.toUpperCase()].map((v) => ({ secret, form: 'hex' as const, bytes: text(v) })),
    ),
    ...base64(bytes).map((value) => ({ secret, form: 'base64' as const, bytes: text(value) })),
    ...states.map((piece) => ({ secret, form: 'HMAC state' as const, bytes: piece })),
  ]
}
