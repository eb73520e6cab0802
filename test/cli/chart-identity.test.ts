import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../../packaging/helm/hybrid-runner/files/prepare.mjs');

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'chart-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const inState = (name: string): string => join(directory, 'state', name);
const key = (): string => readFileSync(inState('identity/key.pem'), 'utf8');

/** Starts the init container of the chart, whose Secret has this identity. */
function prepare(runnerId: string, enrolledAt: string, pem: string): void {
  const secret = join(directory, 'secret');
  mkdirSync(secret, { recursive: true });
  writeFileSync(join(secret, 'key.pem'), pem);
  writeFileSync(join(secret, 'settings.json'), JSON.stringify({ runnerId, enrolledAt }));
  const script = readFileSync(SCRIPT, 'utf8').replace('/run/hybrid-runner/identity', secret);
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-'], {
    input: script,
    encoding: 'utf8',
    env: { HYBRID_RUNNER_STATE_DIR: join(directory, 'state') },
  });
  expect([stderr, status]).toEqual(['', 0]);
}

/** What the runner does on the volume when its key is due. */
function replaceKey(): void {
  writeFileSync(inState('identity/key.previous.pem'), key());
  writeFileSync(inState('identity/key.pem'), 'made by the runner');
}

describe('an identity from a Secret of the chart', () => {
  it('is copied to the volume at the first start', () => {
    prepare('rnr_1', '2026-01-01T00:00:00.000Z', 'enrolled');
    expect(key()).toBe('enrolled');
  });

  it('does not come back after the runner has replaced its key', () => {
    prepare('rnr_1', '2026-01-01T00:00:00.000Z', 'enrolled');
    replaceKey();
    prepare('rnr_1', '2026-01-01T00:00:00.000Z', 'enrolled');
    expect(key()).toBe('made by the runner');
  });

  it.each([
    ['of another runner', 'rnr_2', '2026-01-01T00:00:00.000Z'],
    ['of a later enrollment', 'rnr_1', '2026-06-01T00:00:00.000Z'],
  ])('%s replaces the one on the volume, with all of its keys', (_case, runnerId, enrolledAt) => {
    prepare('rnr_1', '2026-01-01T00:00:00.000Z', 'enrolled');
    replaceKey();
    prepare(runnerId, enrolledAt, 'enrolled again');
    expect(key()).toBe('enrolled again');
    expect(existsSync(inState('identity/key.previous.pem'))).toBe(false);
  });

  it('is copied again if the first start was interrupted', () => {
    prepare('rnr_1', '2026-01-01T00:00:00.000Z', 'enrolled');
    writeFileSync(inState('settings.json'), '{"runnerId":');
    prepare('rnr_1', '2026-01-01T00:00:00.000Z', 'enrolled');
    expect(readFileSync(inState('settings.json'), 'utf8')).toContain('rnr_1');
  });
});
