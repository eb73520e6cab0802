import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Place } from './command-line.ts';

let place: Place;
beforeEach(() => (place = new Place()));
afterEach(() => place.close());

const reference = 'secret:/salesforce/prod/password';
const directory = (): string => join(place.stateDir, 'audit');

function trailFile(): string {
  return join(
    directory(),
    readdirSync(directory()).find((name) => name.endsWith('.jsonl'))!,
  );
}

async function changeVault(): Promise<void> {
  await place.call(['secrets', 'set', reference], { input: 'hunter2222\n' });
  await place.call(['secrets', 'rotate']);
  await place.call(['secrets', 'rm', reference]);
}

describe('changes of the vault', () => {
  it('are in the audit trail with the user of the system, without the value', async () => {
    await changeVault();
    const text = readFileSync(trailFile(), 'utf8');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { event: 'vault', change: 'set', reference, user: userInfo().username },
      { event: 'vault', change: 'rotateKey' },
      { event: 'vault', change: 'remove', reference },
    ]);
    expect(text).not.toContain('hunter2222');
  });

  it('do not happen when they cannot be recorded', async () => {
    await changeVault();
    writeFileSync(trailFile(), '{"event":"forged"}\n');
    const { code, stderr } = await place.call(['secrets', 'set', reference], {
      input: 'hunter3333',
    });
    expect(code).not.toBe(0);
    expect(stderr).toContain('AUDIT_UNWRITABLE');
    const { stdout } = await place.call(['secrets', 'list', '--json']);
    expect(JSON.parse(stdout)).toEqual({ secrets: [] });
  });
});

describe('audit verify', () => {
  it('finds nothing in a trail that was not touched', async () => {
    await changeVault();
    const { code, stdout } = await place.call(['audit', 'verify']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^valid: 3 lines in 1 file of .*\nhead 3:[0-9a-f]{64}\n$/);
  });

  it('finds a changed line, and lines that are missing before a head', async () => {
    await changeVault();
    const { stdout } = await place.call(['audit', 'verify', '--json']);
    const { end } = JSON.parse(stdout) as { end: { number: number; hash: string } };
    const head = ['--head', `${end.number}:${end.hash}`];
    expect((await place.call(['audit', 'verify', ...head])).code).toBe(0);
    const text = readFileSync(trailFile(), 'utf8');
    writeFileSync(trailFile(), text.replace('rotateKey', 'rotate'));
    expect((await place.call(['audit', 'verify'])).code).toBe(1);
    writeFileSync(trailFile(), text.split('\n').slice(0, 2).join('\n') + '\n');
    expect((await place.call(['audit', 'verify'])).code).toBe(0);
    const cut = await place.call(['audit', 'verify', ...head]);
    expect([cut.code, cut.stdout]).toEqual([1, expect.stringContaining('cut from the end')]);
  });

  it('rejects an invalid head', async () => {
    expect((await place.call(['audit', 'verify', '--head', 'x'])).code).toBe(2);
  });
});
