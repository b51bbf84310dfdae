import { type Kms, KmsError } from '@kms/node'

/** Keys that one call makes. */
const chunk = 5_000

/** The name of a store's key of that number. */
export const keyName = (number: number): string => `tenant-${String(number).padStart(8, '0')}`

/**
 * Fills a store with keys, or goes on where an earlier run was interrupted.
 * @param count keys at the end
 * @param onProgress told after each call
 * @returns keys made a second, of each call
 */
export async function fill(
  kms: Kms,
  count: number,
  onProgress: (made: number, rate: number) => void,
): Promise<readonly number[]> {
  const rates: number[] = []
  for (let made = await keysThere(kms, count); made < count; ) {
    const specs = Array.from({ length: Math.min(chunk, count - made) }, (_, i) => ({ name: keyName(made + i) }))
    const start = performance.now()
    const results = await kms.keys.createMany(specs, { ifAbsent: true })
    const seconds = (performance.now() - start) / 1_000
    for (const result of results) if (!result.ok) throw result.error
    made += specs.length
    rates.push(specs.length / seconds)
    onProgress(made, specs.length / seconds)
  }
  return rates
}

/** How many keys an earlier run made: they were made in order. */
async function keysThere(kms: Kms, count: number): Promise<number> {
  let low = 0
  let high = count
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await isThere(kms, keyName(middle))) low = middle + 1
    else high = middle
  }
  return low
}

async function isThere(kms: Kms, name: string): Promise<boolean> {
  try {
    await kms.keys.version(name)
    return true
  } catch (error) {
    if (error instanceof KmsError && error.code === 'key-not-found') return false
    throw error
  }
}
