import { KmsError } from '../errors.ts'
import { purposeAndSpec, purposeVerbs } from '../specs/key-specs.ts'
import type { CreateKeyOptions } from './key-creation.ts'
import type { KeyInfo } from './key-info.ts'

/**
 * A key that is there already, where it is what was asked for: of that purpose, of that spec and as exportable as was said.
 * @throws `invalid-argument` where it is not
 */
export function asAsked(found: KeyInfo, { purpose, spec, exportable }: CreateKeyOptions): KeyInfo {
  const asked = purposeAndSpec(purpose, spec)
  const fits =
    found.purpose === asked.purpose &&
    (spec === undefined || found.spec === spec) &&
    (exportable === undefined || found.exportable === exportable)
  if (fits) return found
  throw new KmsError(
    'invalid-argument',
    `"${found.name}" is there already, as a key to ${purposeVerbs[found.purpose]} of ${found.spec}, ${found.exportable ? '' : 'not '}exportable.`,
    { keyIds: [found.id] },
  )
}
