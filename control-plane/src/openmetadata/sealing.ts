import { createCipheriv, createDecipheriv } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { RandomBytes } from '../runtime/clock.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import { isErrno } from '../runtime/errno.ts';

const KEY_FILE = 'openmetadata.key';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/**
 * Seals secrets that the control plane must be able to read again: bot tokens and the password of
 * an upstream Airflow. The store alone does not reveal them; the key is in a file of its own (mode
 * 0600), so that a copy of the store is worth nothing without it. A sealed value opens only in the
 * `context` in which it was sealed, so it cannot be moved to another row.
 */
export class Sealer {
  readonly #key: Buffer;
  readonly #random: RandomBytes;

  constructor(key: Buffer, random: RandomBytes) {
    this.#key = key;
    this.#random = random;
  }

  seal(secret: string, context: string): Buffer {
    const nonce = this.#random(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(context, 'utf8'));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** Throws CONFLICT for a value of another key or context. */
  open(sealed: Buffer, context: string): string {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    try {
      const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(context, 'utf8'));
      decipher.setAuthTag(tag);
      const opened = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([opened, decipher.final()]).toString('utf8');
    } catch (thrown) {
      throw new ControlPlaneError(
        'CONFLICT',
        `a secret in the store was not encrypted with ${KEY_FILE}`,
        {
          remedy: `Restore ${KEY_FILE} together with the store, or deploy the pipelines again.`,
          cause: thrown,
        },
      );
    }
  }
}

/**
 * The sealer of a data folder; its key is created at first use. Throws CONFLICT for a damaged key.
 */
export function openSealer(data: string, random: RandomBytes): Sealer {
  const path = join(data, KEY_FILE);
  const key = readKey(path, random);
  if (key.length !== KEY_BYTES)
    throw new ControlPlaneError('CONFLICT', `${path} is not a key of ${KEY_BYTES} bytes`, {
      remedy: 'Restore the file from a backup, or remove it and deploy the pipelines again.',
    });
  return new Sealer(key, random);
}

function readKey(path: string, random: RandomBytes): Buffer {
  if (!existsSync(path)) createKey(path, random);
  return Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
}

/**
 * Whole and durable before it has its name: tokens sealed with it are durable too. Of two programs
 * that start at once, the first to link wins.
 */
function createKey(path: string, random: RandomBytes): void {
  const draft = `${path}.${random(KEY_BYTES).toString('hex')}`;
  const key = `${random(KEY_BYTES).toString('base64')}\n`;
  writeFileSync(draft, key, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, path);
  } catch (thrown) {
    if (!isErrno(thrown, 'EEXIST')) throw thrown;
  } finally {
    rmSync(draft);
  }
  // Windows cannot sync a folder.
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}
