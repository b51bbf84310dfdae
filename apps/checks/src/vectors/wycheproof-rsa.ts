import { Secret } from '@kms/core'
import { rsaOaepDecrypt } from '@kms/core/hazmat'
import type { Backend } from './backends.ts'
import { hex } from './hex.ts'
import { NotBuilt } from './outcome.ts'
import type { Group, Test } from './wycheproof-file.ts'

/** RSA-OAEP through `rsaOaepDecrypt`, which does what a key of purpose `transport` does. */
export async function decryptOaep(test: Test, group: Group, { crypto }: Backend): Promise<Uint8Array> {
  const { keySize, sha, mgf, mgfSha, privateKey } = group
  if (sha !== 'SHA-256' || mgf !== 'MGF1' || mgfSha !== 'SHA-256') {
    throw new NotBuilt(`RSA-OAEP with ${sha}, ${mgf} and ${mgfSha}`)
  }
  if (![2048, 3072, 4096].includes(keySize as number)) throw new NotBuilt(`RSA-OAEP of ${keySize} bits`)
  if ('otherPrimeInfos' in (privateKey as object)) throw new NotBuilt('RSA keys of three primes')
  const key = Secret.take(hex(group.privateKeyPkcs8))
  return (await rsaOaepDecrypt(key, hex(test.ct), { label: hex(test.label), crypto })).reveal()
}
