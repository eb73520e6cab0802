import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemdUnit, type UnitOptions } from './systemd.ts';

const directory = mkdtempSync(join(tmpdir(), 'unit-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const options: UnitOptions = {
  node: '/usr/bin/node',
  program: '/usr/lib/node_modules/hybrid-ingestion-runner/bin/hybrid-runner.js',
  args: ['--config', '/etc/hybrid-runner'],
  user: 'hybrid-runner',
  stateDir: '/var/lib/hybrid-runner',
  drainTimeoutMs: 300_000,
  finalExitCodes: [2, 3, 4, 5, 77],
};

/** The lines of a setting. */
const valuesOf = (unit: string, name: string): string[] =>
  unit
    .split('\n')
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1));

describe('the systemd unit', () => {
  it('waits for the drain before a kill', () => {
    const seconds = Number(
      valuesOf(systemdUnit({ ...options, drainTimeoutMs: 600_000 }), 'TimeoutStopSec')[0],
    );
    expect(seconds).toBeGreaterThan(600);
  });

  it('gives the allocator of the link the settings that workers have', () => {
    expect(valuesOf(systemdUnit(options), 'Environment')).toEqual([
      'MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=65536',
    ]);
  });

  it('does not restart after errors that require user action', () => {
    expect(valuesOf(systemdUnit(options), 'RestartPreventExitStatus')).toEqual(['2 3 4 5 77']);
  });

  it('lets systemd create a state directory below /var/lib, and makes any other writable', () => {
    expect(valuesOf(systemdUnit(options), 'StateDirectory')).toEqual(['hybrid-runner']);
    const elsewhere = systemdUnit({ ...options, stateDir: '/data/runner' });
    expect(valuesOf(elsewhere, 'StateDirectory')).toEqual([]);
    expect(valuesOf(elsewhere, 'ReadWritePaths')).toEqual(['/data/runner']);
  });

  it('escapes paths for systemd', () => {
    const [start] = valuesOf(
      systemdUnit({ ...options, args: ['--config', '/etc/a b/%h$HOME"x.yaml'] }),
      'ExecStart',
    );
    expect(start).toContain(String.raw`--config "/etc/a b/%%h$$HOME\"x.yaml"`);
  });

  it.each([
    { user: 'root\nExecStartPre=/bin/evil' },
    { user: 'Root' },
    { args: ['--config', '/etc/x\nUser=root'] },
    { stateDir: '/var/lib/../etc' },
    { stateDir: '/var/lib/a b' },
  ])('rejects %j', (change) => {
    expect(() => systemdUnit({ ...options, ...change })).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
  });

  const analyze = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' });

  it.runIf(analyze.status === 0)('has an exposure of at most 1.5 in systemd-analyze', () => {
    const file = join(directory, 'hybrid-runner.service');
    writeFileSync(file, systemdUnit(options));
    const { stdout } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', '--no-pager', file],
      { encoding: 'utf8' },
    );
    const exposure = /Overall exposure level for .*: (?<level>[\d.]+)/.exec(stdout)?.groups?.[
      'level'
    ];
    expect(Number(exposure)).toBeLessThanOrEqual(1.5);
  });
});
