import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Place, program } from './command-line.ts';

/** A Node between 18 and 23: named by OLD_NODE, or found on the path. */
function findOlderNode(): string | undefined {
  const candidates = [process.env['OLD_NODE'], ...(process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'node'))];
  return candidates.find((path): path is string => {
    if (path === undefined || !existsSync(path)) return false;
    const major = Number(spawnSync(path, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }).stdout);
    return major >= 18 && major < 24;
  });
}

const node = findOlderNode();

describe.runIf(node !== undefined)('started by an older Node', () => {
  let place: Place;
  let bare: string;
  beforeAll(() => {
    place = new Place();
    // The program alone, as an install without optional dependencies leaves it.
    bare = mkdtempSync(join(tmpdir(), 'bare-'));
    mkdirSync(join(bare, 'bin'));
    cpSync(program, join(bare, 'bin', 'hybrid-runner.js'));
    writeFileSync(join(bare, 'package.json'), '{"type":"module","version":"9.9.9"}');
  });
  afterAll(() => {
    place.close();
    rmSync(bare, { recursive: true, force: true });
  });

  it('runs itself on the Node that came with the install', async () => {
    const { stdout, code } = await place.callBare(['version', '--json'], { node: node! });
    expect(code).toBe(0);
    expect(Number((JSON.parse(stdout) as { node: string }).node.split('.')[0])).toBeGreaterThanOrEqual(24);
  });

  it('passes on standard input, output and exit code', async () => {
    expect(await place.call(['secrets', 'set', 'secret:/a/b'], { node: node!, input: 'hunter2222' })).toMatchObject({ code: 0, stdout: 'Stored secret:/a/b, version 1.\n' });
    expect(await place.call(['run'], { node: node! })).toMatchObject({ code: 4 });
  });

  it('passes on signals, and ends as the other process did', async () => {
    const child = spawn(node!, [program, 'secrets', 'set', 'secret:/a/c', '--config', place.config], { stdio: ['pipe', 'pipe', 'pipe'] });
    let [stderr, asked] = ['', false];
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    // It waits for standard input, which never ends; signals are repeated until one finds it listening.
    const timer = setInterval(() => (asked = child.kill('SIGTERM')), 1500);
    const [code] = (await once(child, 'exit')) as [number | null];
    clearInterval(timer);
    expect(asked).toBe(true);
    expect(code).toBe(130);
    expect(stderr).toContain('error ABORTED: stopped by SIGTERM');
  });

  it('says in one line what to do when no newer one came along', () => {
    const result = spawnSync(node!, [join(bare, 'bin', 'hybrid-runner.js'), 'run'], { encoding: 'utf8' });
    expect(result.status).toBe(3);
    expect(result.stderr).toMatch(/^error NODE_TOO_OLD: [^\n]*install[^\n]*\n$/);
  });

  it.each(['control-plane', 'sandbox-org'])('%s says in one line what to do', (workspace) => {
    const result = spawnSync(node!, [join(import.meta.dirname, '../..', workspace, 'bin', `${workspace}.js`)], { encoding: 'utf8' });
    expect(result.status).toBe(2);
    expect(result.stderr).toMatch(/^[^\n]*Node\.js 24 or newer[^\n]*npm run[^\n]*\n$/);
  });

  it('tells its version itself', () => {
    expect(spawnSync(node!, [join(bare, 'bin', 'hybrid-runner.js'), '--version'], { encoding: 'utf8' }).stdout).toBe('9.9.9\n');
  });
});
