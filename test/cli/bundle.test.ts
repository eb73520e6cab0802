import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox-org/src/sandbox.ts';
import { LocalRunner } from '../support/local-runner.ts';

const root = resolve(import.meta.dirname, '../..');
const SECRET = 'secret:/salesforce/app';
let sandbox: Sandbox;
let runner: LocalRunner;
let installed: string;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 5 });
  runner = await LocalRunner.install(sandbox, {
    rules: [
      {
        ref: '/salesforce/app',
        connector: 'salesforce',
        fields: ['consumerSecret'],
        hosts: [`${sandbox.myDomain}.salesforce.com`],
      },
    ],
  });
  await runner.store({ [SECRET]: sandbox.credentials.consumerSecret });
  installed = mkdtempSync(join(tmpdir(), 'installed-'));
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    files: string[];
  };
  for (const part of [...files.filter((part) => !part.startsWith('!')), 'package.json'])
    cpSync(join(root, part), join(installed, part), { recursive: true });
});

afterAll(async () => {
  runner.close();
  rmSync(installed, { recursive: true });
  await sandbox.close();
});

/** What npm installs, with no package beside it. */
function call(...args: string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return promisify(execFile)(
    process.execPath,
    [join(installed, 'bin/hybrid-runner.js'), ...args, '--config', runner.place.config],
    { env: { PATH: '', HOME: installed } },
  );
}

/** Chunks of commands and what a command starts with, as opposed to what a setting turns on. */
function isAlwaysLoaded(path: string): boolean {
  return !/\/(?:prometheus|server|open|headers-file)-/.test(path);
}

describe('the installed program', () => {
  it('requires no package but Node', () => {
    expect(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))).not.toHaveProperty(
      'dependencies',
    );
  });

  it('lists the packages that it contains, with versions and licenses', () => {
    const notice = readFileSync(join(installed, 'dist/THIRD-PARTY.txt'), 'utf8');
    for (const name of ['@jsforce/jsforce-node', '@grpc/proto-loader', 'undici', 'zod', 'ws'])
      expect(notice).toMatch(new RegExp(`^=== ${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
    expect(notice).not.toContain('@grpc/grpc-js');
  });

  it('contains one HTTP client, without that of jsforce', () => {
    const notice = readFileSync(join(installed, 'dist/THIRD-PARTY.txt'), 'utf8');
    expect(notice).not.toMatch(/^=== (form-data|mime-db) /m);
  });

  it('loads code of metrics and traces only when they are on', () => {
    const read = (path: string): string => readFileSync(join(installed, 'dist', path), 'utf8');
    const imported = (path: string, form: RegExp): string[] =>
      [...read(path).matchAll(form)].map((match) => join(dirname(path), match[1]!));
    const statically = /(?:from|import)\s*["'](\.[^"']+\.js)["']/g;
    const later = /import\(["'](\.[^"']+\.js)["']\)/g;
    const loaded = new Set<string>();
    const load = (path: string): void => {
      if (loaded.has(path)) return;
      loaded.add(path);
      for (const other of imported(path, statically)) load(other);
    };
    load('cli/main.js');
    for (const path of loaded)
      for (const other of imported(path, later)) if (isAlwaysLoaded(other)) load(other);
    expect([...loaded].some((path) => /\/run-/.test(path))).toBe(true);
    const code = [...loaded].map(read).join('');
    for (const mark of ['hybrid_runner_connected', 'Pushgateway', 'instrumentationScope'])
      expect(code).not.toContain(mark);
    const [metrics] = [...loaded].flatMap((path) =>
      imported(path, later).filter((other) => /\/prometheus-/.test(other)),
    );
    expect(read(metrics!)).toContain('Pushgateway');
  });

  it('signs in with OAuth and extracts', async () => {
    const { consumerKey } = sandbox.credentials;
    const document = runner.workflow() as { source: { serviceConnection: { config: unknown } } };
    document.source.serviceConnection.config = {
      type: 'Salesforce',
      consumerKey,
      consumerSecret: SECRET,
      salesforceDomain: sandbox.myDomain,
    };
    const { stdout, stderr } = await call(
      'ingest',
      '--workflow',
      runner.place.file('workflow.json', JSON.stringify(document)),
      '--log-level',
      'error',
    );
    expect(stderr).toBe('');
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({
      kind: 'outcome',
      status: 'success',
    });
  });
});
