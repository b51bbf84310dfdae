import { toHex } from '../../encoding/bytes.ts'
import { fromText } from '../../encoding/text.ts'

/** Keys of standards and of well-known examples, by their first 8 bytes: people copy them, and whoever attacks tries them first. */
const wellKnown: Readonly<Record<string, string>> = {
  '2b7e151628aed2a6': 'SP 800-38A appendix F',
  '8e73b0f7da0e6452': 'SP 800-38A appendix F',
  '603deb1015ca71be': 'SP 800-38A appendix F',
  feffe9928665731c: 'the GCM specification, appendix B',
  '1c9240a5eb55d38a': 'RFC 8439 appendix A.5',
  '77076d0a7318a57d': 'RFC 7748 §6.1',
  '5dab087e624a8a4b': 'RFC 7748 §6.1',
  a546e36bf0527c9d: 'RFC 7748 §5.2',
  '4b66e9d4d1b4673c': 'RFC 7748 §5.2',
  '9d61b19deffd5a60': 'RFC 8032 §7.1',
  '4ccd089b28ff96da': 'RFC 8032 §7.1',
  c5aa8df43f9f837b: 'RFC 8032 §7.1',
  f5e5767cf1533195: 'RFC 8032 §7.1',
  '833fe62409237b9d': 'RFC 8032 §7.1',
  c9afa9d845ba7516: 'RFC 6979 appendix A.2.5',
  '4612c550263fc8ad': 'RFC 9180 appendix A.1',
  '0323354b2b0fa5bc': 'RFC 7515 appendix A.1',
  '730ff4c7af3d4692': 'the Fernet specification',
  ac0974bec39a17e3: 'the development accounts of Ethereum',
}

const prefixLength = 8

/**
 * Where key material was published: that it is public is all that counts.
 * @param material 16 bytes or more
 * @returns undefined if it is not known to be; of random material one in 2⁵² is taken for published
 */
export async function publishedIn(material: Uint8Array): Promise<string | undefined> {
  const prefix = material.subarray(0, prefixLength)
  const known = wellKnown[toHex(prefix)]
  if (known !== undefined) return known
  if (isCounted(material)) return 'many examples, as bytes that are counted up'
  const { publishedKeyPrefixes } = await import('./published-keys-data.ts')
  const prefixes = fromText(publishedKeyPrefixes.replaceAll('\n', ''))
  for (let at = 0; at < prefixes.length; at += prefixLength) {
    if (prefix.every((byte, i) => byte === prefixes[at + i])) return 'test vectors (Wycheproof, RFCs, this project)'
  }
  return undefined
}

/** Such as 00 01 02 …, the key of FIPS 197 and of many standards since: each byte is as far from the one before, in blocks of 16. */
function isCounted(material: Uint8Array): boolean {
  let differs = 0
  const step = (i: number): number => ((material[i] as number) - (material[i - 1] as number)) & 0xff
  for (let i = 2; i < material.length; i++) if (i % 16 > 1) differs |= step(i) ^ step(i - (i % 16) + 1)
  return differs === 0
}
