import { curveNames, curveSpki, curves, isCurve, rawOfSpki } from '../crypto/curves.ts'
import { fromBase64, toBase64 } from '../encoding/base64.ts'
import { ascii, concat, sameBytes, u32 } from '../encoding/bytes.ts'
import { KmsError } from '../errors.ts'
import { decodeRsaSpki, encodeRsaSpki, type SpecifiedPublicKey, specOfSpki } from '../public-keys/spki.ts'
import { invalidArgument } from '../refusals.ts'

// Public keys as OpenSSH writes them (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4): the type, base64 of the key, a comment.

const rsaType = 'ssh-rsa'

/** A line of OpenSSH; null for keys that it has none for. @param comment is cut to one line */
export function openSshLine(spec: string, spki: Uint8Array, comment: string): string | null {
  const ssh = isCurve(spec) ? curves[spec].ssh : undefined
  const raw = rawOfSpki(spki, spec)
  if (raw !== undefined && ssh === undefined) return null
  const type = ssh?.type ?? rsaType
  const blob = concat(text(type), ...(raw === undefined ? rsaParts(spki) : curveParts(raw, ssh?.curve)))
  return `${type} ${toBase64(blob)} ${comment.replace(/[^\x21-\x7e]+/g, '_')}`.trimEnd()
}

/** Reads a line of OpenSSH, without options before the type. @throws `invalid-argument`, `unsupported` for another type */
export function readOpenSshLine(line: string): SpecifiedPublicKey {
  const [type, encoded, ...rest] = line.split(/[ \t]+/, 3)
  if (type === undefined || encoded === undefined || /[\r\n]/.test(line) || rest.length > 1) throw unreadable()
  const key = keyIn(type, encoded)
  // Integers with zeros before them, or without the one that makes them positive: a key would have several lines.
  if (openSshLine(key.spec, key.spki, '') !== `${type} ${encoded}`) throw unreadable()
  return key
}

function keyIn(type: string, encoded: string): SpecifiedPublicKey {
  const blob = decode(encoded)
  const parts = fieldsOf(blob)
  const [name, ...values] = parts
  if (name === undefined || !sameBytes(name, ascii(type))) throw unreadable()
  if (type === rsaType) {
    const [exponent, modulus] = values
    if (values.length !== 2 || exponent === undefined || modulus === undefined) throw unreadable()
    const spki = encodeRsaSpki(positive(modulus), positive(exponent))
    return { spec: specOfSpki(spki), spki }
  }
  const spec = curveNames.find((name) => curves[name].ssh?.type === type)
  if (spec === undefined) throw new KmsError('unsupported', 'The OpenSSH key is of a kind that is not used here.')
  const { ssh, publicKeyLength } = curves[spec]
  const curve = ssh?.curve
  const raw = values.at(-1)
  const named =
    curve === undefined ? values.length === 1 : values.length === 2 && sameBytes(values[0] as Uint8Array, ascii(curve))
  if (raw === undefined || !named || raw.length !== publicKeyLength) throw unreadable()
  return { spec, spki: curveSpki(spec, raw) }
}

const curveParts = (raw: Uint8Array, curve: string | undefined): Uint8Array[] =>
  curve === undefined ? [string(raw)] : [text(curve), string(raw)]

function rsaParts(spki: Uint8Array): Uint8Array[] {
  const { modulus, exponent } = decodeRsaSpki(spki)
  return [mpint(exponent), mpint(modulus)]
}

/** RFC 4251 §5. */
const string = (bytes: Uint8Array): Uint8Array => concat(u32(bytes.length), bytes)
const text = (of: string): Uint8Array => string(ascii(of))
const mpint = (bytes: Uint8Array): Uint8Array =>
  string((bytes[0] as number) >= 0x80 ? concat(Uint8Array.of(0), bytes) : bytes)

function fieldsOf(blob: Uint8Array): Uint8Array[] {
  const fields: Uint8Array[] = []
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length)
  let at = 0
  while (at < blob.length) {
    if (at + 4 > blob.length || fields.length === 3) throw unreadable()
    const length = view.getUint32(at)
    if (length > blob.length - at - 4) throw unreadable()
    fields.push(blob.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return fields
}

function positive(integer: Uint8Array): Uint8Array {
  const value = integer[0] === 0 ? integer.subarray(1) : integer
  if (value.length === 0 || value.length > 512 || value[0] === 0) throw unreadable()
  return value
}

function decode(encoded: string): Uint8Array {
  if (encoded.length > 4_096) throw unreadable()
  try {
    return fromBase64(encoded)
  } catch {
    throw unreadable()
  }
}

const unreadable = (): KmsError =>
  invalidArgument('That is no public key: a PEM block “PUBLIC KEY”, a JSON Web Key, or a line of OpenSSH.')
