// For `distribution/` alone, until it imports these from where they are.

export { openMaterial } from './load-version.ts'
export { keyCheck, type Material } from './material.ts'
export { sealVersion } from './new-version.ts'
