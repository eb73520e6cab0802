import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { Place, program } from './command-line.ts';

const place = new Place();
afterAll(() => place.close());

describe('a usage error', () => {
  it.each([
    ['', 'hybrid-runner <command> [options]', '--help'],
    ['nonsense', 'hybrid-runner <command> [options]', '--help'],
    ['secrets', 'hybrid-runner secrets <command> [options]', 'secrets --help'],
    ['secrets nonsense', 'hybrid-runner secrets <command> [options]', 'secrets --help'],
    ['secrets set', 'hybrid-runner secrets set [options] <reference>', 'secrets set --help'],
    ['secrets set a b', 'hybrid-runner secrets set [options] <reference>', 'secrets set --help'],
    ['status --nonsense', 'hybrid-runner status [options]', 'status --help'],
    ['enroll --url', 'hybrid-runner enroll --token-file <file> [options]', 'enroll --help'],
    ['ingest', 'hybrid-runner ingest --workflow <file> [options]', 'ingest --help'],
    ['help nonsense', 'hybrid-runner <command> [options]', '--help'],
    ['help secrets nonsense', 'hybrid-runner secrets <command> [options]', 'secrets --help'],
  ])('of “%s” shows the usage of that command', async (args, usage, help) => {
    const words = args.split(' ').filter((word) => word !== '');
    const { code, stdout, stderr } = await place.callBare(words);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error USAGE: /);
    expect(stderr).toContain(`Usage: ${usage}.`);
    expect(stderr).toContain(`Run \`hybrid-runner ${help}\` for details.`);
  });

  it('has its usage in the JSON as well', async () => {
    const { stdout } = await place.callBare(['secrets', 'rm', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'USAGE', remedy: expect.stringContaining('hybrid-runner secrets rm') },
    });
  });
});

const script = spawnSync('script', ['--version'], { encoding: 'utf8' });

/** Runs the program on a terminal with this many columns. Returns the lines it shows. */
function onTerminal(columns: number, args: string, env: NodeJS.ProcessEnv = {}): string[] {
  const command = `stty cols ${columns}; ${process.execPath} ${program} ${args}`;
  const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: place.directory, ...env },
  });
  return stdout.replaceAll('\r', '').split('\n');
}

describe.runIf(script.status === 0 && script.stdout.includes('util-linux'))('a terminal', () => {
  it.each([40, 60, 100])('of %i columns is not exceeded by help and errors', (columns) => {
    for (const args of ['--help', 'enroll --help', 'secrets set', `run --config ${place.config}`]) {
      const lines = onTerminal(columns, args);
      expect(lines.length).toBeGreaterThan(2);
      const tooLong = lines.filter((line) => line.length > columns && line.trim().includes(' '));
      expect(tooLong).toEqual([]);
    }
  });

  it.each([
    ['NO_COLOR', { NO_COLOR: '1', TERM: 'xterm-256color' }],
    ['TERM=dumb', { TERM: 'dumb' }],
  ])('gets no control sequence with %s', (_name, env) => {
    const shown = onTerminal(80, `config show --config ${place.config}`, env).join('\n');
    expect(shown).toContain('log.level');
    expect(shown).not.toContain('\u001b');
  });
});
