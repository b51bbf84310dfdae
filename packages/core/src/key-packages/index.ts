export {
  type GenerateOptions,
  generateKeyPackage,
  type PairPurpose,
  packagedKeyPairs,
  packagedSigner,
} from './identities.ts'
export { type KeyPackage, newestVersion, type PackagedVersion, wipePackage } from './key-package.ts'
export {
  type OpenedPackage,
  type OpenPackageOptions,
  openKeyPackage,
  type SealPackageOptions,
  type Sent,
  sealKeyPackage,
} from './seal-package.ts'
