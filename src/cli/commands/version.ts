import type { Invocation } from '../invocation.ts';
import { platform, version } from '../version.ts';

export async function showVersion({ terminal }: Invocation): Promise<void> {
  terminal.result(
    {
      version: version(),
      node: process.versions.node,
      platform: process.platform,
      architecture: process.arch,
    },
    `hybrid-runner ${version()} (${platform()})`,
  );
}
