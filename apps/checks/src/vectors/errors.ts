import { KmsError } from '@kms/core'

/** The code of what a call throws; `valid` and its result if it throws nothing. Defects (any other error) go through. */
export async function codeOf<T>(call: () => T | Promise<T>): Promise<{ code: string; value?: T; error?: KmsError }> {
  try {
    return { code: 'valid', value: await call() }
  } catch (error) {
    if (error instanceof KmsError) return { code: error.code, error }
    throw error
  }
}
