import { join } from 'node:path';
import { median, runNode } from './measure.ts';

const program = join(import.meta.dirname, '../bin/hybrid-runner.js');

/** `hybrid-runner --version` against a bare `node -e 0`, in turn, on the same Node. */
export async function benchStartup(): Promise<{ version_start_ratio: number }> {
  const ratios: number[] = [];
  await runNode([program, '--version']);
  for (let round = 0; round < 15; round++) {
    const bare = await runNode(['-e', '0']);
    const ours = await runNode([program, '--version']);
    ratios.push(ours.seconds / bare.seconds);
  }
  return { version_start_ratio: median(ratios) };
}
