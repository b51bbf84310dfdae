import { failure } from '../failure.ts'
import { openInput, readAll } from '../files/input.ts'
import type { Invocation } from '../invocation.ts'
import { printable } from '../layout.ts'
import { withKms } from '../with-kms.ts'
import { wholeLimit } from './sign.ts'

interface MacOptions {
  readonly key?: string
  readonly verify?: string
  readonly keyVersion?: string
}

/** `kms mac --key NAME [FILE]`: its mac in hex; with `--verify`, whether it is that one. */
export async function mac(call: Invocation<MacOptions>, file?: string): Promise<void> {
  const { key: name, verify, keyVersion: version } = call.options
  if (name === undefined) throw await failure('invalid-argument', 'Name the key: --key NAME (kms key list).')
  if (verify !== undefined && !/^([0-9a-f]{2}){32,64}$/i.test(verify)) {
    throw await failure('invalid-argument', 'A mac is 64, 96 or 128 hexadecimal digits.')
  }
  if (version !== undefined && verify === undefined) {
    throw await failure('invalid-argument', '--key-version goes with --verify: new macs are of the primary version.')
  }
  const input = await openInput(file, call.signal)
  const data = await readAll(input.read(), wholeLimit, input.name)
  const found = await withKms(call, async (kms) => {
    const key = await kms.use(name, { purpose: 'mac' })
    if (verify === undefined) return { mac: Buffer.from(key.mac(data)).toString('hex'), version: key.version }
    // It may be of a version older than the newest, which alone are in memory.
    await (version === undefined ? key.loadAll() : key.load(version))
    return { genuine: true, ...key.verify(Buffer.from(verify, 'hex'), data, version === undefined ? {} : { version }) }
  })
  call.output.result({ key: name, ...found }, ({ green }) =>
    'mac' in found ? found.mac : `${green('Genuine')}: of version ${found.version} of ${printable(name)}.`,
  )
}
