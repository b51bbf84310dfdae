// Algorithms of node:crypto without the rules that keep their use safe. Prefer `Kms`.

export { type FfdheGroup, FfdheKey } from './crypto/ffdhe-key.ts'
