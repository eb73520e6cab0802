import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { join } from 'node:path';
import type { RunnerId } from '../../domain/ids.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { readPrivateFile } from './private-file.ts';
import { parseSettings, settingsPath, type Settings } from './settings.ts';

/** Who this runner is to its control plane. The private key stays inside; all it does is sign. */
export interface Identity {
  readonly runnerId: RunnerId;
  readonly name: string;
  /** wss://host:port, as given at enrolment. */
  readonly controlPlaneUrl: string;
  /** Raw Ed25519 public key, 32 bytes in base64. */
  readonly publicKey: string;
  /** Ed25519, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** Where the private key lies: PKCS#8 PEM, mode 0600. */
export function keyPath(stateDir: string): string {
  return join(stateDir, 'identity', 'key.pem');
}

/**
 * Reads the identity that `enrol` wrote. Throws NOT_ENROLLED when there is none or its parts do not belong together,
 * FILE_UNSAFE when the key or the settings can be read or changed by others, FILE_UNREADABLE when they cannot be read.
 */
export async function loadIdentity(stateDir: string): Promise<Identity> {
  const path = settingsPath(stateDir);
  const settings = parseSettings(path, await readPrivateFile(path));
  const pem = await readPrivateFile(keyPath(stateDir));
  if (settings === undefined || pem === undefined)
    throw new RunnerError('NOT_ENROLLED', `${stateDir} holds no identity`);
  const key = parseKey(pem, keyPath(stateDir));
  if (rawPublicKey(key) !== settings.publicKey) {
    throw new RunnerError(
      'NOT_ENROLLED',
      'the private key and the settings come from different enrolments',
      { remedy: 'Enrol again with --replace.' },
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
    sign: (message) => sign(null, message, key),
  };
}

export function generateKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}

export function exportKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The 32 bytes behind the fixed SubjectPublicKeyInfo header, in base64. */
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
    throw new RunnerError('FILE_UNREADABLE', `${path} is not a private key`, { cause: thrown });
  }
  throw new RunnerError('FILE_UNREADABLE', `${path} is not an Ed25519 key`);
}
