// Recipients and peers by certificate: what `kms.keys.send` and the authenticated exchange take.

export type { CertificateForm, ChainOptions } from './chain.ts'
export { type CertificatePeerOptions, certificatePeer } from './peer.ts'
export { certificateRecipient } from './recipient.ts'
