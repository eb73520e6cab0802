import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
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
