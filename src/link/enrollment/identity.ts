import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { join } from 'node:path';
import type { RunnerId } from '../../../foundation/src/domain/ids.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { readPrivateFile } from './private-file.ts';
import { parseSettings, settingsPath, type Settings } from './settings.ts';

/**
 * The identity of this runner towards its control plane. The private key is not exposed; it only
 * signs.
 */
export interface Identity {
  readonly runnerId: RunnerId;
  readonly name: string;
  /** wss://host:port, from the enrollment. */
  readonly controlPlaneUrl: string;
  /** Raw Ed25519 public key, 32 bytes in base64. */
  readonly publicKey: string;
  /**
   * Names this machine in signatures of jobs, because the control plane can choose the runner id.
   * Of the key that was made here at the enrollment, in hexadecimal: a key that replaces it by
   * itself must not change it, or scheduled runs would lose their signatures.
   */
  readonly fingerprint: string;
  /** Ed25519, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** Path of the private key: PKCS#8 PEM, mode 0600. */
export function keyPath(stateDir: string): string {
  return join(stateDir, 'identity', 'key.pem');
}

/**
 * Reads the identity that `enrollRunner` wrote. Throws NOT_ENROLLED when it is missing or key and
 * settings do not match, FILE_UNSAFE when other users can read or change key or settings,
 * FILE_UNREADABLE when they cannot be read.
 */
export async function loadIdentity(stateDir: string): Promise<Identity> {
  const path = settingsPath(stateDir);
  const settings = parseSettings(path, await readPrivateFile(path));
  const pem = await readPrivateFile(keyPath(stateDir));
  if (settings === undefined || pem === undefined)
    throw new RunnerError('NOT_ENROLLED', `state directory ${stateDir} contains no identity`);
  const key = parseKey(pem, keyPath(stateDir));
  if (rawPublicKey(key) !== settings.publicKey) {
    throw new RunnerError(
      'NOT_ENROLLED',
      'the private key and the settings come from different enrollments',
      { remedy: 'Enroll again with --replace.' },
    );
  }
  return toIdentity(settings, key);
}

export function toIdentity(settings: Settings, key: KeyObject): Identity {
  return {
    runnerId: settings.runnerId as RunnerId,
    name: settings.name,
    controlPlaneUrl: settings.controlPlaneUrl,
    publicKey: settings.publicKey,
    fingerprint: fingerprintOf(settings.publicKey),
    sign: (message) => sign(null, message, key),
  };
}

/** SHA-256 of a raw public key in base64. */
export function fingerprintOf(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex');
}

export function generateKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}

export function exportKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
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
