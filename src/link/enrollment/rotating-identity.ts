/*
 * The identity of a running link, which replaces its key by itself. What must never break:
 * 1. A key is used for a hello only after the control plane has accepted it, and a file with it is
 *    durable before it is sent to the control plane (key-files.ts has the steps).
 * 2. The earlier key is deleted only by the next replacement. A control plane that was restored
 *    from a backup and knows only that key gets a hello with it, then the new key.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { renameDurably, replaceFile } from '../../../foundation/src/runtime/atomic-write.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import { noSeal, type Seal } from '../../sealing/seal.ts';
import { completeEnrollment } from './enrolled-key.ts';
import { exportKey, fingerprintOf, readIdentity, type Identity } from './identity.ts';
import {
  encodeHistory,
  enrolledKey,
  historyPath,
  readHistory,
  sinceOf,
  type PastKey,
} from './key-history.ts';
import { keyPaths, rawPublicKey, type StoredKey, type StoredKeys } from './key-files.ts';
import { encodeSettings, settingsPath, type Settings } from './settings.ts';

/** The share of its life after which a key is replaced. */
const ROTATED_AT = 0.75;
const CONTEXT = 'hybrid-runner/key/v1\n';

export interface NewKey {
  /** Raw Ed25519. */
  readonly publicKey: Uint8Array;
  /** By the key in use. */
  readonly signature: Uint8Array;
  /** By the new key. */
  readonly proof: Uint8Array;
}

/** What a link does about the keys of its identity. */
export interface IdentityKeys {
  /** How long until another key should be proposed; 0 for now. */
  dueInMs(): number;
  /** The key to propose, on disk. */
  propose(): Promise<NewKey>;
  /** The control plane accepts a key: it is in force now. False if it is not the proposed one. */
  accepted(publicKey: Uint8Array): Promise<boolean>;
  /** The control plane has welcomed the key in use. */
  welcomed(): Promise<void>;
  /** It has rejected its signature. False if there is no other key to try. */
  rejected(): boolean;
}

interface Options {
  readonly stateDir: string;
  readonly lifetimeMs: number;
  readonly disk: Disk;
  readonly clock: Clock;
  /** Of its private keys. */
  readonly seal?: Seal;
}

/**
 * Throws as `loadIdentity` does. Finishes a replacement or an enrollment that a crash has
 * interrupted. The state directory must be locked.
 */
export async function openRotatingIdentity(options: Options): Promise<RotatingIdentity> {
  const { stateDir, disk, seal } = options;
  const { settings, keys } = await readIdentity(stateDir, seal);
  const moved = await moveKeys(disk, stateDir, keys);
  return new RotatingIdentity(options, settings, moved, await readHistory(stateDir));
}

export class RotatingIdentity implements Identity, IdentityKeys {
  readonly runnerId: Identity['runnerId'];
  readonly name: string;
  readonly controlPlaneUrl: string;
  readonly fingerprint: string;
  readonly #options: Options;
  #settings: Settings;
  #keys: StoredKeys;
  #history: readonly PastKey[];
  #inUse: StoredKey;
  /** Rejected since the last welcome. */
  readonly #rejected = new Set<string>();

  constructor(options: Options, settings: Settings, keys: StoredKeys, history: readonly PastKey[]) {
    this.#options = options;
    this.#settings = settings;
    this.#keys = keys;
    this.#history = history;
    this.#inUse = keys.current;
    this.runnerId = settings.runnerId as Identity['runnerId'];
    this.name = settings.name;
    this.controlPlaneUrl = settings.controlPlaneUrl;
    this.fingerprint = fingerprintOf(enrolledKey(settings.publicKey, history));
  }

  get publicKey(): string {
    return this.#inUse.publicKey;
  }

  sign(message: Uint8Array): Uint8Array {
    return sign(null, message, this.#inUse.key);
  }

  dueInMs(): number {
    const { current } = this.#keys;
    if (this.#inUse !== current) return 0;
    const since = sinceOf(current.publicKey, this.#history, this.#settings.enrolledAt);
    const age = this.#options.clock.now() - since;
    return Math.max(0, ROTATED_AT * this.#options.lifetimeMs - age);
  }

  async propose(): Promise<NewKey> {
    const { key, publicKey } = await this.#target();
    const raw = Buffer.from(publicKey, 'base64');
    const present = Buffer.from(this.#inUse.publicKey, 'base64');
    const message = Buffer.concat([Buffer.from(`${CONTEXT}${this.runnerId}\n`), present, raw]);
    return { publicKey: raw, signature: this.sign(message), proof: sign(null, message, key) };
  }

  async accepted(publicKey: Uint8Array): Promise<boolean> {
    const target = await this.#target();
    if (target.publicKey !== Buffer.from(publicKey).toString('base64')) return false;
    if (target === this.#keys.current) this.#inUse = target;
    else await this.#enforce(target);
    return true;
  }

  async welcomed(): Promise<void> {
    this.#rejected.clear();
    if (this.#inUse === this.#keys.next) await this.#enforce(this.#inUse);
  }

  rejected(): boolean {
    this.#rejected.add(this.#inUse.publicKey);
    const { current, next, previous } = this.#keys;
    const other = [current, next, previous].find(
      (key) => key !== undefined && !this.#rejected.has(key.publicKey),
    );
    this.#inUse = other ?? current;
    if (other === undefined) this.#rejected.clear();
    return other !== undefined;
  }

  /** Where the control plane has an earlier key, the one in force; else a new one. */
  async #target(): Promise<StoredKey> {
    const { current, next } = this.#keys;
    if (this.#inUse !== current) return current;
    if (next !== undefined) return next;
    const { stateDir, disk, seal = noSeal } = this.#options;
    // The file must not be that of the key in force, as it is after a failed move.
    this.#keys = await moveKeys(disk, stateDir, this.#keys);
    this.#inUse = this.#keys.current;
    const path = keyPaths(stateDir).next;
    const key = generateKeyPairSync('ed25519').privateKey;
    await replaceFile(disk, path, await seal.close(exportKey(key)));
    const stored = { key, publicKey: rawPublicKey(key), path };
    this.#keys = { ...this.#keys, next: stored };
    return stored;
  }

  /** Steps 2 to 4. */
  async #enforce(key: StoredKey): Promise<void> {
    const { stateDir, disk, clock } = this.#options;
    const since = new Date(clock.now()).toISOString();
    const { publicKey, enrolledAt } = this.#settings;
    const isOwn = this.#history.some((past) => past.publicKey === publicKey);
    const past = isOwn ? this.#history : [{ publicKey, since: enrolledAt }];
    // A kill may have left the new key in it.
    const earlier = past.filter((each) => each.publicKey !== key.publicKey);
    const history = [...earlier, { publicKey: key.publicKey, since }];
    await replaceFile(disk, historyPath(stateDir), encodeHistory(history));
    const settings = { ...this.#settings, publicKey: key.publicKey };
    await replaceFile(disk, settingsPath(stateDir), encodeSettings(settings));
    this.#history = history;
    this.#settings = settings;
    this.#keys = { current: key, next: undefined, previous: this.#keys.current };
    this.#inUse = key;
    this.#keys = await moveKeys(disk, stateDir, this.#keys);
    this.#inUse = this.#keys.current;
  }
}

/** The last steps of a replacement or an enrollment, unless they are done. */
async function moveKeys(disk: Disk, stateDir: string, keys: StoredKeys): Promise<StoredKeys> {
  const paths = keyPaths(stateDir);
  const { current, previous } = keys;
  if (current.path === paths.enrolled) {
    await completeEnrollment(disk, stateDir);
    return { ...keys, current: { ...current, path: paths.key } };
  }
  if (current.path !== paths.next) return keys;
  if (previous?.path === paths.key) await renameDurably(disk, paths.key, paths.previous);
  await renameDurably(disk, paths.next, paths.key);
  return {
    current: { ...current, path: paths.key },
    next: undefined,
    previous: previous && { ...previous, path: paths.previous },
  };
}
