import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Place } from './command-line.ts';

const VALUE = 'never-on-a-terminal';
const POLICY = `version: 1
secrets:
  - ref: /local/sales/*
    connector: salesforce
    fields: [password]
    hosts: [acme.my.salesforce.com]
`;

let place: Place;
let program: string;
beforeEach(() => {
  place = new Place();
  place.file('policy.yaml', POLICY);
  program = place.file('print', `#!/bin/sh\nprintf '{"password": "${VALUE}"}'\n`, 0o700);
  const config = JSON.parse(readFileSync(place.config, 'utf8')) as { secrets: object };
  const mount = { prefix: '/local', provider: 'command', format: 'json' };
  const mounts = [{ ...mount, command: [program, '{name}'] }];
  writeFileSync(
    place.config,
    JSON.stringify({ ...config, secrets: { ...config.secrets, mounts } }),
  );
});
afterEach(() => place.close());

function auditTrail(): string {
  const trail = join(place.stateDir, 'audit');
  const [file = ''] = readdirSync(trail).filter((name) => name.endsWith('.jsonl'));
  return readFileSync(join(trail, file), 'utf8');
}

describe('secrets check', () => {
  it('shows where a reference leads and which rule permits it, never the value', async () => {
    const { code, stdout, stderr } = await place.call([
      'secrets',
      'check',
      'secret:/local/sales/password',
    ]);
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      'secret:/local/sales/password has a secret',
      `  looked in: command at /local: ${program} sales, key password`,
      expect.stringMatching(/^ {2}version: value [\w-]{16}$/),
      '  permitted by secrets[0] (line 3): salesforce, password, for acme.my.salesforce.com:443',
    ]);
    expect([code, `${stdout}${stderr}`.includes(VALUE)]).toEqual([0, false]);
    expect(auditTrail()).toContain('"event":"secretCheck"');
  });

  it('ends with 5 for a secret that no rule names', async () => {
    const { code, stdout } = await place.call(['secrets', 'check', 'secret:/local/other/password']);
    expect([code, stdout]).toEqual([5, expect.stringContaining('no job can use it')]);
  });

  it.each([
    ['secret:/local/sales/user', 'no key user'],
    ['secret:/local/sales', 'one of its keys'],
    ['secret:/elsewhere/password', 'looked in vault'],
  ])('says why %s cannot be read', async (reference, reason) => {
    const { code, stderr } = await place.call(['secrets', 'check', reference]);
    expect([code, stderr]).toEqual([3, expect.stringContaining(reason)]);
    expect(stderr).not.toContain(VALUE);
  });

  it('shows the version of a secret in the vault', async () => {
    await place.call(['secrets', 'set', 'secret:/sales'], { input: VALUE });
    const { stdout } = await place.call(['secrets', 'check', 'secret:/sales', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ places: 'vault', version: expect.any(String) });
  });
});

it('a secret that doctor reads has a line in the audit trail', async () => {
  place.file('policy.yaml', POLICY.replace('sales/*', 'sales/password'));
  const { stdout } = await place.call(['doctor', '--only', 'rules']);
  expect(stdout).toContain(
    `secrets[0]: /local/sales/password is stored in command at /local: ${program} sales`,
  );
  expect(stdout).not.toContain(VALUE);
  expect(auditTrail()).toMatch(
    /"by":"doctor","event":"secretCheck",.*"reference":"secret:\/local\/sales\/password"/,
  );
});
