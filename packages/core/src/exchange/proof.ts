import { signatureAlgorithm, signatureAlgorithms } from '../crypto/signature-algorithms.ts'
import { VerifyingKey } from '../crypto/signing.ts'
import { concat, sameBytes } from '../encoding/bytes.ts'
import { KmsError } from '../errors.ts'
import type { Settled } from './exchange-options.ts'
import { type ExchangeKeys, type ExchangeRole, signatureInput } from './key-schedule.ts'
import { type Body, encodeIdentity, mackedBytes, macLength, parseBody } from './messages.ts'
import { type Peer, peerOf } from './peer.ts'
import { notGenuine, unsupported } from './refusals.ts'

// How a side proves who it is: it signs the transcript with its identity, and macs both (SIGMA), sealed so that onlookers do not see who
// it is. `body = identity ‖ length u16 ‖ signature ‖ mac`, exchange v1 §Bodies.

const aead = 'AES-256-GCM'
/** Each key seals one message. */
const nonce = new Uint8Array(12)
const noData = new Uint8Array(0)

/** @param transcript `H1` of the responder, `H2` of the initiator */
export async function proof(
  role: ExchangeRole,
  transcript: Uint8Array,
  keys: ExchangeKeys,
  own: Settled,
): Promise<Uint8Array> {
  const { signer, evidence, primitives } = own
  const { number } = signatureAlgorithms[signer.algorithm]
  const identityBytes = encodeIdentity({ algorithm: number, publicKey: signer.publicKey, evidence })
  const signature = await signer.sign(signatureInput(role, transcript, identityBytes, primitives))
  const macked = mackedBytes(identityBytes, signature)
  return concat(macked, macOf(role, transcript, keys, macked, own))
}

/** @returns the sealed body, 16 bytes longer */
export function sealBody(
  role: ExchangeRole,
  keys: ExchangeKeys,
  body: Uint8Array,
  { primitives }: Settled,
): Uint8Array {
  const key = keys.seal(role)
  try {
    return primitives.aeadSeal(aead, key.reveal(), nonce, noData, body)
  } finally {
    key.wipe()
  }
}

/** @throws `authentication-failed` */
export function openBody(
  role: ExchangeRole,
  keys: ExchangeKeys,
  sealed: Uint8Array,
  { primitives }: Settled,
): Uint8Array {
  const key = keys.seal(role)
  try {
    return primitives.aeadOpen(aead, key.reveal(), nonce, noData, sealed)
  } catch (cause) {
    throw refused(cause)
  } finally {
    key.wipe()
  }
}

/**
 * Checks the other side's body: its mac, its signature, that it is not this side itself, and that it is who is meant.
 * @param role the other side's
 * @throws `authentication-failed`, `malformed`, `unsupported`, and what the check of the peer throws
 */
export async function checkProof(
  role: ExchangeRole,
  transcript: Uint8Array,
  keys: ExchangeKeys,
  bytes: Uint8Array,
  own: Settled,
): Promise<Peer> {
  const { primitives, signer } = own
  const body = parseBody(bytes)
  if (!primitives.equal(macOf(role, transcript, keys, body.macked, own), body.mac)) throw notGenuine()
  const key = await verifyingKey(body, own)
  const signed = signatureInput(role, transcript, body.identityBytes, primitives)
  if (!(await key.verify(body.signature, signed))) throw notGenuine()
  const peer = peerOf(key, body.identity.evidence, primitives)
  // Messages of this side that came back, or another process with the same key: which of the two it was nobody could say.
  if (peer.algorithm === signer.algorithm && sameBytes(peer.publicKey, signer.publicKey)) {
    throw new KmsError(
      'authentication-failed',
      'The other side has this side’s own key: its messages came back, or two use one key. Give each a key of its own.',
    )
  }
  if ((await own.peer(peer)) !== true) {
    throw new KmsError(
      'authentication-failed',
      'The other side has proved who it is, and is none of those accepted. Compare fingerprints with it over another channel.',
    )
  }
  return peer
}

function macOf(
  role: ExchangeRole,
  transcript: Uint8Array,
  keys: ExchangeKeys,
  macked: Uint8Array,
  { primitives }: Settled,
): Uint8Array {
  const key = keys.mac(role)
  try {
    return primitives.hmac('SHA-512', key.reveal(), concat(transcript, macked)).subarray(0, macLength)
  } finally {
    key.wipe()
  }
}

async function verifyingKey({ identity, signature }: Body, { crypto }: Settled): Promise<VerifyingKey> {
  const algorithm = signatureAlgorithm(identity.algorithm)
  if (algorithm === undefined) {
    throw unsupported(`The other side signs with algorithm ${identity.algorithm}, which this release does not know`)
  }
  if (signature.length === 0) throw notGenuine()
  try {
    return await VerifyingKey.from({ algorithm, publicKey: identity.publicKey }, crypto)
  } catch (cause) {
    throw refused(cause)
  }
}

/** What the other side sent cannot be this side's wrong argument. */
function refused(cause: unknown): unknown {
  const code = cause instanceof KmsError ? cause.code : undefined
  return code === 'invalid-argument' || code === 'authentication-failed' ? notGenuine() : cause
}
