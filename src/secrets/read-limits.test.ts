import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';
import type { AuditEvent } from '../../foundation/src/logging/audit-trail.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import { noMetrics } from '../../foundation/src/logging/metrics.ts';
import { parseEndpoint } from '../../foundation/src/network/endpoint.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { processVersions } from './value-versions.ts';
import { createReadLimits, processReadLimits, type ReadLimits, type Taken } from './read-limits.ts';
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

const clock = { ...systemClock, now: () => now };
const open = (): ReadLimits => createReadLimits({ directory, disk: nodeDisk, clock });

const takes = async (limits: ReadLimits, count: number, of = limit): Promise<Taken[]> => {
  const taken: Taken[] = [];
  for (let each = 0; each < count; each++) taken.push(await limits.take(of));
  return taken;
};

describe('the limit of reads', () => {
  it('counts over restarts and processes, for an hour', async () => {
    expect(await takes(open(), 2)).toEqual(['permitted', 'permitted']);
    expect(await takes(open(), 2)).toEqual(['permitted', 'reached']);
    now += HOUR_MS - 1;
    expect(await takes(open(), 1)).toEqual(['reached']);
    now += 1;
    expect(await takes(open(), 4)).toEqual(['permitted', 'permitted', 'permitted', 'reached']);
  });

  it('counts concurrent reads once each', async () => {
    const limits = [open(), open(), open(), open(), open()];
    const taken = await Promise.all(limits.map((each) => each.take(limit)));
    expect(taken.filter((each) => each === 'permitted')).toHaveLength(3);
  });

  it('counts a burst together, exactly up to the limit', async () => {
    let writes = 0;
    const rename = (from: string, to: string): Promise<void> => {
      writes += 1;
      return nodeDisk.rename(from, to);
    };
    const limits = createReadLimits({ directory, disk: { ...nodeDisk, rename }, clock });
    const taken = await Promise.all(Array.from({ length: 40 }, () => limits.take(limit)));
    expect(taken.filter((each) => each === 'permitted')).toHaveLength(3);
    expect(writes).toBeLessThan(3);
  });

  it('does not forget when the clock is set back', async () => {
    await takes(open(), 3);
    now -= 10 * HOUR_MS;
    expect(await takes(open(), 1)).toEqual(['reached']);
  });

  it('counts each rule by itself', async () => {
    await takes(open(), 3);
    expect(await open().take({ rule: 'salesforce /other/*', perHour: 3 })).toBe('permitted');
  });

  it('is an alarm when 80 % of it is used, once an hour and rule', async () => {
    const ten = { rule: 'salesforce /ten/*', perHour: 10 };
    await takes(open(), 3);
    expect(await takes(open(), 8, ten)).toEqual([...Array<Taken>(7).fill('permitted'), 'near']);
    expect(await takes(open(), 3, ten)).toEqual(['permitted', 'permitted', 'reached']);
    now += HOUR_MS;
    expect((await takes(open(), 8, ten)).at(-1)).toBe('near');
  });

  it('counts the reads of a process without a state directory', async () => {
    const limits = processReadLimits(clock);
    expect(await takes(limits, 4)).toEqual(['permitted', 'permitted', 'permitted', 'reached']);
    now += HOUR_MS;
    expect(await takes(limits, 1)).toEqual(['permitted']);
  });

  it('throws if it cannot count', async () => {
    await writeFile(join(directory, 'secret-reads.json'), 'damaged');
    await expect(open().take(limit)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});

describe('a secret', () => {
  const logged: { readonly level: string; readonly message: string }[] = [];
  const recorded: AuditEvent[] = [];
  const counted: string[] = [];
  const audit: Logger = {
    log: (level, message) => void logged.push({ level, message }),
    child: () => audit,
  };
  let reads: number;

  function source(limits = '', readLimits = open()): SecretSource {
    reads = 0;
    logged.splice(0);
    recorded.splice(0);
    counted.splice(0);
    return createSecretSources({
      connection: { password: 'secret:/sf/password' },
      secretFields: ['password'],
      connector: 'Salesforce',
      endpoints: [parseEndpoint('acme.my.salesforce.com:443')],
      policy: policyOf(
        `{version: 1, secrets: [{ref: /sf/*, connector: salesforce, fields: [password], hosts: [acme.my.salesforce.com]${limits}}]}`,
      ),
      provider: {
        name: 'test',
        read: async () => new Secret('correct horse', `${(reads += 1)}`),
      },
      secretDirectories: [],
      clock: systemClock,
      readLimits,
      trail: { record: async (event) => void recorded.push(event) },
      versions: processVersions(systemRandom),
      redactor: createRedactor(),
      audit,
      metrics: {
        ...noMetrics,
        count: (name, labels) => void counted.push(`${name} ${Object.values(labels).join(' ')}`),
      },
    }).get('password')!;
  }

  it('is read as often as the rule permits, then denied with an alarm in the log', async () => {
    const limited = source(', maxReadsPerHour: 3');
    for (let each = 0; each < 3; each++) await limited.read(NEVER);
    await expect(limited.read(NEVER)).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    expect(reads).toBe(3);
    expect(logged).toContainEqual({
      level: 'error',
      message: 'alarm: a secret is read more often than its rule permits',
    });
    expect(recorded.at(-1)).toMatchObject({
      decision: 'deny',
      rule: 'secrets[0].maxReadsPerHour',
      alarm: 'secretReads',
    });
    expect(counted).toEqual(['secretReadAlarms reached', 'secretResolutions none denied']);
  });

  it('has a limit if its rule states none, with an alarm at 80 % of it', async () => {
    const unstated = source();
    await unstated.read(NEVER);
    const file = join(directory, 'secret-reads.json');
    const counts = JSON.parse(await readFile(file, 'utf8')) as Record<string, number[]>;
    const [rule] = Object.keys(counts);
    await writeFile(file, JSON.stringify({ [rule!]: Array<number>(1_599).fill(now) }));
    await unstated.read(NEVER);
    expect(logged).toContainEqual({
      level: 'warn',
      message: 'alarm: most reads that a rule permits in an hour are used up',
    });
    expect(recorded.at(-1)).toMatchObject({ decision: 'allow', alarm: 'secretReads' });
    expect(counted).toEqual(['secretReadAlarms near']);
    await writeFile(file, JSON.stringify({ [rule!]: Array<number>(2_000).fill(now) }));
    await expect(unstated.read(NEVER)).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    expect(reads).toBe(2);
  });

  it('is not denied for good when there is no room to count its reads', async () => {
    let isFull = true;
    const rename = async (from: string, to: string): Promise<void> => {
      if (isFull) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      await nodeDisk.rename(from, to);
    };
    const disk = { ...nodeDisk, rename };
    const secret = source('', createReadLimits({ directory, disk, clock }));
    await expect(secret.read(NEVER)).rejects.toMatchObject({
      code: 'AUDIT_UNWRITABLE',
      retryable: true,
    });
    isFull = false;
    expect([reads, recorded]).toEqual([0, []]);
    expect((await secret.read(NEVER)).version).toBe('1');
  });

  it('is denied when its reads cannot be counted', async () => {
    await writeFile(join(directory, 'secret-reads.json'), 'damaged');
    const denied = source().read(NEVER);
    await expect(denied).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    expect(reads).toBe(0);
  });
});
