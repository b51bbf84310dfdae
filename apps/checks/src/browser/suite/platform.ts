import { type Case, require } from './case.ts'

const nodes = ['Buffer', 'process', 'global', 'require', 'setImmediate', '__dirname']

/** That this is a browser, and not Node with a few globals hidden. */
export const platform: readonly Case[] = [
  {
    name: 'nothing of Node is here',
    run() {
      for (const name of nodes) require(!(name in globalThis), `there is a global ${name}`)
      require(navigator.userAgent.includes('Chrome'), navigator.userAgent)
    },
  },
]
