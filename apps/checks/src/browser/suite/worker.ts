import { fetchVectors, runAll } from './run.ts'

// What the Worker runs: every case, told to whoever started it.
fetchVectors()
  .then(runAll)
  .catch((error: unknown) => [{ name: 'the worker', problem: String(error) }])
  .then((results) => postMessage(results))
