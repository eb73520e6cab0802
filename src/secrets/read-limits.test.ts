import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';
import { noAuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import { parseEndpoint } from '../../foundation/src/network/endpoint.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { processVersions } from './value-versions.ts';
import { createReadLimits, type ReadLimits } from './read-limits.ts';
import { createSecretSources } from './resolver.ts';
import { Secret, type SecretSource } from './secret.ts';

const HOUR_MS = 3_600_000;
const limit = { rule: 'salesforce /sf/*', perHour: 3 };
let directory: string;
let now: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reads-'));
  now = Date.parse('2026-11-28T12:00:00Z');
});
afterEach(() => rm(directory, { recursive: true }));

const open = (): ReadLimits =>
  createReadLimits({ directory, disk: nodeDisk, clock: { ...systemClock, now: () => now } });

const takes = async (limits: ReadLimits, count: number): Promise<boolean[]> => {
  const taken: boolean[] = [];
  for (let each = 0; each < count; each++) taken.push(await limits.take(limit));
  return taken;
};

describe('the limit of reads', () => {
  it('counts over restarts and processes, for an hour', async () => {
    expect(await takes(open(), 2)).toEqual([true, true]);
    expect(await takes(open(), 2)).toEqual([true, false]);
    now += HOUR_MS - 1;
    expect(await takes(open(), 1)).toEqual([false]);
    now += 1;
    expect(await takes(open(), 4)).toEqual([true, true, true, false]);
  });

  it('counts concurrent reads once each', async () => {
    const limits = [open(), open(), open(), open(), open()];
    const taken = await Promise.all(limits.map((each) => each.take(limit)));
    expect(taken.filter(Boolean)).toHaveLength(3);
  });

  it('does not forget when the clock is set back', async () => {
    await takes(open(), 3);
    now -= 10 * HOUR_MS;
    expect(await takes(open(), 1)).toEqual([false]);
  });

  it('counts each rule by itself', async () => {
    await takes(open(), 3);
    expect(await open().take({ rule: 'salesforce /other/*', perHour: 3 })).toBe(true);
  });

  it('throws if it cannot count', async () => {
    await writeFile(join(directory, 'secret-reads.json'), 'damaged');
    await expect(open().take(limit)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});

describe('a secret whose rule limits its reads', () => {
  const logged: { readonly level: string; readonly message: string }[] = [];
  const audit: Logger = {
    log: (level, message) => void logged.push({ level, message }),
    child: () => audit,
  };
  let reads: number;

  function source(): SecretSource {
    reads = 0;
    logged.splice(0);
    return createSecretSources({
      connection: { password: 'secret:/sf/password' },
      secretFields: ['password'],
      connector: 'Salesforce',
      endpoints: [parseEndpoint('acme.my.salesforce.com:443')],
      policy: policyOf(
        '{version: 1, secrets: [{ref: /sf/*, connector: salesforce, fields: [password], hosts: [acme.my.salesforce.com], maxReadsPerHour: 3}]}',
      ),
      provider: {
        name: 'test',
        read: async () => new Secret('correct horse', `${(reads += 1)}`),
      },
      secretDirectories: [],
      clock: systemClock,
      readLimits: open(),
      trail: noAuditTrail,
      versions: processVersions(systemRandom),
      redactor: createRedactor(),
      audit,
    }).get('password')!;
  }

  it('is read as often as the rule permits, then denied with an alarm in the log', async () => {
    const limited = source();
    const { signal } = new AbortController();
    for (let each = 0; each < 3; each++) await limited.read(signal);
    await expect(limited.read(signal)).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    expect(reads).toBe(3);
    expect(logged).toContainEqual({
      level: 'error',
      message: 'alarm: a secret is read more often than its rule permits',
    });
  });

  it('is denied when its reads cannot be counted', async () => {
    await writeFile(join(directory, 'secret-reads.json'), 'damaged');
    const denied = source().read(NEVER);
    await expect(denied).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    expect(reads).toBe(0);
  });
});
