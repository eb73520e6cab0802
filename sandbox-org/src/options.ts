import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credentials } from './access/accounts.ts';
import { SandboxError } from './errors.ts';

/** Options of a sandbox org; all have defaults, given in parentheses. */
export interface SandboxOptions {
  /** Number of sObjects (300). */
  readonly objects?: number;
  /** The same seed gives the same org (1). */
  readonly seed?: number;
  /** Network round trip of each call in milliseconds (0). */
  readonly latency?: number;
  /** Whether the server's response time is modeled (on when `latency` is above 0). */
  readonly serverTime?: boolean;
  /** TLS port (0: any free port). */
  readonly port?: number;
  /** Folder for the authority and certificates (a new temporary one). */
  readonly state?: string;
  /** CIDR ranges from which no security token is needed (none). */
  readonly trustedRanges?: readonly string[];
  /** Seconds of inactivity after which a session ends (7200). */
  readonly sessionTimeout?: number;
  /** API calls a day (100,000). */
  readonly dailyLimit?: number;
  /** `acme.my`, or `acme--uat.sandbox.my` for an org that calls itself a sandbox. */
  readonly myDomain?: string;
  readonly credentials?: Partial<Credentials>;
  readonly lockoutAfter?: number;
  readonly passwordExpired?: boolean;
  /** Limit of concurrent calls that run longer than `longRunningSeconds` (25, 20 s). */
  readonly longRunningCap?: number;
  readonly longRunningSeconds?: number;
  /** Port of the CONNECT proxy (0: any free port); no proxy without it. */
  readonly proxyPort?: number;
  readonly proxyCredentials?: { readonly username: string; readonly password: string };
  /**
   * CAs of client certificates, in PEM (none). With any, a second TLS port requires one, as a real
   * org's 8443 does.
   */
  readonly clientCas?: readonly string[];
  readonly adminToken?: string;
  /** PEM certificates or public keys for the JWT bearer flow. */
  readonly jwtKeys?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

type Optional = 'credentials' | 'proxyPort' | 'proxyCredentials';
export type CompiledOptions = Required<Omit<SandboxOptions, Optional>> & {
  readonly credentials: Partial<Credentials>;
  readonly proxyPort: number | null;
  readonly proxyCredentials: { readonly username: string; readonly password: string } | null;
};

/** Fills in the defaults. Throws SandboxError for an invalid value. */
export function compileOptions(raw: SandboxOptions): CompiledOptions {
  const compiled: CompiledOptions = {
    objects: raw.objects ?? 300,
    seed: raw.seed ?? 1,
    latency: raw.latency ?? 0,
    serverTime: raw.serverTime ?? (raw.latency ?? 0) > 0,
    port: raw.port ?? 0,
    state: raw.state ?? mkdtempSync(join(tmpdir(), 'sandbox-org-')),
    trustedRanges: raw.trustedRanges ?? [],
    sessionTimeout: raw.sessionTimeout ?? 7_200,
    dailyLimit: raw.dailyLimit ?? 100_000,
    myDomain: raw.myDomain ?? 'acme.my',
    credentials: raw.credentials ?? {},
    lockoutAfter: raw.lockoutAfter ?? 10,
    passwordExpired: raw.passwordExpired ?? false,
    longRunningCap: raw.longRunningCap ?? 25,
    longRunningSeconds: raw.longRunningSeconds ?? 20,
    proxyPort: raw.proxyPort ?? null,
    proxyCredentials: raw.proxyCredentials ?? null,
    adminToken: raw.adminToken ?? randomBytes(24).toString('base64url'),
    clientCas: raw.clientCas ?? [],
    jwtKeys: raw.jwtKeys ?? [],
    now: raw.now ?? Date.now,
  };
  checkNumber('objects', compiled.objects, 1, 20_000);
  checkNumber('port', compiled.port, 0, 65_535);
  checkNumber('latency', compiled.latency, 0, 600_000);
  if (!/^[a-z][\w-]*(?:\.sandbox)?\.my$/.test(compiled.myDomain)) {
    throw new SandboxError(
      `myDomain must have the form acme.my or acme--uat.sandbox.my, not ${compiled.myDomain}`,
    );
  }
  return compiled;
}

function checkNumber(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new SandboxError(`${name} must be an integer from ${min} to ${max}`);
}
