import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseControlPlaneUrl } from '../../channel/control-plane-url.ts';
import type { Connect } from '../../network/connect.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { requestEnrolment } from './enrollment-request.ts';
import {
  exportKey,
  generateKey,
  keyPath,
  rawPublicKey,
  toIdentity,
  type Identity,
} from './identity.ts';
import { readPrivateFile, renameDurably, writePrivateFile } from './private-file.ts';
import { openSettings, type Settings } from './settings.ts';

export interface EnrolOptions {
  /** wss://host:port */
  readonly url: string;
  /** Used once; never stored. */
  readonly token: string;
  readonly stateDir: string;
  /** How the runner shall be called in the control plane. */
  readonly name: string;
  /** Of this program. */
  readonly version: string;
  /** For people: "linux x64, Node 24.21.0". */
  readonly platform: string;
  /** Whether an identity that is there already may be replaced. */
  readonly replace: boolean;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Makes a key pair here, trades the token and the public key for an identity, and keeps both in the state directory. The
 * private key is never sent. Throws ALREADY_ENROLLED, ENROLLMENT_REFUSED, INPUT_INVALID, NETWORK_*, TLS_UNTRUSTED,
 * PROXY_REFUSED, CONTROL_PLANE_BUSY, PROTOCOL_VIOLATION.
 */
export async function enrol(options: EnrolOptions): Promise<Identity> {
  const { endpoint, authority } = parseControlPlaneUrl(options.url);
  await mkdir(dirname(keyPath(options.stateDir)), { recursive: true, mode: 0o700 });
  const settings = await openSettings(options.stateDir);
  if (!options.replace) await refuseSecondIdentity(options.stateDir, settings.read());
  const key = generateKey();
  const publicKey = rawPublicKey(key);
  const draft = `${keyPath(options.stateDir)}.new`;
  await rm(draft, { force: true });
  await writePrivateFile(draft, exportKey(key));
  try {
    const { token, name, version, platform, connect, clock, signal } = options;
    const granted = await requestEnrolment(
      { token, publicKey, name, version, platform },
      endpoint,
      { connect, clock, signal },
    );
    const document: Settings = {
      version: 1,
      runnerId: granted.runnerId,
      name: granted.name,
      controlPlaneUrl: `wss://${authority}`,
      publicKey,
      enrolledAt: new Date(clock.now()).toISOString(),
    };
    await renameDurably(draft, keyPath(options.stateDir));
    settings.write(document);
    return toIdentity(document, key);
  } finally {
    await rm(draft, { force: true });
  }
}

async function refuseSecondIdentity(
  stateDir: string,
  settings: Settings | undefined,
): Promise<void> {
  if (settings === undefined && (await readPrivateFile(keyPath(stateDir))) === undefined) return;
  throw new RunnerError(
    'ALREADY_ENROLLED',
    `${stateDir} holds the identity of ${settings?.name ?? 'a runner'} already`,
  );
}
