import { randomBytes, randomUUID } from 'node:crypto';

/** Randomness, injected so that a simulation can control it. */
export interface Random {
  /** Uniform in [0, 1). For jitter, never for keys. */
  fraction(): number;
  /** Cryptographically strong outside simulations. */
  bytes(length: number): Uint8Array;
  uuid(): string;
}

export const systemRandom: Random = {
  fraction: () => Math.random(),
  bytes: (length) => randomBytes(length),
  uuid: () => randomUUID(),
};
