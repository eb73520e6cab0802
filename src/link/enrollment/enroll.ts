import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseControlPlaneUrl } from '../../channel/control-plane-url.ts';
import type { Connect } from '../../../foundation/src/network/connect.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { createDurably, renameDurably } from '../../../foundation/src/runtime/atomic-write.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import type { Seal } from '../../sealing/seal.ts';
import { requestEnrollment } from './enrollment-request.ts';
import { exportKey, generateKey, toIdentity, type Identity } from './identity.ts';
import { keyPaths, rawPublicKey } from './key-files.ts';
import { historyPath } from './key-history.ts';
import { readPrivateFile } from './private-file.ts';
import { openSettings, type Settings } from './settings.ts';

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
  /** Of the private key. */
  readonly seal: Seal;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Generates a key pair, trades the token and the public key for an identity, and writes both to the
 * state directory. The private key is never sent. Throws ALREADY_ENROLLED, ENROLLMENT_REFUSED,
 * INPUT_INVALID, SEALING_KEY_MISSING, SEALING_KEY_WRONG, NETWORK_*, TLS_UNTRUSTED, PROXY_REFUSED,
 * CONTROL_PLANE_BUSY, PROTOCOL_VIOLATION, and what `record` throws.
 */
export async function enrollRunner(options: EnrollOptions): Promise<Identity> {
  const { endpoint, authority } = parseControlPlaneUrl(options.url);
  const { stateDir, clock } = options;
  const paths = keyPaths(stateDir);
  await mkdir(dirname(paths.key), { recursive: true, mode: 0o700 });
  const store = await openSettings(stateDir);
  if (!options.replace) await assertNotEnrolled(stateDir, store.read());
  const controlPlaneUrl = `wss://${authority}`;
  const key = generateKey();
  const draft = `${paths.key}.new`;
  await rm(draft, { force: true });
  await createDurably(nodeDisk, draft, await options.seal.close(exportKey(key)));
  try {
    const { token, name, version, platform } = options;
    const publicKey = rawPublicKey(key);
    const request = { token, publicKey, name, version, platform };
    await options.record({ controlPlaneUrl, publicKey, replace: options.replace });
    const grant = await requestEnrollment(request, endpoint, options);
    const settings: Settings = {
      version: 1,
      runnerId: grant.runnerId,
      name: grant.name,
      controlPlaneUrl,
      publicKey,
      enrolledAt: new Date(clock.now()).toISOString(),
    };
    await renameDurably(nodeDisk, draft, paths.key);
    store.write(settings);
    for (const path of [paths.next, paths.previous, historyPath(stateDir)])
      await rm(path, { force: true });
    return toIdentity(settings, key);
  } finally {
    await rm(draft, { force: true });
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
