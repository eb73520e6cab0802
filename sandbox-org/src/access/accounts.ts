import { randomBytes } from 'node:crypto';
import { BlockList, isIPv4 } from 'node:net';
import { SandboxError } from '../errors.ts';
import { recordId } from '../org/ids.ts';

/** Credentials of the sign-in, generated at each start unless given. Never logged. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly securityToken: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
}

export interface AccountOptions {
  readonly credentials: Partial<Credentials>;
  readonly trustedRanges: readonly string[];
  readonly lockoutAfter: number;
  readonly passwordExpired: boolean;
}

export type PasswordVerdict = 'granted' | 'rejected' | 'needs-token';

/** The org's integration user and its sign-in rules. */
export class Accounts {
  readonly credentials: Credentials;
  readonly userId: string;
  readonly passwordExpired: boolean;
  /** Certificates or public keys (PEM) accepted for the JWT bearer flow. */
  readonly jwtKeys: string[] = [];
  readonly #lockoutAfter: number;
  readonly #trusted: BlockList;
  #failures = 0;

  constructor(options: AccountOptions) {
    this.credentials = { ...newCredentials(), ...options.credentials };
    this.userId = recordId('005', 0);
    this.passwordExpired = options.passwordExpired;
    this.#lockoutAfter = options.lockoutAfter;
    this.#trusted = blockList(options.trustedRanges);
  }

  get locked(): boolean {
    return this.#failures >= this.#lockoutAfter;
  }

  unlock(): void {
    this.#failures = 0;
  }

  /**
   * Checks a password, with or without the security token appended, depending on the caller's
   * address.
   */
  check(username: string, password: string, sourceAddress: string): PasswordVerdict {
    const { credentials } = this;
    if (this.locked || username.toLowerCase() !== credentials.username.toLowerCase())
      return 'rejected';
    const withToken = password === credentials.password + credentials.securityToken;
    if (!withToken && password !== credentials.password) {
      this.#failures += 1;
      return 'rejected';
    }
    if (!withToken && !this.isTrusted(sourceAddress)) return 'needs-token';
    this.#failures = 0;
    return 'granted';
  }

  isTrusted(address: string): boolean {
    const plain = address.replace(/^::ffff:/, '');
    return this.#trusted.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  }
}

function newCredentials(): Credentials {
  const draw = (bytes: number): string => randomBytes(bytes).toString('base64url');
  return {
    username: 'integration@acme.example',
    password: `Pw-${draw(12)}`,
    securityToken: draw(18).replaceAll(/[-_]/g, 'x'),
    consumerKey: `3MVG9${draw(60).replaceAll(/[-_]/g, '.')}`,
    consumerSecret: randomBytes(32).toString('hex').toUpperCase(),
  };
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    try {
      list.addSubnet(
        address,
        prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix),
        family,
      );
    } catch {
      throw new SandboxError(`not an address range: ${range}`);
    }
  }
  return list;
}
