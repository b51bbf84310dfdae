import type { Environment } from '../access/environment.ts'
import type { RingAccess } from '../access/ring-access.ts'
import type { KeySlots, Suite } from '../crypto/key-slots.ts'
import { toText } from '../encoding/text.ts'
import { prepareVersionKey, VersionKey } from '../envelope/version-key.ts'
import { KmsError } from '../errors.ts'
import type { PairPurpose } from '../key-pairs/pair-algorithms.ts'
import { halvesFit } from '../key-pairs/pair-test.ts'
import type { PurposeAndSpec } from '../specs/key-specs.ts'
import type { VersionRecord } from '../store/records.ts'
import { loadVersion, openMaterial } from '../versions/load-version.ts'
import { PairVersion } from '../versions/pair-version.ts'
import type { VersionInMemory } from '../versions/version-in-memory.ts'

const context = { test: 'rotation' }
const plaintext = new TextEncoder().encode('kms1')

/**
 * Text forms of `kms1` in the context above, deterministic (envelope v1, mode 1), under the material 00 01 … 1f as version 1 of the key
 * 20 21 … 2f: the same on every machine.
 */
const knownAnswers: Readonly<Record<Suite, string>> = {
  1: 'kms1AQABACAhIiMkJSYnKCkqKywtLi8AAAABzKeZRvCe0bQ-WPc6m_KMM2HvJKpI-GyVcdtIAVsWlvHMTMC4CP2zeqaF4v0I7DNlGDRy6CNasAjrAIwegeupMY9EkwFbuz7-fdURDw',
  2: 'kms1AgABACAhIiMkJSYnKCkqKywtLi8AAAABJHZVOnLMjbeNFCXNg6NUpoacr9HLUeo8hR6Fw-na2q52PHwri4QmPOPRtVU2z1AqsXyFM5rNA5yinOonES07SY03keV_LwrT_4hTRw',
}

/**
 * Tests a version before anything uses it: its material opens as its record says, what it does is undone or verified again, and this
 * machine computes what every machine must.
 * @throws `store-corrupt` for material that does not open, `internal` for a machine that computes something else
 */
export async function selfTest(environment: Environment, access: RingAccess, record: VersionRecord): Promise<void> {
  withVersion(knownVersion(environment.slots), (known) => {
    for (const suite of [1, 2] as const) {
      const sealed = toText(known.deterministic(suite).seal(plaintext, context))
      if (sealed !== knownAnswers[suite]) throw fails('a known answer')
    }
  })
  if (record.purpose === 'encrypt' && record.spec !== 'symmetric-256') {
    openMaterial(environment, access, record).wipe()
    return
  }
  const version = loadVersion(environment, access, record, () => {})
  try {
    if (!(await roundTrip(environment, record, version))) throw fails('a round trip')
  } finally {
    version.release()
  }
}

async function roundTrip(environment: Environment, record: VersionRecord, version: VersionInMemory): Promise<boolean> {
  if (version instanceof VersionKey) {
    return ([1, 2] as const).every((suite) => {
      const opened = version.open(version.recordOf(suite).seal(plaintext, context), context)
      return environment.primitives.equal(opened, plaintext)
    })
  }
  // What derives has no way back: that its material is what its record says is all there is to see.
  if (!(version instanceof PairVersion)) return true
  const { purpose, spec } = record as PurposeAndSpec & { readonly purpose: PairPurpose }
  return halvesFit({ purpose, spec, material: version.material, publicKey: version.publicKey }, environment)
}

function knownVersion(slots: KeySlots): VersionKey {
  const material = slots.importKey(Uint8Array.from({ length: 32 }, (_, i) => i))
  return prepareVersionKey(slots, material, { keyId: Uint8Array.from({ length: 16 }, (_, i) => 32 + i), version: 1 })
}

function withVersion(version: VersionKey, test: (version: VersionKey) => void): void {
  try {
    test(version)
  } finally {
    version.release()
  }
}

const fails = (what: string): KmsError =>
  new KmsError('internal', `This machine fails ${what}, so nothing was changed. Do not use it; try another one.`)
