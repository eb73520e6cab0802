import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import { z } from 'zod';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';

// Invariants:
// 1. A value is readable only with the key file. A random data key encrypts the values, and the key
//    of the key file wraps the data key, so that a new key file changes only the head of the vault.
// 2. Every changed byte of the file is detected: the file must be exactly what this program writes
//    for its content, a MAC under the data key covers all of it, and each value is bound to its
//    vault, reference, version and generation.
// 3. A nonce is used once: each write of a value draws a new one.
// 4. The file hides the length of a value, to within 64 bytes.

const FORMAT = 'hybrid-runner-vault';
const VERSION = 1;
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PADDING = 64;

const base64 = z.base64();
const vaultSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  id: z.uuid(),
  generation: z.int().min(1),
  keys: z
    .array(z.strictObject({ id: z.string(), nonce: base64, wrapped: base64 }))
    .min(1)
    .max(2),
  records: z.array(
    z.strictObject({
      ref: z.string(),
      version: z.int().min(1),
      generation: z.int().min(1),
      updatedAt: z.iso.datetime(),
      nonce: base64,
      value: base64,
    }),
  ),
  mac: base64,
});
type VaultDocument = z.infer<typeof vaultSchema>;
export type VaultRecord = VaultDocument['records'][number];
type WrappedKey = VaultDocument['keys'][number];

/** A decoded vault. `dataKey` must not leave this folder. */
export interface VaultContent {
  readonly id: string;
  readonly generation: number;
  readonly dataKey: Buffer;
  readonly records: readonly VaultRecord[];
}

/** Identifies a key without revealing it. */
function keyId(key: Buffer): string {
  return createHash('sha256')
    .update('hybrid-runner key id\n')
    .update(key)
    .digest('hex')
    .slice(0, 16);
}

export function newVault(random: Random): VaultContent {
  return {
    id: random.uuid(),
    generation: 0,
    dataKey: Buffer.from(random.bytes(KEY_BYTES)),
    records: [],
  };
}

/** The bytes of the file for this content, which each of `keys` opens. */
export function encodeVault(
  content: VaultContent,
  keys: readonly Buffer[],
  random: Random,
): Buffer {
  const body: Omit<VaultDocument, 'mac'> = {
    format: FORMAT,
    version: VERSION,
    id: content.id,
    generation: content.generation,
    keys: keys.map((key) => wrap(content, key, random)),
    records: [...content.records],
  };
  return serialize(body, mac(body, content.dataKey));
}

/**
 * Throws VAULT_LOCKED when the key belongs to another vault, VAULT_DAMAGED when the file is not as
 * this program wrote it.
 */
export function decodeVault(bytes: Buffer, key: Buffer): VaultContent {
  const { mac: claimed, ...body } = parse(bytes);
  const wrapped = body.keys.find(({ id }) => id === keyId(key));
  if (wrapped === undefined)
    throw new RunnerError('VAULT_LOCKED', 'the vault is encrypted with another key');
  const dataKey = open(key, wrapped.nonce, wrapped.wrapped, wrapContext(body.id, wrapped.id));
  const expected = mac(body, dataKey);
  const stored = Buffer.from(claimed, 'base64');
  if (stored.length !== expected.length || !timingSafeEqual(stored, expected)) throw damaged();
  return { id: body.id, generation: body.generation, dataKey, records: body.records };
}

export function sealValue(
  content: VaultContent,
  record: Omit<VaultRecord, 'nonce' | 'value'>,
  value: string,
  random: Random,
): VaultRecord {
  const { nonce, sealed } = seal(
    content.dataKey,
    pad(value),
    recordContext(content.id, record),
    random,
  );
  return { ...record, nonce, value: sealed };
}

export function openValue(content: VaultContent, record: VaultRecord): string {
  return unpad(
    open(content.dataKey, record.nonce, record.value, recordContext(content.id, record)),
  );
}

function damaged(cause?: unknown): RunnerError {
  return new RunnerError('VAULT_DAMAGED', 'the vault is damaged', { cause });
}

function parse(bytes: Buffer): VaultDocument {
  let document: VaultDocument;
  try {
    document = vaultSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (thrown) {
    throw damaged(thrown);
  }
  const { mac: code, ...body } = document;
  if (!serialize(body, Buffer.from(code, 'base64')).equals(bytes)) throw damaged();
  return document;
}

function serialize(body: Omit<VaultDocument, 'mac'>, code: Buffer): Buffer {
  return Buffer.from(
    `${JSON.stringify({ ...body, mac: code.toString('base64') }, undefined, 1)}\n`,
  );
}

function mac(body: Omit<VaultDocument, 'mac'>, dataKey: Buffer): Buffer {
  const key = Buffer.from(hkdfSync('sha256', dataKey, '', 'hybrid-runner vault mac', KEY_BYTES));
  return createHmac('sha256', key).update(JSON.stringify(body)).digest();
}

function wrap(content: VaultContent, key: Buffer, random: Random): WrappedKey {
  const id = keyId(key);
  const { nonce, sealed } = seal(key, content.dataKey, wrapContext(content.id, id), random);
  return { id, nonce, wrapped: sealed };
}

function wrapContext(vaultId: string, wrappingKeyId: string): string {
  return JSON.stringify([FORMAT, 'data key', vaultId, wrappingKeyId]);
}

function recordContext(
  vaultId: string,
  { ref, version, generation, updatedAt }: Omit<VaultRecord, 'nonce' | 'value'>,
): string {
  return JSON.stringify([FORMAT, 'value', vaultId, ref, version, generation, updatedAt]);
}

function seal(
  key: Buffer,
  plain: Buffer,
  context: string,
  random: Random,
): { nonce: string; sealed: string } {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return { nonce: Buffer.from(nonce).toString('base64'), sealed: sealed.toString('base64') };
}

function open(key: Buffer, nonce: string, sealed: string, context: string): Buffer {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < TAG_BYTES) throw damaged();
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch (thrown) {
    throw damaged(thrown);
  }
}

function pad(value: string): Buffer {
  const bytes = Buffer.from(value);
  const padded = Buffer.alloc(Math.ceil((bytes.length + 4) / PADDING) * PADDING);
  padded.writeUInt32BE(bytes.length);
  bytes.copy(padded, 4);
  return padded;
}

function unpad(padded: Buffer): string {
  const length = padded.readUInt32BE();
  if (length > padded.length - 4) throw damaged();
  return padded.toString('utf8', 4, 4 + length);
}
