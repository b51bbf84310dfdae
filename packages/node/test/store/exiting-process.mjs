// Makes keys by the thousand and exits in the middle of it: `node exiting-process.mjs URL MILLISECONDS`.
import { Kms, keyRoot } from '@kms/node'

const [url, milliseconds] = process.argv.slice(2)
const root = keyRoot(Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 130))
const kms = await Kms.open(url, { root, dueWork: false, onWarning: () => {} })
let begun = false
await kms.keys.createMany(
  Array.from({ length: 100_000 }, (_, i) => ({ name: `${milliseconds}-${i}` })),
  {
    onProgress(done) {
      if (begun || done < 1_000) return
      begun = true
      setTimeout(() => process.exit(7), Number(milliseconds))
    },
  },
)
