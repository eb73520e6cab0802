import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { exportKey, generateKey } from '../../src/link/enrollment/identity.ts';
import { keyPaths, rawPublicKey } from '../../src/link/enrollment/key-files.ts';
import { encodeSettings, settingsPath } from '../../src/link/enrollment/settings.ts';

/** Puts an identity into a state directory, as an enrollment would, without a control plane. */
export function plantIdentity(stateDir: string, enrolledAt = 0): void {
  const key = generateKey();
  const paths = keyPaths(stateDir);
  mkdirSync(dirname(paths.key), { recursive: true, mode: 0o700 });
  writeFileSync(paths.key, exportKey(key), { mode: 0o600 });
  const settings = encodeSettings({
    version: 1,
    runnerId: 'rnr_1',
    name: 'test',
    controlPlaneUrl: 'wss://plane.test:443',
    publicKey: rawPublicKey(key),
    enrolledAt: new Date(enrolledAt).toISOString(),
  });
  writeFileSync(settingsPath(stateDir), settings, { mode: 0o600 });
}
