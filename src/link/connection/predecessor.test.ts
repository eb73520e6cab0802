import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPredecessor } from './predecessor.ts';

describe('the predecessor', () => {
  let folder: string;
  let state: string;
  let boot: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'place-'));
    state = mkdtempSync(join(folder, 'state-'));
    boot = join(folder, 'boot-id');
    writeFileSync(boot, 'a boot\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const ended = async (directory: string, bootId = boot): Promise<boolean> =>
    (await findPredecessor(directory, bootId)).hasEnded;
  const succeed = async (directory: string, bootId = boot): Promise<void> =>
    (await findPredecessor(directory, bootId)).succeed();

  it('has ended when the runner starts again in the same directory', async () => {
    await succeed(state);
    expect(await ended(state)).toBe(true);
  });

  it('may still run when the directory is a copy, until the control plane has accepted the copy', async () => {
    await succeed(state);
    const copy = join(folder, 'copy');
    cpSync(state, copy, { recursive: true });
    expect(await ended(copy)).toBe(false);
    expect(await ended(copy)).toBe(false);
    await succeed(copy);
    expect(await ended(copy)).toBe(true);
    expect(await ended(state)).toBe(true);
  });

  it('may still run after a reboot, since a copied disk looks the same', async () => {
    await succeed(state);
    writeFileSync(boot, 'another boot\n');
    expect(await ended(state)).toBe(false);
  });

  it('may still run where the system has no boot id', async () => {
    await succeed(state, join(folder, 'none'));
    expect(await ended(state, join(folder, 'none'))).toBe(false);
  });

  it('lets the session start when the place cannot be recorded, and records it later', async () => {
    const obstacle = join(state, 'place');
    const found = await findPredecessor(state, boot);
    mkdirSync(obstacle);
    await found.succeed();
    rmSync(obstacle, { recursive: true });
    await found.succeed();
    expect(await ended(state)).toBe(true);
  });
});
