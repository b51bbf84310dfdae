import { readFileSync, writeSync } from 'node:fs'
import { type HeaderRecipient, parseHeader, type RecipientsHeader, rewrapHeader } from '@kms/core/envelope'
import { rewrapFile } from '@kms/node'
import { type Mutant, writeCarelessly } from './mutants.ts'
import { by, context, primitives, to } from './roots.ts'

// A process that rewraps a file in place: `node writer.js FILE COUNT [MUTANT]`, COUNT times or until it is killed. The second recipient
// becomes the third key, and the second one again.

const [path = '', count = '1', mutant] = process.argv.slice(2)

const second = (start: Uint8Array): HeaderRecipient =>
  (parseHeader(start) as RecipientsHeader).recipients[1] as HeaderRecipient

let next: 2 | 3 = 3
const swap = (start: Uint8Array): ReturnType<typeof rewrapHeader> => {
  const going = second(start).bytes
  const remove = ({ bytes }: HeaderRecipient): boolean => Buffer.compare(bytes, going) === 0
  const add = [to(next)]
  next = next === 3 ? 2 : 3
  return rewrapHeader(start, { context, openers: [by(1)], primitives, add, remove })
}

writeSync(1, 'ready\n')
for (let done = 0; done < Number(count); done++) {
  if (mutant === undefined) {
    await rewrapFile(path, swap)
  } else {
    const start = readFileSync(path).subarray(0, 65_536)
    const { header, replaces } = await swap(start)
    await writeCarelessly(path, start.subarray(0, replaces), header, mutant as Mutant)
  }
}
