// Writes contents-v1.json: test vectors of docs/contents-v1.md, made from the text of the specification and Node's own crypto,
// without any of the project's code. Deterministic: running it again gives the same file.
//   node docs/vectors/make-contents-v1.mjs
import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  pbkdf2Sync,
  sign,
  verify,
} from 'node:crypto'
import { writeFileSync } from 'node:fs'

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest()
const sha512 = (...parts) => createHash('sha512').update(Buffer.concat(parts)).digest()
const text = (string) => Buffer.from(string, 'utf8')
const base64url = (bytes) => bytes.toString('base64url')
const hex = (bytes) => bytes.toString('hex')
const u16 = (value) => Buffer.from([value >> 8, value & 255])
const u32 = (value) => Buffer.from([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255])

/** 32 bytes that anybody can make again. */
const secret = (name) => sha256(text(`contents-v1 vectors: ${name}`))
function uuid(name) {
  const id = Buffer.from(secret(name).subarray(0, 16))
  id[6] = (id[6] & 15) | 64
  id[8] = (id[8] & 63) | 128
  return hex(id).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
const uuidBytes = (id) => Buffer.from(id.replaceAll('-', ''), 'hex')

// §Canonical bytes
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object') return JSON.stringify(value)
  const names = Object.keys(value).sort((a, b) => Buffer.compare(text(a), text(b)))
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}

// §Signing keys
function signingKey(name) {
  const seed = secret(name)
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const publicKey = spki.subarray(12)
  const fingerprint = sha256(spki).subarray(0, 16)
  return { algorithm: 1, seed, publicKey, spki, pkcs8, fingerprint, sign: (data) => sign(null, data, key) }
}

// P-256 (SP 800-186 §3.2.1.3) with large integers: node:crypto signs with a random k, and these vectors are the same every time.
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const base = [
  0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
]
const mod = (a, m) => ((a % m) + m) % m
function power(a, exponent, m) {
  let result = 1n
  for (let x = mod(a, m), e = exponent; e > 0n; e >>= 1n, x = (x * x) % m) if (e & 1n) result = (result * x) % m
  return result
}
const inverse = (a, m) => power(a, m - 2n, m)
function add(a, b) {
  if (a === undefined || b === undefined) return a ?? b
  if (a[0] === b[0] && a[1] !== b[1]) return undefined
  const slope =
    a[0] === b[0] ? (3n * a[0] * a[0] - 3n) * inverse(2n * a[1], P) : (b[1] - a[1]) * inverse(mod(b[0] - a[0], P), P)
  const x = mod(slope * slope - a[0] - b[0], P)
  return [x, mod(slope * (a[0] - x) - a[1], P)]
}
function multiply(k, point) {
  let result
  for (let e = k, x = point; e > 0n; e >>= 1n, x = add(x, x)) if (e & 1n) result = add(result, x)
  return result
}
const integer = (bytes) => BigInt(`0x${hex(bytes)}`)
const bytes32 = (value) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
function p256Key(name) {
  const d = mod(integer(secret(name)), N - 1n) + 1n
  const [x, y] = multiply(d, base)
  const publicKey = Buffer.concat([Buffer.from([4]), bytes32(x), bytes32(y)])
  const spki = Buffer.concat([Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex'), publicKey])
  const start = Buffer.from('308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420', 'hex')
  const pkcs8 = Buffer.concat([start, bytes32(d), Buffer.from('a144034200', 'hex'), publicKey])
  /** ECDSA with SHA-256 (FIPS 186-5 §6.4.1), r ‖ s. */
  function signP256(data) {
    const k = mod(integer(sha256(text(name), data)), N - 1n) + 1n
    const r = mod(multiply(k, base)[0], N)
    const signature = Buffer.concat([bytes32(r), bytes32(mod(inverse(k, N) * (integer(sha256(data)) + r * d), N))])
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    if (!verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)) throw new Error('a wrong signature')
    return signature
  }
  return { algorithm: 2, publicKey, spki, pkcs8, fingerprint: sha256(spki).subarray(0, 16), sign: signP256 }
}
const storeFingerprint = (key) => hex(sha256(key.spki).subarray(0, 20)).match(/.{8}/g).join('-')

// §Signed records
function signed(record, key) {
  const signature = key.sign(Buffer.concat([text('kms1/record\0'), text(canonical(record))]))
  return canonical({ record, signature: base64url(signature) })
}

// §Logs
const leafHash = (leaf) => sha256(Buffer.from([0]), leaf)
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right)
/** RFC 6962 §2.1, as it is written there: recursively, over all leaves. */
function treeHash(leaves) {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return leafHash(leaves[0])
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return nodeHash(treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)))
}
/** The roots of the perfect subtrees: one for each bit set in the number of leaves, the largest first. */
function frontier(leaves) {
  const hashes = []
  let at = 0
  for (let bit = 2 ** 31; bit >= 1; bit /= 2) {
    if (Math.floor(leaves.length / bit) % 2 === 1) {
      hashes.push(treeHash(leaves.slice(at, at + bit)))
      at += bit
    }
  }
  return hashes
}

// The envelope, version 1: modes 0 and 2 with suite 1, one chunk.
const hmac = (key, ...parts) => createHmac('sha512', key).update(Buffer.concat(parts)).digest()
const expand = (key, info, length) => hmac(key, info, Buffer.from([1])).subarray(0, length)
const label = (name) => text(`kms1/${name}\0`)
const preamble = (content, mode) => Buffer.from([0x92, 0x6b, 0x35, 1, content, mode, 0])
function canonicalContext(context) {
  const names = Object.keys(context).sort((a, b) => Buffer.compare(text(a), text(b)))
  const string = (value) => Buffer.concat([u16(text(value).length), text(value)])
  return Buffer.concat([
    u16(names.length),
    ...names.map((name) => Buffer.concat([string(name), string(context[name])])),
  ])
}
function body(contentKey, salt, bound, plaintext) {
  const info = Buffer.concat([text('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0'), salt, bound])
  const first = hmac(contentKey, info, Buffer.from([1]))
  const all = Buffer.concat([first, hmac(contentKey, first, info, Buffer.from([2]))])
  const cipher = createCipheriv('aes-256-gcm', all.subarray(0, 32), all.subarray(32, 44))
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  return Buffer.concat([salt, all.subarray(44, 76), sealed])
}
const saltOf = (name) => secret(`salt ${name}`).subarray(0, 24)
/** Mode 0, under a key version. */
function sealByKey(content, { id, version, material }, context, plaintext, name) {
  const bound = Buffer.concat([preamble(content, 0), canonicalContext(context)])
  const info = Buffer.concat([label('seal'), Buffer.from([1]), id, u32(version)])
  const header = Buffer.concat([preamble(content, 0), id, u32(version)])
  return Buffer.concat([header, body(expand(material, info, 32), saltOf(name), bound, plaintext)])
}
const wrapUnder = (kek, contentKey) => {
  const wrap = createCipheriv('id-aes256-wrap', kek, Buffer.alloc(8, 0xa6))
  return Buffer.concat([wrap.update(contentKey), wrap.final()])
}
/** Recipient kind 1. */
const keyRecipient =
  ({ id, version, material }) =>
  (bound, contentKey) => {
    const kek = expand(material, Buffer.concat([label('wrap'), id, u32(version), bound]), 32)
    return Buffer.concat([Buffer.from([1]), u16(60), id, u32(version), wrapUnder(kek, contentKey)])
  }
/** Recipient kind 2, PBKDF2. */
const passwordRecipient =
  ({ password }) =>
  (bound, contentKey) => {
    const salt = secret(`salt of ${password}`).subarray(0, 16)
    const kdf = Buffer.concat([Buffer.from([1]), u32(600_000)])
    const stretched = pbkdf2Sync(text(password), salt, 600_000, 32, 'sha256')
    const kek = expand(stretched, Buffer.concat([label('password'), salt, kdf, bound]), 32)
    return Buffer.concat([Buffer.from([2]), u16(61), salt, kdf, wrapUnder(kek, contentKey)])
  }
const recipientOf = (held) => (held.password === undefined ? keyRecipient(held) : passwordRecipient(held))
/** Mode 2. */
function sealTo(content, recipients, context, plaintext, name) {
  const bound = Buffer.concat([preamble(content, 2), canonicalContext(context)])
  const contentKey = secret(`content key ${name}`)
  const stanzas = recipients.map((recipient) => recipient(bound, contentKey))
  const macked = Buffer.concat([preamble(content, 2), Buffer.from([stanzas.length]), ...stanzas])
  const mac = expand(contentKey, Buffer.concat([label('header'), macked]), 32)
  return Buffer.concat([macked, mac, body(contentKey, saltOf(name), bound, plaintext)])
}
const sealToKey = (content, key, context, plaintext, name) =>
  sealTo(content, [keyRecipient(key)], context, plaintext, name)

// §Contents: a signature inside, then the secrets, then the public fields.
const contentLabels = { 2: 'key package', 3: 'backup', 4: 'store key', 5: 'signed', 6: 'ring key' }
/** The layout of content 5 without the data, over the digest of the data. */
function signature(content, context, digest, key) {
  const bound = Buffer.concat([preamble(content, 2), canonicalContext(context)])
  const start = Buffer.concat([u16(key.algorithm), key.fingerprint])
  const signed = key.sign(Buffer.concat([label(contentLabels[content]), start, bound, digest]))
  return Buffer.concat([start, u16(64), signed])
}
const signedData = (content, context, data, key) =>
  Buffer.concat([signature(content, context, sha512(data), key), data])
const signedContent = (content, context, secrets, fields, key) =>
  signedData(content, context, Buffer.concat([...secrets, text(canonical(fields))]), key)

// One store: a ring, a key of two versions of which the first was retired, a root in a bare key.
const time = 1_790_000_000_000
const actor = 'vectors'
const [store, ring, key] = [uuid('store'), uuid('ring'), uuid('key')]
const rootKey = secret('root')
const root = { id: expand(rootKey, label('key-id'), 16), version: 1, material: rootKey }
const storeKey = { id: uuidBytes(uuid('store key id')), version: 1, material: secret('store key') }
const ringKey = { id: uuidBytes(ring), version: 1, material: secret('ring key') }
const administration = signingKey('store administration')
const ringAdministration = signingKey('ring administration')
const logKey = signingKey('ring log')

const contents = []
function content(number, name, context, secrets, fields) {
  const plaintext = signedContent(number, context, secrets, fields, administration)
  contents.push({
    content: number,
    name,
    context,
    canonicalContext: hex(canonicalContext(context)),
    plaintext: hex(plaintext),
  })
  return plaintext
}
const storeContext = { store }
const storePlaintext = content(4, 'store', storeContext, [storeKey.material, administration.seed], {
  store,
  storeKeyId: uuid('store key id'),
  storeKeyVersion: 1,
  administration: base64url(administration.publicKey),
})
const ringContext = (rights) => ({ store, ring, version: '1', rights })
const usePlaintext = content(6, 'ring, use', ringContext('use'), [ringKey.material, logKey.seed], {
  store,
  ring,
  version: 1,
  logKey: base64url(logKey.publicKey),
  administration: base64url(administration.publicKey),
})
const administerPlaintext = content(6, 'ring, administer', ringContext('administer'), [ringAdministration.seed], {
  store,
  ring,
  version: 1,
  administration: base64url(ringAdministration.publicKey),
})

const nameHash = (name) => base64url(sha256(text(name)))
const storeRecord = {
  kind: 'store',
  id: 'store',
  revision: 1,
  store,
  format: 1,
  created: time,
  administration: base64url(administration.publicKey),
  lease: 30_000,
  roots: [{ kind: 'key', label: 'key', added: time }],
  envelope: base64url(sealToKey(4, root, storeContext, storePlaintext, 'store')),
}
const ringRecord = {
  kind: 'ring',
  id: `ring/${ring}`,
  revision: 1,
  store,
  ring,
  name: 'default',
  created: time,
  administration: base64url(ringAdministration.publicKey),
  logKey: base64url(logKey.publicKey),
  versions: [1],
  use: [base64url(sealToKey(6, storeKey, ringContext('use'), usePlaintext, 'use'))],
  administer: [base64url(sealToKey(6, storeKey, ringContext('administer'), administerPlaintext, 'administer'))],
  applications: [],
}
const ringName = {
  kind: 'ring-name',
  id: `ring-name/${nameHash('default')}`,
  revision: 1,
  store,
  ring,
  name: 'default',
}

const keyName = 'user-data-ü'
const materialOf = (number) => secret(`material ${number}`)
const versionContext = (number) => ({
  store,
  ring,
  key,
  version: String(number),
  purpose: 'encrypt',
  spec: 'symmetric-256',
  origin: 'generated',
  exportable: 'false',
})
const versionRecord = (
  number,
  revision,
  state,
  { primaryUntil = 0, changed = time + number * 1000, reason = '' } = {},
) => ({
  kind: 'version',
  id: `version/${ring}/${key}/${number.toString(16).padStart(8, '0')}`,
  revision,
  store,
  ring,
  key,
  number,
  purpose: 'encrypt',
  spec: 'symmetric-256',
  state,
  previousState: '',
  primaryFrom: time + number * 1000,
  primaryUntil,
  compromisedSince: 0,
  destruction: [],
  material: base64url(sealByKey(1, ringKey, versionContext(number), materialOf(number), `material ${number}`)),
  publicKey: '',
  check: base64url(expand(materialOf(number), Buffer.concat([label('check'), uuidBytes(key), u32(number)]), 8)),
  created: time + number * 1000,
  changed,
  by: actor,
  reason,
  origin: 'generated',
  method: "the platform's CSPRNG",
  exportable: false,
  bits: 256,
})
const keyRecord = (revision, primary, newest) => ({
  kind: 'key',
  id: `key/${ring}/${key}`,
  revision,
  store,
  ring,
  key,
  name: keyName,
  purpose: 'encrypt',
  spec: 'symmetric-256',
  exportable: false,
  description: 'Line 1\nline 2: "quoted", \\, \u007f, \u2028, 🗝',
  created: time + 1000,
  by: actor,
  profile: 'data-key',
  rotationDays: 365,
  processingDays: 0,
  transitionDays: 30,
  primary,
  primarySince: time + 1000 * primary,
  rotation: '',
  transitions: 0,
  newest,
  made: newest.length,
})
const nameRecord = {
  kind: 'name',
  id: `name/${ring}/${nameHash(keyName)}`,
  revision: 1,
  store,
  ring,
  key,
  name: keyName,
}

// §Administered commits
const logs = new Map()
const heads = new Map()
function commit(log, key, operation, at, records, reason = '') {
  const request = uuid(`request ${operation}`)
  const put = records.map((record) => ({ id: record.id, revision: record.revision, bytes: signed(record, key) }))
  const leaves = logs.get(log) ?? []
  const position = leaves.length
  const changes = put.map(({ id, revision, bytes }) => ({ id, revision, hash: base64url(sha256(text(bytes))) }))
  const entry = canonical({ log, position, time: at, actor, operation, reason, request, changes })
  leaves.push(text(entry))
  logs.set(log, leaves)
  const epoch = (heads.get(log) ?? 0) + 1
  heads.set(log, epoch)
  const head = {
    kind: 'head',
    id: `head/${log}`,
    revision: epoch,
    store,
    log,
    incarnation: 0,
    incarnations: [0],
    epoch,
    size: leaves.length,
    root: base64url(treeHash(leaves)),
    frontier: frontier(leaves).map(base64url),
    time: at,
  }
  const requestId = `op/request/${log}/${request}`
  const done = {
    kind: 'request',
    id: requestId,
    revision: 1,
    store,
    log,
    request,
    operation,
    subject: '',
    outcome: '',
    position,
    time: at,
  }
  return {
    expect: [{ id: requestId, revision: 0 }],
    put: [
      ...put,
      { id: head.id, revision: epoch, bytes: signed(head, key) },
      { id: requestId, revision: 1, bytes: signed(done, key) },
    ],
    append: [{ log, position, bytes: entry }],
  }
}
const merge = (a, b) => ({
  expect: [...a.expect, ...b.expect],
  put: [...a.put, ...b.put],
  append: [...a.append, ...b.append],
})
const firstOfStore = commit('store', administration, 'store.create', time, [storeRecord, ringRecord, ringName])
const commits = [
  merge(firstOfStore, commit(ring, ringAdministration, 'ring.create', time, [])),
  commit(ring, ringAdministration, 'key.create', time + 1000, [
    nameRecord,
    keyRecord(1, 1, [1]),
    versionRecord(1, 1, 'active'),
  ]),
  commit(ring, ringAdministration, 'key.rotate', time + 2000, [
    keyRecord(2, 2, [1, 2]),
    versionRecord(1, 2, 'active', { primaryUntil: time + 2000 }),
    versionRecord(2, 1, 'active'),
  ]),
  commit(
    ring,
    ringAdministration,
    'key.retire',
    time + 3000,
    [
      keyRecord(3, 2, [1, 2]),
      versionRecord(1, 3, 'deactivated', { primaryUntil: time + 2000, changed: time + 3000, reason: 'rotated' }),
    ],
    'rotated',
  ),
]

const context = { tenant: 'acme', table: 'users' }
const opens = [1, 2].map((version) => {
  const plaintext = `sealed under version ${version}`
  const of = { id: uuidBytes(key), version, material: materialOf(version) }
  return {
    version,
    context,
    plaintext,
    envelope: base64url(sealByKey(0, of, context, text(plaintext), `record ${version}`)),
  }
})

// A session of the ring.
const sessionKey = signingKey('session')
const session = uuid('session')
const sessionRecordId = `op/session/${ring}/${session}`
const sessionBody = {
  kind: 'session',
  id: sessionRecordId,
  revision: 1,
  store,
  ring,
  caller: actor,
  started: time,
  epoch: 4,
  keys: [key],
  staged: [{ key, number: 2, check: versionRecord(2, 1, 'active').check }],
  publicKey: base64url(sessionKey.publicKey),
  certificate: base64url(
    logKey.sign(Buffer.concat([text('kms1/session\0'), text(sessionRecordId), sessionKey.publicKey])),
  ),
}

// §Content 5 of the envelope, signed data.
const [alice, alicesP256, mallory] = [signingKey('alice'), p256Key('alice, P-256'), signingKey('mallory')]
const inbox = { id: uuidBytes(uuid('inbox')), version: 3, material: secret('inbox') }
const heldKey = ({ id, version, material, password }) =>
  password === undefined ? { id: hex(id), version, material: hex(material) } : { password }
const signedVectors = [
  ['Ed25519', alice, [alice]],
  ['P-256', alicesP256, [alice, alicesP256]],
  ['P-256, another signer', alicesP256, [alice], 'authentication-failed'],
].map(([comment, signer, accepted, result = 'valid']) => {
  const to = { to: 'bob' }
  const data = text(`pay bob, ${comment}`)
  return {
    comment,
    result,
    context: to,
    keys: [heldKey(inbox)],
    signers: accepted.map(({ spki }) => hex(spki)),
    data: hex(data),
    envelope: base64url(sealToKey(5, inbox, to, signedData(5, to, data, signer), `signed ${comment}`)),
  }
})

// §Key packages.
const packageFields = (purpose, spec, versions, signer, more = {}) => ({
  name: `alice, ${spec}`,
  description: '',
  key: uuid(`package ${purpose} ${spec}`),
  purpose,
  spec,
  origin: 'generated',
  exportable: true,
  created: time,
  by: actor,
  store: '',
  ring: '',
  environment: '',
  classification: '',
  signer: base64url(Buffer.concat([u16(signer.algorithm), signer.publicKey])),
  versions: versions.map(({ number = 1, publicKey = Buffer.alloc(0) }) => {
    return { number, state: 'active', created: time + number * 1000, publicKey: base64url(publicKey) }
  }),
  ...more,
})
const packageData = (fields, materials) =>
  Buffer.concat([
    Buffer.from([materials.length]),
    ...materials.flatMap((material) => [u16(material.length), material]),
    text(canonical(fields)),
  ])
const x25519 = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secret('x25519')]),
  format: 'der',
  type: 'pkcs8',
})
const x25519Public = createPublicKey(x25519).export({ format: 'der', type: 'spki' }).subarray(12)
const fresh = signingKey('made for one signature')
const password = { password: 'correct horse battery staple' }
const bobsFingerprint = hex(sha256(u16(0x0020), x25519Public).subarray(0, 16))
/** A recipient of a kind that is not known: whoever it is, others may hold the content key. */
const stranger = () => Buffer.concat([Buffer.from([9]), u16(3), Buffer.from([1, 2, 3])])
function keyPackage(comment, of) {
  const { held = inbox, fields, materials, signer, to, from, result = 'valid', others = [], sealedTo = to } = of
  const context = sealedTo === undefined ? {} : { to: sealedTo }
  const plaintext = signedData(2, context, packageData(fields, materials), signer)
  return {
    comment,
    result,
    keys: [heldKey(held)],
    ...(from !== undefined && { sent: { to, from: from.map(({ spki }) => hex(spki)) } }),
    signer: hex(signer.spki),
    fields,
    materials: materials.map(hex),
    plaintext: hex(plaintext),
    envelope: base64url(sealTo(2, [recipientOf(held), ...others], context, plaintext, `package ${comment}`)),
  }
}
const kept = {
  ed25519: { fields: packageFields('sign', 'ed25519', [alice], alice), materials: [alice.pkcs8], signer: alice },
  p256: {
    fields: packageFields('sign', 'p-256', [alicesP256], alicesP256),
    materials: [alicesP256.pkcs8],
    signer: alicesP256,
  },
  x25519: {
    fields: packageFields('agree', 'x25519', [{ publicKey: x25519Public }], fresh),
    materials: [secret('x25519')],
    signer: fresh,
  },
}
const managed = { store, ring, key, name: keyName, environment: 'production', classification: 'personal' }
const sent = {
  fields: packageFields('encrypt', 'symmetric-256', [{ number: 1 }, { number: 2 }], alice, managed),
  materials: [materialOf(1), materialOf(2)],
  signer: alice,
}
const keyPackages = [
  keyPackage('kept: Ed25519, to a key', kept.ed25519),
  keyPackage('kept: P-256, to a password', { ...kept.p256, held: password }),
  keyPackage('kept: X25519, signed by a key made for it', kept.x25519),
  keyPackage('sent: two versions of a symmetric key', { ...sent, to: bobsFingerprint, from: [mallory, alice] }),
  keyPackage('kept: a signing key signed by another', {
    ...kept.ed25519,
    fields: packageFields('sign', 'ed25519', [alice], mallory),
    signer: mallory,
    result: 'authentication-failed',
  }),
  keyPackage('kept: sealed to others besides', {
    ...kept.ed25519,
    others: [stranger],
    result: 'authentication-failed',
  }),
  keyPackage('sent: by another signer', {
    ...sent,
    fields: { ...sent.fields, signer: packageFields('', '', [], mallory).signer },
    signer: mallory,
    to: bobsFingerprint,
    from: [alice],
    result: 'authentication-failed',
  }),
  keyPackage('sent: to somebody else', {
    ...sent,
    to: bobsFingerprint,
    sealedTo: hex(alice.fingerprint),
    from: [alice],
    result: 'authentication-failed',
  }),
  keyPackage('sent, where one that is kept was asked for', {
    ...sent,
    sealedTo: bobsFingerprint,
    result: 'authentication-failed',
  }),
  keyPackage('kept: fewer versions than materials', {
    ...kept.x25519,
    materials: [secret('x25519'), secret('another')],
    result: 'malformed',
  }),
  keyPackage('kept: a field that is not known', {
    ...kept.x25519,
    fields: { ...kept.x25519.fields, colour: 'blue' },
    result: 'malformed',
  }),
]

// §Backups: the store as its commits leave it.
const backupRecords = new Map()
for (const { put, append } of commits) {
  for (const { id, revision, bytes } of put) if (!id.startsWith('op/')) backupRecords.set(id, { id, revision, bytes })
  for (const { log, position, bytes } of append) {
    const id = `log/${log}/${String(position).padStart(16, '0')}`
    backupRecords.set(id, { id, revision: 1, bytes })
  }
}
const item = (type, bytes) => Buffer.concat([Buffer.from([type]), u32(bytes.length), bytes])
const startItem = (more = {}) =>
  item(
    1,
    text(
      canonical({
        format: 1,
        backup: uuid('backup'),
        store,
        administration: base64url(administration.publicKey),
        created: time + 5000,
        by: actor,
        ...more,
      }),
    ),
  )
const recordItem = ({ id, revision, bytes }) => {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(revision))
  return item(2, Buffer.concat([u16(id.length), text(id), number, text(bytes)]))
}
const chain = (items) => items.reduce((digest, one) => sha512(digest, one), Buffer.alloc(64))
function backup(comment, of = {}) {
  const items = [of.start ?? startItem(), ...[...backupRecords.values()].map(recordItem)]
  const signed = of.signed?.(items) ?? items
  const signer = of.signer ?? administration
  const end = item(255, signature(3, {}, chain(signed), signer))
  const plaintext = Buffer.concat(of.plaintext?.(items, end) ?? [...items, end])
  return {
    comment,
    result: of.result ?? 'valid',
    keys: [heldKey(root)],
    fingerprint: storeFingerprint(administration),
    envelope: base64url(sealToKey(3, root, {}, plaintext, `backup ${comment}`)),
  }
}
const backups = [
  backup('a whole store'),
  backup('a record is missing', {
    plaintext: (items, end) => [...items.slice(0, 3), ...items.slice(4), end],
    result: 'authentication-failed',
  }),
  backup('two records in another order', {
    plaintext: ([start, a, b, ...rest], end) => [start, b, a, ...rest, end],
    result: 'authentication-failed',
  }),
  backup('signed by another key', { signer: mallory, result: 'authentication-failed' }),
  backup('of another store', {
    start: startItem({ administration: base64url(mallory.publicKey) }),
    signer: mallory,
    result: 'authentication-failed',
  }),
  backup('of a newer format', { start: startItem({ format: 2 }), result: 'unsupported' }),
  backup('without an end', { plaintext: (items) => items, result: 'malformed' }),
  backup('with something after its end', { plaintext: (items, end) => [...items, end, items[1]], result: 'malformed' }),
  backup('cut within a record', {
    plaintext: (items) => [Buffer.concat(items).subarray(0, -1)],
    result: 'malformed',
  }),
  backup('with an operational record', {
    signed: (items) => [...items, recordItem({ id: 'op/x', revision: 1, bytes: '{}' })],
    plaintext: (items, end) => [...items, recordItem({ id: 'op/x', revision: 1, bytes: '{}' }), end],
    result: 'malformed',
  }),
]

// The leaves of the reference tests of Certificate Transparency, so that the roots can be compared with others'.
const treeLeaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']

const vectors = {
  specification: 'docs/contents-v1.md',
  maker: 'docs/vectors/make-contents-v1.mjs',
  canonical: {
    valid: [
      { b: 1, a: 'x', A: true, aa: [] },
      { nested: { z: [{ b: false }, [0, 9007199254740991]], a: {} } },
      { text: '\u0000\u0008\u0009\u000a\u000c\u000d\u001f"\\/\u007f\u2028é𝄞' },
    ].map((value) => ({ value, bytes: canonical(value) })),
    invalid: [
      ['[]', 'not an object'],
      ['', 'nothing'],
      ['{"a":1', 'cut'],
      ['{"a":1}\n', 'white space after'],
      ['{"a": 1}', 'white space inside'],
      ['\ufeff{"a":1}', 'a byte order mark'],
      ['{"b":1,"a":1}', 'names out of order'],
      ['{"a":1,"a":1}', 'a name twice'],
      ['{"a":null}', 'null'],
      ['{"a":1.5}', 'a fraction'],
      ['{"a":1.0}', 'an integer written as a fraction'],
      ['{"a":1e2}', 'an exponent'],
      ['{"a":-1}', 'a negative integer'],
      ['{"a":-0}', 'minus zero'],
      ['{"a":9007199254740992}', 'an integer over 2^53 - 1'],
      ['{"a":"\\u0041"}', 'an escape that is not needed'],
      ['{"a":"\\/"}', 'an escaped solidus'],
      ['{"a":"\\u001F"}', 'an escape in upper case'],
      ['{"a":"\\ud800"}', 'a lone surrogate'],
      ['{"é":1}', 'a name that is not ASCII'],
      ['{"":1}', 'an empty name'],
      ['{"a":[[[[[[[[1]]]]]]]]}', 'nine levels'],
    ].map(([bytes, why]) => ({ bytes, why })),
  },
  signingKey: {
    seed: hex(administration.seed),
    publicKey: hex(administration.publicKey),
    fingerprint: hex(administration.fingerprint),
    storeFingerprint: storeFingerprint(administration),
  },
  trees: treeLeaves.map((_, i) => {
    const leaves = treeLeaves.slice(0, i + 1)
    const bytes = leaves.map((leaf) => Buffer.from(leaf, 'hex'))
    return { leaves, root: hex(treeHash(bytes)), frontier: frontier(bytes).map(hex) }
  }),
  versionNumbers: [
    { number: 1, label: '1' },
    { number: 65_535, label: '65535' },
    { number: 0x5f2a_0003, label: 'r5f2a.3' },
    { number: 0x0001_0001, label: 'r0001.1' },
    { number: 0xffff_ffff, label: 'rffff.65535' },
  ],
  contexts: [{ content: 1, context: versionContext(1), canonicalContext: hex(canonicalContext(versionContext(1))) }],
  contents,
  secrets: {
    storeKey: hex(storeKey.material),
    storeKeyId: uuid('store key id'),
    administrationSeed: hex(administration.seed),
    ringKey: hex(ringKey.material),
    logSeed: hex(logKey.seed),
    logKey: hex(logKey.publicKey),
    ringAdministrationSeed: hex(ringAdministration.seed),
    ringAdministration: hex(ringAdministration.publicKey),
    sessionSeed: hex(sessionKey.seed),
  },
  signed: signedVectors,
  keyPackages,
  backups,
  session: { id: sessionRecordId, bytes: signed(sessionBody, sessionKey) },
  store: { id: store, ring, key, keyName, rootKey: hex(rootKey), commits, opens },
}
writeFileSync(new URL('contents-v1.json', import.meta.url), `${JSON.stringify(vectors, null, 1)}\n`)
