/*
 * Files that are encrypted with a key which is not on this disk in the open: AES-256-GCM, with the
 * whole header as associated data. Each purpose has a key of its own, derived from the sealing key,
 * so that a file of one purpose is no file of another, and a process that has to open files of one
 * keeps the key of no other.
 */
import { createCipheriv, createDecipheriv, hkdfSync, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { canonicalJson } from '../../foundation/src/runtime/canonical-json.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Random } from '../../foundation/src/runtime/random.ts';
import { isSealed, type Seal, SEALED_HEAD, type SealPurpose } from './seal.ts';

/** What opens sealed files: 32 random bytes, or what a person knows. */
export type SealingKey =
  | { readonly kind: 'key'; readonly key: Buffer }
  | { readonly kind: 'passphrase'; readonly passphrase: string };

export const SEALING_KEY_BYTES = 32;
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SALT_BYTES = 16;
/** 32 MiB and about 0.2 s for each guess. */
const COST = { n: 32_768, r: 8, p: 3 } as const;

const base64 = z.base64().max(2048);
const scryptSchema = z.strictObject({
  // Bounded, because a file that somebody has changed must not take all memory.
  n: z.literal([32_768, 65_536, 131_072]),
  r: z.literal(8),
  p: z.int().min(1).max(8),
  salt: base64,
});
const headSchema = z.strictObject({
  purpose: z.enum(['identity-key', 'vault-key']),
  /** Tells another key from a damaged file; says nothing about the key. */
  keyId: z.string().regex(/^[A-Za-z0-9_-]{12}$/),
  scrypt: scryptSchema.nullable(),
  nonce: base64,
});
const fileSchema = headSchema.extend({ data: base64 });

type Head = z.infer<typeof headSchema>;
type Scrypt = z.infer<typeof scryptSchema>;

/** Derives once what all files of a process need: a passphrase is slow on purpose. */
export class SealedFiles implements Seal {
  readonly #purpose: SealPurpose;
  readonly #read: () => Promise<SealingKey>;
  readonly #random: Random;
  #derived:
    | { readonly salt: string; readonly passphrase: string; readonly key: Buffer }
    | undefined;

  constructor(purpose: SealPurpose, read: () => Promise<SealingKey>, random: Random) {
    this.#purpose = purpose;
    this.#read = read;
    this.#random = random;
  }

  async close(content: string): Promise<Buffer> {
    const secret = await this.#read();
    const parameters = secret.kind === 'key' ? null : this.#parameters();
    const { id, key } = await this.#keyFrom(secret, parameters);
    const nonce = Buffer.from(this.#random.bytes(NONCE_BYTES));
    const head: Head = {
      purpose: this.#purpose,
      keyId: id,
      scrypt: parameters,
      nonce: nonce.toString('base64'),
    };
    const cipher = createCipheriv(CIPHER, key, nonce).setAAD(associated(head));
    const data = Buffer.concat([
      cipher.update(content, 'utf8'),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    const file = { ...head, data: data.toString('base64') };
    return Buffer.from(`${SEALED_HEAD}${canonicalJson(file)}\n`);
  }

  async open(stored: Buffer, path: string): Promise<string> {
    if (!isSealed(stored)) throw new RunnerError('NOT_SEALED', `${path} is not sealed`);
    const { data, ...head } = parse(stored, path);
    if (head.purpose !== this.#purpose)
      throw wrong(`${path} is sealed as ${head.purpose}, not as ${this.#purpose}`);
    const { id, key } = await this.#keyFrom(await this.#read(), head.scrypt, path);
    if (id !== head.keyId) throw wrong(`${path} is sealed with another key`);
    return decrypt(key, head, Buffer.from(data, 'base64'), path);
  }

  /** Of the last file, because a new salt costs as much time as a guess. */
  #parameters(): Scrypt {
    const salt =
      this.#derived?.salt ?? Buffer.from(this.#random.bytes(SALT_BYTES)).toString('base64');
    return { ...COST, salt };
  }

  async #keyFrom(
    secret: SealingKey,
    parameters: Scrypt | null,
    path = 'the file',
  ): Promise<{ readonly id: string; readonly key: Buffer }> {
    if ((secret.kind === 'passphrase') !== (parameters !== null))
      throw wrong(
        `${path} is sealed with ${parameters === null ? 'a key' : 'a passphrase'}, and the settings name the other`,
      );
    const root =
      secret.kind === 'key' ? secret.key : await this.#derive(secret.passphrase, parameters!);
    return {
      id: derivedKey(root, 'id', 9).toString('base64url'),
      key: derivedKey(root, this.#purpose, SEALING_KEY_BYTES),
    };
  }

  async #derive(passphrase: string, { n, r, p, salt }: Scrypt): Promise<Buffer> {
    const label = `${n} ${p} ${salt}`;
    const known = this.#derived;
    if (known?.passphrase === passphrase && label === `${COST.n} ${COST.p} ${known.salt}`)
      return known.key;
    const key = await derive(passphrase.normalize('NFC'), Buffer.from(salt, 'base64'), {
      N: n,
      r,
      p,
      maxmem: 256 * n * r,
    });
    if (n === COST.n && p === COST.p) this.#derived = { salt, passphrase, key };
    return key;
  }
}

const scryptAsync = promisify<
  string,
  Buffer,
  number,
  { N: number; r: number; p: number; maxmem: number },
  Buffer
>(scrypt);

function derive(
  passphrase: string,
  salt: Buffer,
  cost: Parameters<typeof scryptAsync>[3],
): Promise<Buffer> {
  return scryptAsync(passphrase, salt, SEALING_KEY_BYTES, cost);
}

function derivedKey(root: Buffer, use: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', root, '', `hybrid-runner/seal/v1/${use}`, bytes));
}

function associated(head: Head): Buffer {
  return Buffer.from(`${SEALED_HEAD}${canonicalJson(head)}`);
}

function parse(stored: Buffer, path: string): z.infer<typeof fileSchema> {
  try {
    return fileSchema.parse(JSON.parse(stored.subarray(SEALED_HEAD.length).toString('utf8')));
  } catch (thrown) {
    throw wrong(`${path} is damaged`, thrown);
  }
}

function decrypt(key: Buffer, head: Head, data: Buffer, path: string): string {
  const [text, tag] = [data.subarray(0, -TAG_BYTES), data.subarray(-TAG_BYTES)];
  try {
    const nonce = Buffer.from(head.nonce, 'base64');
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(associated(head)).setAuthTag(tag);
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch (thrown) {
    throw wrong(`${path} was changed after it was sealed`, thrown);
  }
}

function wrong(message: string, cause?: unknown): RunnerError {
  return new RunnerError('SEALING_KEY_WRONG', message, { cause });
}
