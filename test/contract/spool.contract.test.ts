import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import { spoolContract } from './spool.contract.ts';

spoolContract('a real disk', async () => {
  const root = await mkdtemp(join(tmpdir(), 'spool-'));
  return {
    disk: nodeDisk,
    directory: `${root}/attempt`,
    dispose: () => rm(root, { recursive: true }),
  };
});

spoolContract('a simulated disk', () =>
  Promise.resolve({
    disk: new SimulatedDisk(Math.random),
    directory: '/spool/attempt',
    dispose: () => Promise.resolve(),
  }),
);
