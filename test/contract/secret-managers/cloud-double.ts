import type { ManagerUnderTest } from '../secret-manager.stage.ts';

/** What the doubles of all clouds can do. */
export interface CloudDouble {
  /** Requests for secrets. */
  readonly reads: number;
  readonly signIns: number;
  /** Stores a new version of a secret; undefined removes it. */
  put(name: string, value: string | Uint8Array | undefined): void;
}

export interface CloudSecrets {
  readonly hasKeys: boolean;
  /** The cloud's name of the secret with these segments. */
  readonly nameOf: (segments: readonly string[]) => string;
  /** Undefined for a way without tokens. No cloud renews one: another sign-in replaces it. */
  readonly tokenLifeMs: number | undefined;
}

/** Clouds store texts; with keys, the text is an object with the one key `password`. */
export function inCloud(
  cloud: CloudDouble,
  { hasKeys, nameOf, tokenLifeMs }: CloudSecrets,
): Pick<ManagerUnderTest, 'put' | 'requests' | 'tokens'> {
  return {
    put: async (path, value) =>
      cloud.put(
        nameOf(hasKeys ? path.slice(0, -1) : path),
        hasKeys && value !== undefined ? JSON.stringify({ password: value }) : value,
      ),
    requests: () => cloud.reads,
    ...(tokenLifeMs !== undefined && {
      tokens: {
        lifeMs: tokenLifeMs,
        renews: false,
        counts: () => ({ signIns: cloud.signIns, renewals: 0 }),
      },
    }),
  };
}
