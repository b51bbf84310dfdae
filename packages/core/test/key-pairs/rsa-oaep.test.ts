import { constants, generateKeyPairSync, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import { expect, test } from 'vitest'
import { rsaOaepDecrypt, rsaOaepEncrypt } from '../../src/hazmat.ts'
import { Secret } from '../../src/index.ts'
import { codeOf } from '../kms/memory-kms.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
const pkcs8Of = (key: KeyObject): Secret =>
  Secret.copy(new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }) as Buffer))
const pkcs8 = pkcs8Of(privateKey)
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
const key = Uint8Array.from({ length: 32 }, (_, i) => i)
const label = new TextEncoder().encode('session 7')

test('OpenSSL opens what it encrypts, and the reverse, with a label and without', async () => {
  for (const options of [{}, { label }]) {
    const openssl = 'label' in options ? { oaepLabel: label } : {}
    const encrypted = await rsaOaepEncrypt(pem, key, options)
    expect(new Uint8Array(privateDecrypt({ key: privateKey, ...oaep, ...openssl }, encrypted))).toEqual(key)
    const theirs = new Uint8Array(publicEncrypt({ key: publicKey, ...oaep, ...openssl }, key))
    expect((await rsaOaepDecrypt(pkcs8, theirs, options)).reveal()).toEqual(key)
  }
})

test('another label, another key and changed bytes are one failure', async () => {
  const encrypted = await rsaOaepEncrypt(pem, key, { label })
  const other = pkcs8Of(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
  const changed = encrypted.slice()
  changed[9] = (changed[9] as number) ^ 1
  expect(await codeOf(() => rsaOaepDecrypt(pkcs8, encrypted))).toBe('authentication-failed')
  expect(await codeOf(() => rsaOaepDecrypt(other, encrypted, { label }))).toBe('authentication-failed')
  expect(await codeOf(() => rsaOaepDecrypt(pkcs8, changed, { label }))).toBe('authentication-failed')
  expect(await codeOf(() => rsaOaepDecrypt(pkcs8, encrypted.subarray(1), { label }))).toBe('authentication-failed')
})

test('the longest plaintext is 66 bytes shorter than the modulus', async () => {
  const encrypted = await rsaOaepEncrypt(pem, new Uint8Array(190).fill(7))
  expect((await rsaOaepDecrypt(pkcs8, encrypted)).length).toBe(190)
  expect(await codeOf(() => rsaOaepEncrypt(pem, new Uint8Array(191)))).toBe('invalid-argument')
})

test('keys that are not of RSA, or too short, are refused', async () => {
  const ed25519 = generateKeyPairSync('ed25519')
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const spki = (of: KeyObject): Uint8Array => new Uint8Array(of.export({ type: 'spki', format: 'der' }) as Buffer)
  expect(await codeOf(() => rsaOaepEncrypt(spki(ed25519.publicKey), key))).toBe('invalid-argument')
  expect(await codeOf(() => rsaOaepEncrypt(spki(short.publicKey), key))).toBe('unsupported')
  expect(await codeOf(() => rsaOaepDecrypt(pkcs8Of(ed25519.privateKey), key))).toBe('invalid-argument')
  expect(await codeOf(() => rsaOaepDecrypt(pkcs8Of(short.privateKey), key))).toBe('unsupported')
})
