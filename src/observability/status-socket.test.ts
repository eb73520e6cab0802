import { mkdtempSync, rmSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { readStatus, serveStatus } from './status-socket.ts';

const directory = mkdtempSync(join(tmpdir(), 'status-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const signal = new AbortController().signal;

describe('serveStatus and readStatus', () => {
  it('return the current status, and remove the socket on close', async () => {
    const path = join(directory, 'a.sock');
    let count = 0;
    const server = await serveStatus(path, () => Promise.resolve({ count: ++count }));
    expect(await readStatus(path, signal)).toEqual({ count: 1 });
    expect(await readStatus(path, signal)).toEqual({ count: 2 });
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  it('create a socket that only its owner can use', async () => {
    const path = join(directory, 'b.sock');
    const server = await serveStatus(path, () => Promise.resolve({}));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await server.close();
  });

  it('replace a socket that a killed process left', async () => {
    const path = join(directory, 'c.sock');
    writeFileSync(path, '');
    const server = await serveStatus(path, () => Promise.resolve({ here: true }));
    expect(await readStatus(path, signal)).toEqual({ here: true });
    await server.close();
  });

  it('throw RUNNER_NOT_RUNNING if no runner answers, or another program does', async () => {
    await expect(readStatus(join(directory, 'none.sock'), signal)).rejects.toMatchObject({
      code: 'RUNNER_NOT_RUNNING',
    });
    const path = join(directory, 'other.sock');
    const other = createServer((socket) => socket.end('hello')).listen(path);
    await expect(readStatus(path, signal)).rejects.toMatchObject({ code: 'RUNNER_NOT_RUNNING' });
    other.close();
  });

  it('reject a path that the platform would truncate', async () => {
    await expect(
      serveStatus(join(directory, 'x'.repeat(120)), () => Promise.resolve({})),
    ).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('stop waiting when the signal fires', async () => {
    const path = join(directory, 'silent.sock');
    const silent = createServer(() => undefined).listen(path);
    const controller = new AbortController();
    const reading = readStatus(path, controller.signal);
    controller.abort(new RunnerError('CANCELLED', 'by test'));
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
    silent.close();
  });
});
