import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemProcesses } from './processes.ts';

describe('systemProcesses', () => {
  it('identifies a process by more than its number, and kills only that process', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const exit = once(child, 'exit');
    const identity = await systemProcesses.identify(child.pid!);
    expect(await systemProcesses.isAlive(identity)).toBe(true);
    await systemProcesses.kill({ pid: child.pid!, started: 'another time' });
    await systemProcesses.kill({ pid: child.pid! });
    expect(await systemProcesses.isAlive(identity)).toBe(true);
    if (identity.started === undefined) child.kill('SIGKILL');
    else await systemProcesses.kill(identity);
    await exit;
    expect(await systemProcesses.isAlive(identity)).toBe(false);
  });
});
