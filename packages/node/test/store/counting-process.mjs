// Counts a shared record up, in a process of its own: `node counting-process.mjs STORE TIMES`. Repeats on `conflict` alone.
import { SqliteStore } from '@kms/node'

const [path, times] = process.argv.slice(2)
const store = await SqliteStore.open(path)
for (let done = 0; done < Number(times); ) {
  const [counter] = await store.read(['counter'])
  const count = new DataView(counter.bytes.buffer, counter.bytes.byteOffset).getUint32(0) + 1
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, count)
  try {
    await store.commit({
      expect: [{ id: 'counter', revision: counter.revision }],
      put: [{ id: 'counter', revision: counter.revision + 1, bytes }],
      remove: [],
      append: [{ log: 'store', position: count, bytes }],
    })
    done++
  } catch (error) {
    if (error.code !== 'conflict') throw error
  }
}
await store.close()
console.log(process.version)
