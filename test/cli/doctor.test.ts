import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CHECK_NAMES } from '../../src/doctor/check.ts';
import { STATUSES } from '../../src/doctor/finding.ts';
import { Place } from './command-line.ts';

let place: Place;
beforeEach(() => (place = new Place()));
afterEach(() => place.close());

/** The document as docs/doctor.md describes it. */
const findingSchema = z.strictObject({
  status: z.enum(STATUSES),
  subject: z.string().min(1),
  detail: z.string().min(1),
  lines: z.array(z.string()).optional(),
  remedy: z.string().optional(),
  code: z.string().optional(),
});
const reportSchema = z.strictObject({
  version: z.string(),
  at: z.iso.datetime(),
  status: z.enum(STATUSES),
  counts: z.record(z.enum(STATUSES), z.number()),
  firstFailure: findingSchema.extend({ check: z.enum(CHECK_NAMES) }).nullable(),
  checks: z.array(
    z.strictObject({
      name: z.enum(CHECK_NAMES),
      title: z.string(),
      status: z.enum(STATUSES),
      findings: z.array(findingSchema).min(1),
      blockedBy: z.enum(CHECK_NAMES).optional(),
    }),
  ),
});

describe('doctor', () => {
  it('prints one JSON document with every check, and exits with 6 when something fails', async () => {
    const { code, stdout, stderr } = await place.call(['doctor', '--json']);
    const report = reportSchema.parse(JSON.parse(stdout));
    expect(report.checks.map(({ name }) => name)).toEqual([...CHECK_NAMES]);
    expect(report.firstFailure).toMatchObject({ check: 'policy', code: 'POLICY_MISSING' });
    expect([code, stderr]).toEqual([6, '']);
  });

  it('has one remedy for every failure and every warning, and none for the rest', async () => {
    const { stdout } = await place.call(['doctor', '--json']);
    const findings = reportSchema
      .parse(JSON.parse(stdout))
      .checks.flatMap((check) => check.findings);
    for (const { status, remedy } of findings)
      expect(remedy === undefined).toBe(status === 'pass' || status === 'skip');
  });

  it('exits with 0 when nothing of what was asked for fails', async () => {
    expect(await place.call(['doctor', '--only', 'installation,data'])).toMatchObject({ code: 0 });
  });

  it('runs only the named checks and those that they need', async () => {
    const { stdout } = await place.call(['doctor', '--json', '--only', 'rules']);
    const names = reportSchema.parse(JSON.parse(stdout)).checks.map(({ name }) => name);
    expect(names).toEqual(['configuration', 'policy', 'secrets', 'rules']);
  });

  it('writes plain lines where there is no terminal', async () => {
    const { stdout } = await place.call(['doctor']);
    expect(stdout).toContain(
      `  FAIL  policy file: no policy file at ${place.directory}/policy.yaml`,
    );
    expect(stdout).toContain('\n        → Create a policy file as described in docs/policy.md.\n');
    expect(stdout).not.toContain('\u001b');
  });

  it('has a page that describes every check', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/doctor.md'), 'utf8');
    const described = [...page.matchAll(/^\| `(?<name>[a-z]+)` \|/gm)].map(
      ({ groups }) => groups!['name'],
    );
    expect(described.slice(0, CHECK_NAMES.length)).toEqual([...CHECK_NAMES]);
  });

  it.each([
    ['a check that does not exist', ['--only', 'weather']],
    ['an invalid timeout', ['--timeout', 'soon']],
  ])('rejects %s', async (_what, args) => {
    expect(await place.call(['doctor', ...args])).toMatchObject({ code: 2, stdout: '' });
  });

  it('leaves nothing behind and changes no file', async () => {
    await place.call(['secrets', 'set', 'secret:/a/b'], { input: 'hunter2222' });
    // The trial of writing changes the time of the directory itself.
    const files = (): readonly string[] =>
      place.snapshot().filter((line) => !line.startsWith('state '));
    const before = files();
    await place.call(['doctor']);
    expect(files()).toEqual(before);
  });
});
