import { createHmac, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { RandomBytes } from '../../runtime/clock.ts';

const PASSWORD_BYTES = 24;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** 16 MiB and some 50 ms a guess. */
const COST = { N: 16_384, r: 8, p: 1 } as const;

const derive = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt);

export function newPassword(random: RandomBytes): string {
  return random(PASSWORD_BYTES).toString('base64url');
}

/** `scrypt$salt$hash`, both in base64url. */
export async function hashPassword(password: string, random: RandomBytes): Promise<string> {
  const salt = random(SALT_BYTES);
  const hash = await derive(password, salt, HASH_BYTES, COST);
  return `scrypt$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/** Compares in constant time. */
export async function matchesPassword(password: string, stored: string): Promise<boolean> {
  const [, salt = '', hash = ''] = stored.split('$');
  const expected = Buffer.from(hash, 'base64url');
  const actual = await derive(password, Buffer.from(salt, 'base64url'), HASH_BYTES, COST);
  return expected.length === actual.length && timingSafeEqual(actual, expected);
}

/**
 * Remembers passwords that matched, so that a server that calls often does not cost a derivation
 * each time. Keeps a keyed digest of each, in memory only.
 */
export class KnownPasswords {
  readonly #key: Buffer;
  readonly #known = new Map<string, Buffer>();

  constructor(random: RandomBytes) {
    this.#key = random(HASH_BYTES);
  }

  /** `stored` is the hash that the password matched: another hash makes it unknown. */
  has(password: string, stored: string): boolean {
    const known = this.#known.get(stored);
    return known !== undefined && timingSafeEqual(known, this.#digest(password));
  }

  add(password: string, stored: string): void {
    this.#known.set(stored, this.#digest(password));
  }

  #digest(password: string): Buffer {
    return createHmac('sha256', this.#key).update(password, 'utf8').digest();
  }
}
