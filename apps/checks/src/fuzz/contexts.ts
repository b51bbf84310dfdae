type Pair = readonly [name: string, value: string]

/** Any bytes as pairs of names and values: UTF-16, lone surrogates and all, cut at U+0000. A name that comes again wins. */
export function pairsIn(bytes: Uint8Array): Pair[] {
  const parts = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf16le').split('\0')
  const pairs: Pair[] = []
  for (let i = 0; i + 1 < parts.length; i += 2) pairs.push([parts[i] as string, parts[i + 1] as string])
  return pairs
}

/** A canonical context, read as the specification lays it out. @throws Error if it is not canonical */
export function decodeContext(bytes: Uint8Array): Pair[] {
  if (bytes.length > 65_535) throw new Error('a canonical context of more than 65,535 bytes')
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 2
  const field = (): Buffer => {
    const start = at + 2
    at = start + view.readUInt16BE(at)
    if (at > view.length) throw new Error('a canonical context that ends early')
    return view.subarray(start, at)
  }
  const pairs: Pair[] = []
  let before: Buffer | undefined
  for (let i = view.readUInt16BE(0); i > 0; i--) {
    const [name, value] = [field(), field()]
    if (name.length === 0) throw new Error('an empty name')
    if (before !== undefined && Buffer.compare(before, name) >= 0) throw new Error('names that are not sorted')
    before = name
    pairs.push([strict(name), strict(value)])
  }
  if (at !== view.length) throw new Error('a canonical context with more after it')
  return pairs
}

function strict(bytes: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}
