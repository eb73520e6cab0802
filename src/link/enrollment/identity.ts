import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { RunnerId } from '../../../foundation/src/domain/ids.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { enrolledKey, readHistory, sinceOf, type PastKey } from './key-history.ts';
import { keyPaths, readKeys, type StoredKeys } from './key-files.ts';
import { noSeal, type Seal } from '../../sealing/seal.ts';
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

/**
 * Reads the identity that `enrollRunner` wrote. Throws NOT_ENROLLED when it is missing or keys and
 * settings do not match, FILE_UNSAFE when other users can read or change key or settings,
 * FILE_UNREADABLE when they cannot be read, and what `seal` throws.
 */
export async function loadIdentity(stateDir: string, seal: Seal = noSeal): Promise<Identity> {
  const { settings, keys } = await readIdentity(stateDir, seal);
  return toIdentity(settings, keys.current.key, await readHistory(stateDir));
}

/** Throws as `loadIdentity` does. */
export async function readIdentity(
  stateDir: string,
  seal: Seal = noSeal,
): Promise<{ readonly settings: Settings; readonly keys: StoredKeys }> {
  const path = settingsPath(stateDir);
  const settings = parseSettings(path, await readPrivateFile(path));
  const present = await readPrivateFile(keyPaths(stateDir).key);
  const keys = settings && (await readKeys(stateDir, settings.publicKey, seal));
  if (settings !== undefined && keys !== undefined) return { settings, keys };
  if (settings === undefined || present === undefined) throw notEnrolled(stateDir);
  throw new RunnerError(
    'NOT_ENROLLED',
    'the private key and the settings come from different enrollments',
    { remedy: 'Enroll again with --replace.' },
  );
}

/** What is public of an identity. */
export interface PublicIdentity {
  readonly runnerId: RunnerId;
  readonly fingerprint: string;
  /** When the key in force was put in force, as Unix time. */
  readonly since: number;
  /** The key in force, then all that this identity has had. */
  readonly publicKeys: readonly string[];
}

/**
 * Needs no private key, so it works where that is sealed. Throws NOT_ENROLLED, FILE_UNSAFE and
 * FILE_UNREADABLE.
 */
export async function publicIdentity(stateDir: string): Promise<PublicIdentity> {
  const path = settingsPath(stateDir);
  const settings = parseSettings(path, await readPrivateFile(path));
  if (settings === undefined) throw notEnrolled(stateDir);
  const { runnerId, publicKey, enrolledAt } = settings;
  const history = await readHistory(stateDir);
  return {
    runnerId: runnerId as RunnerId,
    fingerprint: fingerprintOf(enrolledKey(publicKey, history)),
    since: sinceOf(publicKey, history, enrolledAt),
    publicKeys: [publicKey, ...history.map((key) => key.publicKey)],
  };
}

function notEnrolled(stateDir: string): RunnerError {
  return new RunnerError('NOT_ENROLLED', `state directory ${stateDir} contains no identity`);
}

/** `history` is that of `readHistory`; empty right after the enrollment. */
export function toIdentity(
  settings: Settings,
  key: KeyObject,
  history: readonly PastKey[] = [],
): Identity {
  return {
    runnerId: settings.runnerId as RunnerId,
    name: settings.name,
    controlPlaneUrl: settings.controlPlaneUrl,
    publicKey: settings.publicKey,
    fingerprint: fingerprintOf(enrolledKey(settings.publicKey, history)),
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
