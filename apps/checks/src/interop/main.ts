#!/usr/bin/env node
// npm run -s interop      public and private keys, signatures, agreed and transported keys, macs: with OpenSSL, ssh-keygen and Python's cryptography
import { Kms } from '@kms/node'
import { checkHpke } from './hpke.ts'
import { checkPrivateKeys } from './private-keys.ts'
import { checkPublicKeys } from './public-keys.ts'
import { Python } from './python.ts'
import { Results } from './results.ts'
import { checkAgreement, checkSymmetric, checkTransport } from './secrets.ts'
import { checkSignatures } from './signatures.ts'
import { Files, NoTool, run } from './tools.ts'

async function main(): Promise<number> {
  const results = new Results()
  using files = new Files()
  using python = new Python()
  console.log(`${run('openssl', 'version').toString().trim()}; Python's cryptography ${python.version}`)
  await using kms = await Kms.ephemeral()
  await checkPublicKeys(kms, files, python, results)
  await checkPrivateKeys(kms, files, python, results)
  await checkSignatures(kms, files, python, results)
  await checkTransport(kms, files, python, results)
  await checkAgreement(kms, files, python, results)
  await checkSymmetric(files, python, results)
  if (await python.ask<boolean>({ what: 'has-hpke' })) await checkHpke(python, results)
  else console.log("This release of Python's cryptography has no HPKE, which was not checked.")
  console.log(String(results))
  return results.failed === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof NoTool)) throw error
  // What is not there was not checked.
  console.log(`${error.message}\n0 passed, 1 failed`)
  process.exitCode = 1
}
