import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { queryRunningRunner } from './running-runner.ts';
import { serveStatus, type StatusServer } from './status-socket.ts';

const STATUS = {
  version: '9.0.0',
  pid: 42,
  state: { name: 'connected', since: 1 },
  health: { name: 'a later word', text: 'fine' },
  added: 'later',
};

let directory: string;
let server: StatusServer | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'running-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(directory, { recursive: true });
});

async function answering(status: unknown): Promise<string> {
  const path = join(directory, 'status.sock');
  server = await serveStatus(path, () => Promise.resolve(status));
  return path;
}

describe('queryRunningRunner', () => {
  it('reads the status of a newer runner', async () => {
    expect(await queryRunningRunner(await answering(STATUS), NEVER)).toMatchObject(STATUS);
  });

  it('returns undefined for another format, and where no runner listens', async () => {
    expect(await queryRunningRunner(await answering({ pid: 42 }), NEVER)).toBeUndefined();
    expect(await queryRunningRunner(join(directory, 'none.sock'), NEVER)).toBeUndefined();
  });

  it('rejects when it is aborted', async () => {
    const path = await answering(STATUS);
    await expect(queryRunningRunner(path, AbortSignal.abort())).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});
