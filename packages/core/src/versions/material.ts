import type { Environment } from '../access/environment.ts'
import { parseUuid } from '../encoding/uuid.ts'
import { checkInfo } from '../envelope/labels.ts'
import type { Secret } from '../secret.ts'
import type { VersionRecord } from '../store/records.ts'

/** What a version is made of: bytes of a symmetric key, or both halves of a pair. */
export interface Material {
  /** As its envelope holds it: raw bytes, or PKCS#8 in DER, of X-Wing its seed. Wiped by whoever takes it. */
  readonly secret: Secret
  /** Empty of symmetric keys. */
  readonly publicKey: Uint8Array
}

/** What a version's record knows its material by, 8 bytes (contents-v1 §Check values). */
export function keyCheck(
  { primitives }: Pick<Environment, 'primitives'>,
  material: Secret,
  { key, number }: Pick<VersionRecord, 'key' | 'number'>,
): Uint8Array {
  // Macs are made of nothing that begins as this does (`protocolLabel`), so none meets what is written down here.
  return primitives.hkdfExpand('SHA-512', material.reveal(), checkInfo(parseUuid(key), number), 8)
}
