import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseControlPlaneUrl } from '../../channel/control-plane-url.ts';
import type { Connect } from '../../../foundation/src/network/connect.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { replaceFile } from '../../../foundation/src/runtime/atomic-write.ts';
import { type Disk, removeFile } from '../../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import type { Seal } from '../../sealing/seal.ts';
import { completeEnrollment, completeInterrupted } from './enrolled-key.ts';
import { requestEnrollment } from './enrollment-request.ts';
import { exportKey, generateKey, toIdentity, type Identity } from './identity.ts';
import { keyPaths, rawPublicKey } from './key-files.ts';
import { readPrivateFile } from './private-file.ts';
import { openSettings, type Settings, type SettingsStore } from './settings.ts';

/** For the audit trail. */
export interface Enrollment {
  /** wss://host:port */
  readonly controlPlaneUrl: string;
  /** Raw Ed25519 public key in base64. */
  readonly publicKey: string;
  /** Whether an identity that is there may be replaced. */
  readonly replace: boolean;
}

export interface EnrollOptions {
  /** wss://host:port */
  readonly url: string;
  /** Used once; never stored. */
  readonly token: string;
  readonly stateDir: string;
  /** Name of the runner in the control plane. */
  readonly name: string;
  /** Of this program. */
  readonly version: string;
  /** For display: "linux x64, Node 24.21.0". */
  readonly platform: string;
  /** Whether an existing identity may be replaced. */
  readonly replace: boolean;
  /** Called before the token and the new public key are sent; if it rejects, nothing is. */
  readonly record: (enrollment: Enrollment) => Promise<void>;
  /** Called once the identity is granted: saves what is needed to connect with it. */
  readonly save: () => Promise<void>;
  /** Of the private key. */
  readonly seal: Seal;
  readonly connect: Connect;
  readonly disk?: Disk;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Generates a key pair, trades the token and the public key for an identity, and writes both to the
 * state directory, which must be locked. The private key is never sent. Whatever moment the process
 * ends at, the runner has its earlier identity or the new one. Throws ALREADY_ENROLLED,
 * ENROLLMENT_REFUSED, INPUT_INVALID, SEALING_KEY_MISSING, SEALING_KEY_WRONG, NETWORK_*,
 * TLS_UNTRUSTED, PROXY_REFUSED, CONTROL_PLANE_BUSY, PROTOCOL_VIOLATION, and what `record` and
 * `save` throw.
 */
export async function enrollRunner(options: EnrollOptions): Promise<Identity> {
  const { endpoint, authority } = parseControlPlaneUrl(options.url);
  const { stateDir, disk = nodeDisk, seal, clock } = options;
  const { key: path, enrolled } = keyPaths(stateDir);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const store = await openSettings(stateDir);
  if (options.replace) await completeInterrupted(disk, stateDir, readable(store), seal);
  else await assertNotEnrolled(stateDir, store.read());
  const controlPlaneUrl = `wss://${authority}`;
  const key = generateKey();
  let isGranted = false;
  try {
    await replaceFile(disk, enrolled, await seal.close(exportKey(key)));
    const { token, name, version, platform } = options;
    const publicKey = rawPublicKey(key);
    const request = { token, publicKey, name, version, platform };
    await options.record({ controlPlaneUrl, publicKey, replace: options.replace });
    const grant = await requestEnrollment(request, endpoint, options);
    isGranted = true;
    const settings: Settings = {
      version: 1,
      runnerId: grant.runnerId,
      name: grant.name,
      controlPlaneUrl,
      publicKey,
      enrolledAt: new Date(clock.now()).toISOString(),
    };
    await options.save();
    store.write(settings);
    await disk.syncDirectory(stateDir);
    await completeEnrollment(disk, stateDir);
    return toIdentity(settings, key);
  } finally {
    if (!isGranted) await removeFile(disk, enrolled);
  }
}

/** Damaged settings are replaced. */
function readable(store: SettingsStore): Settings | undefined {
  try {
    return store.read();
  } catch {
    return undefined;
  }
}

async function assertNotEnrolled(stateDir: string, settings: Settings | undefined): Promise<void> {
  if (settings === undefined && (await readPrivateFile(keyPaths(stateDir).key)) === undefined)
    return;
  throw new RunnerError(
    'ALREADY_ENROLLED',
    `state directory ${stateDir} already contains the identity of ${settings?.name ?? 'a runner'}`,
  );
}
