import { wasCopied } from '../../link/connection/predecessor.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { publicIdentity, type Identity } from '../../link/enrollment/identity.ts';
import { assertSameControlPlane } from '../../link/enrollment/same-control-plane.ts';
import type { Check } from '../check.ts';
import type { Facts } from '../facts.ts';
import { failed, pass, skip, warn, type Finding } from '../finding.ts';

/** The identity in the state directory. The control plane's opinion of it is a check of its own. */
export const identity: Check = {
  name: 'identity',
  title: 'identity',
  needs: ['configuration'],
  run: async (facts) => {
    const subject = 'enrollment';
    const { stateDir, controlPlane } = await facts.config();
    let loaded: Identity;
    try {
      loaded = await facts.identity();
      assertSameControlPlane(controlPlane.url, loaded);
    } catch (thrown) {
      return [failed(subject, thrown)];
    }
    const { name, runnerId, controlPlaneUrl, fingerprint } = loaded;
    return [
      pass(subject, `${name} (${runnerId}) with ${controlPlaneUrl}; only this user reads its key`),
      pass('fingerprint', `${fingerprint}; signatures of jobs name this runner by it`),
      ...sealed(facts),
      ...(await copied(stateDir)),
      ...(await old(await facts.config())),
    ];
  },
};

function sealed({ options }: Facts): readonly Finding[] {
  const sealing = options.sealing();
  return [
    sealing === undefined
      ? skip('sealing', 'not configured; a copy of this disk has the identity (docs/sealing.md)')
      : pass('sealing', `its key and that of the vault open only with ${sealing.by}`),
  ];
}

/** The service replaces its key in time, unless the control plane does not support that. */
async function old({ stateDir, identity: { keyLifetimeMs } }: RunnerConfig): Promise<Finding[]> {
  const { since } = await publicIdentity(stateDir);
  if (Date.now() - since < keyLifetimeMs) return [];
  const day = new Date(since).toISOString().slice(0, 10);
  return [
    warn(
      'key',
      `is the one of ${day}, older than identity.keyLifetime`,
      'The running service replaces it. If it has been running for hours, update the control plane, or enroll again with --replace.',
    ),
  ];
}

async function copied(stateDir: string): Promise<readonly Finding[]> {
  if (!(await wasCopied(stateDir))) return [];
  return [
    warn(
      'state directory',
      'was copied or restored since the control plane last accepted a runner from it',
      'If the original still runs, run `hybrid-runner enroll --replace` here: an identity is for one process.',
    ),
  ];
}
