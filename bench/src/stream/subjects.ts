import type { FileCipher } from '../peers/file-cipher.ts'

// Loaded one by one, each in a process of its own: nobody pays for another's code and memory.

export const ours = 'kms'
export const pipelineName = 'createCipheriv pipeline'
export const encryptionSdks = ['ESDK, frames of 4 KiB', 'ESDK, frames of 64 KiB', 'ESDK, frames of 1 MiB'] as const

/** Where a process finds the age identity that the run uses. */
export const ageIdentity = 'BENCH_AGE_IDENTITY'

export const fileCiphers: Readonly<Record<string, () => Promise<FileCipher>>> = {
  [ours]: async () => (await import('../peers/files-kms.ts')).kmsFiles(),
  [pipelineName]: async () => (await import('../peers/files-pipeline.ts')).cipherPipeline(),
  'age-encryption': async () => (await import('../peers/files-age.ts')).ageFiles(process.env[ageIdentity] ?? ''),
  [encryptionSdks[0]]: async () => (await import('../peers/files-esdk.ts')).encryptionSdkFiles(4 * 1024),
  [encryptionSdks[1]]: async () => (await import('../peers/files-esdk.ts')).encryptionSdkFiles(64 * 1024),
  [encryptionSdks[2]]: async () => (await import('../peers/files-esdk.ts')).encryptionSdkFiles(1024 * 1024),
}
