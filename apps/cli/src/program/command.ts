import { Argument, type Command, Option } from 'commander'
import { invocation } from '../invocation.ts'

/** A command as its module exports it; each module is loaded when its command runs. */
// biome-ignore lint/suspicious/noExplicitAny: commander hands over what its options and arguments declare
type Action = (call: any, ...args: any[]) => Promise<void>

/**
 * Runs a command with its options and the global ones, in one object.
 * @param more what it takes after its own arguments
 */
export function act(load: () => Promise<Action>, ...more: readonly unknown[]): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.pop() as Command
    given.pop()
    const run = await load()
    await run(await invocation(command.optsWithGlobals()), ...given, ...more)
  }
}

/** A group such as `kms key` alone shows its commands, and is an error. */
export function missing(this: Command, _options: unknown, command: Command): void {
  const names = command.commands.map((one) => one.name()).join(', ')
  const [unknown] = command.args
  command.error(
    unknown === undefined
      ? `kms ${command.name()} needs a command: ${names}.`
      : `kms ${command.name()} has no such command. There are ${names}.`,
  )
}

export function collect(pair: string, before: readonly string[] | boolean | undefined): readonly string[] {
  return Array.isArray(before) ? [...before, pair] : [pair]
}

/** A change that a script can repeat where it does not know what came of it. */
export const repeatable = (command: Command): Command =>
  command.option('--request-id <uuid>', 'yours: the same command, repeated with it, is done once')

/** A change with a reason, which is in the log. */
export const reason = (command: Command): Command => repeatable(command.option('--reason <text>', 'why, for the log'))

export const file = (command: Command): Command =>
  command.addArgument(new Argument('[file]', 'a file; - or nothing: stdin'))

export function kdf(): Option {
  return new Option('--kdf <kdf>', 'what a password is stretched with').choices(['argon2id', 'scrypt', 'pbkdf2'])
}

export function fernetPassword(): Option {
  return new Option('--fernet-password-file <file>', 'the password of a Fernet key file, where it is another')
}

export function signatureForm(says: string): Option {
  return new Option('--form <form>', `${says} (file)`).choices(['file', 'raw', 'der'])
}
