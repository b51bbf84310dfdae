import { KmsError } from '@kms/core'

/** What is said of a certificate that is not as it must be, and of its chain. */
export const refused = (why: string, cause?: unknown): KmsError =>
  new KmsError('authentication-failed', why, cause === undefined ? {} : { cause })
