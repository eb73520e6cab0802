import { loadCodec } from '../../src/channel/codec.ts';
import { fromControlPlane } from './from-control-plane.ts';
import { fromFiles } from './from-files.ts';
import { fromRunners } from './from-runners.ts';
import { fromSalesforce } from './from-salesforce.ts';
import type { Target } from './fuzz.ts';

/** Everything that reads bytes from a control plane, a runner, Salesforce, a proxy or a disk. */
export async function fuzzTargets(): Promise<readonly Target[]> {
  const codec = await loadCodec();
  return [...fromControlPlane(codec), ...fromRunners(codec), ...fromSalesforce(), ...fromFiles()];
}
