import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newSigningKey } from '../../../test/support/signed-jobs.ts';
import type { AuditEvent } from '../../../foundation/src/logging/audit-trail.ts';
import { PolicyWatch } from './policy-watch.ts';

it('records each policy that is in force once, and whether jobs need signatures', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'watch-'));
  const file = join(directory, 'policy.yaml');
  const events: AuditEvent[] = [];
  const trail = { record: async (event: AuditEvent) => void events.push(event) };
  const watch = new PolicyWatch({ file, connectors: [] }, [], trail);
  const { name, publicKey } = newSigningKey();
  const keys = [{ name, publicKey }];
  for (const jobs of [{ signatures: 'required', keys }, { signatures: 'required', keys }, {}]) {
    await writeFile(file, JSON.stringify({ version: 1, jobs }), { mode: 0o600 });
    await watch.check();
  }
  await rm(directory, { recursive: true });
  await watch.check();
  const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
  expect(events).toEqual([
    { event: 'policy', sha256, signatures: 'required' },
    { event: 'policy', sha256, signatures: 'off' },
    { event: 'policy', problem: 'POLICY_MISSING' },
  ]);
});
