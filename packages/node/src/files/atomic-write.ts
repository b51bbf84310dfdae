import { fileError } from './failures.ts'
import { NewFile, type NewFileOptions } from './new-file.ts'

/**
 * Writes a whole file at once, durably: temporary name, fsync, rename, fsync of the folder. Mode 600 unless given.
 * @throws `file-exists` without `force`, `file-unavailable`; the file is the old one, or all of the new one
 */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array,
  options: NewFileOptions = {},
): Promise<void> {
  const file = await NewFile.create(path, options)
  try {
    await file.handle.writeFile(bytes)
  } catch (error) {
    await file.discard()
    throw fileError(path, 'written', error)
  }
  await file.commit()
}
