import { fetchVectors, runAll } from './run.ts'

// What the page runs: every case, here. The check waits for `kmsResults`.
Object.assign(globalThis, { kmsResults: fetchVectors().then(runAll) })
