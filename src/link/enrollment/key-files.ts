/*
 * The private keys of the identity on disk. What must never break: settings.json names the key that
 * is in force, and whatever moment a process ends at, a file with that key is there. A key is
 * replaced in these steps, each durable before the next:
 *
 * 1. key.next.pem is written, before the new key is sent.
 * 2. settings.json names it.
 * 3. key.pem, the old one, becomes key.previous.pem. It stays until the next replacement: a control
 *    plane that was restored from a backup knows only that.
 * 4. key.next.pem becomes key.pem.
 *
 * An enrollment that replaces the identity leaves all of these as they are until it is in force:
 *
 * 1. key.enrolled.pem is written, before the new key is sent.
 * 2. settings.json names it, with the new identity.
 * 3. The other keys and their history are removed: they are of another identity.
 * 4. key.enrolled.pem becomes key.pem.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Seal } from '../../sealing/seal.ts';
import { readPrivateBytes } from './private-file.ts';

export interface KeyPaths {
  readonly key: string;
  readonly next: string;
  readonly previous: string;
  readonly enrolled: string;
}

/** Of PKCS#8 PEM files, sealed where sealing is configured, mode 0600. */
export function keyPaths(stateDir: string): KeyPaths {
  const at = (name: string): string => join(stateDir, 'identity', name);
  return {
    key: at('key.pem'),
    next: at('key.next.pem'),
    previous: at('key.previous.pem'),
    enrolled: at('key.enrolled.pem'),
  };
}

export interface StoredKey {
  readonly key: KeyObject;
  readonly publicKey: string;
  readonly path: string;
}

export interface StoredKeys {
  /** The one in force. */
  readonly current: StoredKey;
  /** Written, and not in force yet. */
  readonly next: StoredKey | undefined;
  readonly previous: StoredKey | undefined;
}

/**
 * The keys, where `publicKey` is in force. Undefined if its file is missing. Throws FILE_UNSAFE,
 * FILE_UNREADABLE and what `seal` throws.
 */
export async function readKeys(
  stateDir: string,
  publicKey: string,
  seal: Seal,
): Promise<StoredKeys | undefined> {
  const paths = keyPaths(stateDir);
  // Either may be sealed with a key that is lost, as long as the other is in force.
  const [enrolled] = await Promise.allSettled([readKey(paths.enrolled, seal)]);
  if (enrolled.status === 'fulfilled' && enrolled.value?.publicKey === publicKey)
    return { current: enrolled.value, next: undefined, previous: undefined };
  const key = await readKey(paths.key, seal);
  const next = await readKey(paths.next, seal);
  const previous = await readKey(paths.previous, seal);
  if (key?.publicKey === publicKey) return { current: key, next, previous };
  if (next?.publicKey === publicKey)
    return { current: next, next: undefined, previous: key ?? previous };
  if (enrolled.status === 'rejected') throw enrolled.reason;
  return undefined;
}

async function readKey(path: string, seal: Seal): Promise<StoredKey | undefined> {
  const stored = await readPrivateBytes(path);
  if (stored === undefined) return undefined;
  const key = parseKey(await seal.open(stored, path), path);
  return { key, publicKey: rawPublicKey(key), path };
}

/** The 32 bytes that follow the fixed SubjectPublicKeyInfo header, in base64. */
export function rawPublicKey(key: KeyObject): string {
  return createPublicKey(key)
    .export({ type: 'spki', format: 'der' })
    .subarray(-32)
    .toString('base64');
}

function parseKey(pem: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `key file ${path} contains no private key`, {
      cause: thrown,
    });
  }
  throw new RunnerError('FILE_UNREADABLE', `key file ${path} contains no Ed25519 key`);
}
