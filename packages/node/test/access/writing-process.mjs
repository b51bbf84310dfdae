import { LastSeenFile } from '@kms/node'

// Writes what it has seen until it is killed: node writing-process.mjs FOLDER

const file = new LastSeenFile({ folder: process.argv[2] })
for (let epoch = 1; ; epoch++) {
  await file.write('abc', { logs: { other: { epoch, root: `root ${epoch}`, size: epoch, frontier: [] } } })
  if (epoch === 20) process.stdout.write('writing\n')
}
