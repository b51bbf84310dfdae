// sdk exchange TEXT [tampered|stranger]      X1: two sides with managed signing keys agree on keys, and what one seals the other opens
import { answerExchange, backendParts, Kms, peerAmong, type Signer, startExchange } from '@kms/node'

const [text = '', misuse] = process.argv.slice(3)
const parts = backendParts()
const context = { purpose: 'requirement X1' }

async function signer(): Promise<Signer> {
  const kms = await Kms.ephemeral()
  await kms.keys.create('me', { purpose: 'sign' })
  return (await kms.use('me', { purpose: 'sign' })).signer()
}

try {
  const [one, two, other] = [await signer(), await signer(), await signer()]
  const asked = peerAmong([misuse === 'stranger' ? other : two], parts)
  const begun = await startExchange({ signer: one, peer: asked, context, ...parts })
  const answered = await answerExchange(begun.message, {
    signer: two,
    peer: peerAmong([one], parts),
    context,
    ...parts,
  })
  const message = answered.message.slice()
  if (misuse === 'tampered') message[40] = (message[40] as number) ^ 1
  const confirmed = await begun.finish(message)
  const session = await answered.finish(confirmed.message)
  const [ours, theirs] = [confirmed.session, session].map((side) =>
    Buffer.from(side.exportSecret('check', 32).reveal()),
  )
  process.stdout.write(`both have the same key ${ours?.equals(theirs as Buffer)}, for ${text}\n`)
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code}: ${(error as Error).message}\n`)
  process.exitCode = 1
}
