import type { KeyStore } from '../store/key-store.ts'
import { require } from './conformance.ts'

const put = (store: KeyStore, revision: number): ReturnType<KeyStore['commit']> =>
  store.commit({
    expect: [],
    put: [{ id: 'op/watched', revision, bytes: Uint8Array.of(revision) }],
    remove: [],
    append: [],
  })

/** Resolves to the given value after a time, so that a watcher that hears nothing fails instead of hanging. */
const after = <T>(milliseconds: number, value: T): Promise<T> =>
  new Promise((resolve) => setTimeout(() => resolve(value), milliseconds))

/** Half a second is the promise; the rest is for a machine that is busy with other tests. */
const lateMs = 5000

/** How an instance hears of its own commits, and stops listening. */
export const watchCases: readonly { readonly name: string; run(store: KeyStore): Promise<void> }[] = [
  {
    name: 'watch yields the sequence after a commit, also one made between the call and the first wait',
    async run(store) {
      const stop = new AbortController()
      const sequences = store.watch(stop.signal)[Symbol.asyncIterator]()
      const { sequence } = await put(store, 1)
      const first = await Promise.race([sequences.next(), after(lateMs, undefined)])
      require(first !== undefined && first.done !== true && first.value === sequence, 'the sequence of the commit')
      const waiting = sequences.next()
      const second = await put(store, 2)
      const heard = await Promise.race([waiting, after(lateMs, undefined)])
      require(heard?.value === second.sequence && second.sequence > sequence, 'the sequence of the second commit')
      stop.abort()
    },
  },
  {
    name: 'watch ends when its signal aborts, while waiting and before',
    async run(store) {
      const stop = new AbortController()
      const sequences = store.watch(stop.signal)[Symbol.asyncIterator]()
      const waiting = sequences.next()
      stop.abort()
      const ended = await Promise.race([waiting, after(lateMs, undefined)])
      require(ended?.done === true, 'the waiting iteration to end')
      const none = await Promise.race([
        store.watch(stop.signal)[Symbol.asyncIterator]().next(),
        after(lateMs, undefined),
      ])
      require(none?.done === true, 'an iteration with an aborted signal to end at once')
    },
  },
  {
    name: 'watch ends when the store closes',
    async run(store) {
      const sequences = store.watch(new AbortController().signal)[Symbol.asyncIterator]()
      const waiting = sequences.next()
      await after(10, undefined)
      await store.close()
      const ended = await Promise.race([waiting, after(lateMs, undefined)])
      require(ended?.done === true, 'the waiting iteration to end')
    },
  },
  {
    name: 'every watcher of a store hears of a commit',
    async run(store) {
      const stop = new AbortController()
      const watchers = [1, 2, 3].map(() => store.watch(stop.signal)[Symbol.asyncIterator]())
      const waiting = Promise.all(watchers.map((watcher) => watcher.next()))
      const { sequence } = await put(store, 1)
      const heard = await Promise.race([waiting, after(lateMs, undefined)])
      require(heard?.every(({ value }) => value === sequence) === true, 'all three to hear the sequence')
      stop.abort()
    },
  },
]
