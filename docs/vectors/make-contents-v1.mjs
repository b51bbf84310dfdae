// Writes contents-v1.json: test vectors of docs/contents-v1.md, made from the text of the specification and Node's own crypto,
// without any of the project's code. Deterministic: running it again gives the same file.
//   node docs/vectors/make-contents-v1.mjs
import { createCipheriv, createHash, createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto'
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
  return { seed, publicKey, spki, fingerprint: sha256(spki).subarray(0, 16), sign: (data) => sign(null, data, key) }
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
/** Mode 2, to one recipient of kind 1. */
function sealToKey(content, { id, version, material }, context, plaintext, name) {
  const bound = Buffer.concat([preamble(content, 2), canonicalContext(context)])
  const contentKey = secret(`content key ${name}`)
  const kek = expand(material, Buffer.concat([label('wrap'), id, u32(version), bound]), 32)
  const wrap = createCipheriv('id-aes256-wrap', kek, Buffer.alloc(8, 0xa6))
  const wrapped = Buffer.concat([wrap.update(contentKey), wrap.final()])
  const recipient = Buffer.concat([Buffer.from([1]), u16(60), id, u32(version), wrapped])
  const macked = Buffer.concat([preamble(content, 2), Buffer.from([1]), recipient])
  const mac = expand(contentKey, Buffer.concat([label('header'), macked]), 32)
  return Buffer.concat([macked, mac, body(contentKey, saltOf(name), bound, plaintext)])
}

// §Contents: a signature inside, then the secrets, then the public fields.
const contentNames = { 4: 'store key', 6: 'ring key' }
function signedContent(content, context, secrets, fields, key) {
  const data = Buffer.concat([...secrets, text(canonical(fields))])
  const bound = Buffer.concat([preamble(content, 2), canonicalContext(context)])
  const start = Buffer.concat([u16(1), key.fingerprint])
  const signature = key.sign(Buffer.concat([label(contentNames[content]), start, bound, sha512(data)]))
  return Buffer.concat([start, u16(64), signature, data])
}

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
const versionRecord = (number, revision, state, changed, reason) => ({
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
  material: base64url(sealByKey(1, ringKey, versionContext(number), materialOf(number), `material ${number}`)),
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
  description: 'Line 1\nline 2: "quoted", \\, \u007f, \u2028, 🗝',
  created: time + 1000,
  by: actor,
  rotationDays: 365,
  primary,
  primarySince: time + 1000 * primary,
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
    versionRecord(1, 1, 'active', time + 1000, ''),
  ]),
  commit(ring, ringAdministration, 'key.rotate', time + 2000, [
    keyRecord(2, 2, [1, 2]),
    versionRecord(2, 1, 'active', time + 2000, ''),
  ]),
  commit(
    ring,
    ringAdministration,
    'key.retire',
    time + 3000,
    [keyRecord(3, 2, [1, 2]), versionRecord(1, 2, 'deactivated', time + 3000, 'rotated')],
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
  publicKey: base64url(sessionKey.publicKey),
  certificate: base64url(
    logKey.sign(Buffer.concat([text('kms1/session\0'), text(sessionRecordId), sessionKey.publicKey])),
  ),
}

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
  session: { id: sessionRecordId, bytes: signed(sessionBody, sessionKey) },
  store: { id: store, ring, key, keyName, rootKey: hex(rootKey), commits, opens },
}
writeFileSync(new URL('contents-v1.json', import.meta.url), `${JSON.stringify(vectors, null, 1)}\n`)
