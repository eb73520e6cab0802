import type { Deps } from '../../control-plane/src/deps.ts';
import type { Store, StoreReader } from '../../control-plane/src/store/store.ts';
import { Killed, type SimulatedProcess } from './process.ts';

const COMMIT_MS = 8;

const never = new Promise<never>(() => undefined);

/**
 * A store in a simulated process: commits take time, a process that dies in a transaction rolls it
 * back, and a dead one reads nothing.
 */
export function storeOf(process: SimulatedProcess, store: Store, onCommitted: () => void): Store {
  const { world } = process;
  return {
    read: readerOf(process, store.read),
    transaction: async (work) => {
      await process.pass('transaction');
      try {
        const result = await store.transaction(async (tx) => {
          await process.passOrThrow('begin');
          const made = await work(tx);
          await process.passOrThrow('commit', world.between(0, COMMIT_MS));
          return made;
        });
        onCommitted();
        await process.pass('committed');
        return result;
      } catch (thrown) {
        if (thrown instanceof Killed || !process.alive) return await never;
        throw thrown;
      }
    },
    close: () => store.close(),
  };
}

function readerOf(process: SimulatedProcess, reads: StoreReader): StoreReader {
  const guard = <T extends object>(table: T): T =>
    new Proxy(table, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        return typeof method === 'function'
          ? (...args: unknown[]) =>
              process.alive ? (Reflect.apply(method, target, args) as unknown) : never
          : method;
      },
    });
  return Object.fromEntries(
    Object.entries(reads).map(([name, table]) => [name, guard(table as object)]),
  ) as unknown as StoreReader;
}

export function traceLog(process: SimulatedProcess): Deps['log'] {
  const at =
    (level: string) =>
    (data: object, message?: string): void => {
      if (process.alive)
        process.world.note(
          `${process.name} ${level} ${message ?? ''} ${JSON.stringify(data, (_name, value: unknown) => (value instanceof Error ? value.message : value))}`,
        );
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  } as unknown as Deps['log'];
}
