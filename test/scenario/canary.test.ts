import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Processes } from '../../demo/processes.ts';
import { runnerProgram, Stage } from '../support/stage.ts';

const TIMEOUT = 120_000;

/** Values that need escaping somewhere, beside plain ones. */
const CANARIES = Array.from({ length: 18 }, (_, index) => `Cnry${index}-"<&>\\'%+/=é-${'xyzq'.repeat(1 + (index % 4))}-${(index * 7919).toString(36)}`);

/** The forms a value takes in JSON, URLs, XML and base64, in which it must not turn up either. */
function forms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '').slice(0, -2);
  return [value, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(value), base64, Buffer.from(value).toString('hex')];
}

/** What stands under a directory now; a program at work may take files and directories away at any moment. */
function filesUnder(directory: string): string[] {
  return (ifThere(() => readdirSync(directory, { withFileTypes: true })) ?? []).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesUnder(path) : entry.isFile() ? [path] : [];
  });
}

function contentOf(path: string): Buffer {
  return ifThere(() => readFileSync(path)) ?? Buffer.alloc(0);
}

/** Undefined where the file has gone, or shows a process that has, or one that is not ours to look at. */
function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw thrown;
  }
}

function found(haystack: Buffer, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => forms(secret).some((form) => haystack.includes(form)));
}

/** Everything the kernel shows of our processes' arguments and environments. */
function processFiles(): Buffer {
  const others = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return Buffer.concat(others.flatMap((pid) => ['cmdline', 'environ'].map((file) => contentOf(`/proc/${pid}/${file}`))));
}

describe.runIf(process.platform === 'linux')('twenty secrets planted through a whole run', () => {
  let stage: Stage;
  let secrets: string[];
  const seen: string[] = [];
  let spooled = 0;
  let workerSeen = false;

  beforeAll(async () => {
    stage = await Stage.open({ objects: 40, latencyMs: 20 });
    secrets = [...CANARIES, stage.sandbox.credentials.password, stage.sandbox.credentials.securityToken];
    const [first, ...more] = CANARIES;
    await Processes.run([runnerProgram, 'secrets', 'set', 'secret:/canary/s0', '--config', stage.place.configFile], first);
    await stage.store(Object.fromEntries(more.map((value, index) => [`secret:/canary/s${index + 1}`, value])));
  }, TIMEOUT);

  afterAll(() => stage.close(), TIMEOUT);

  it('leaves none in arguments, environments or the spool while it runs', async () => {
    const { password, securityToken } = stage.sandbox.credentials;
    await stage.admin('POST', '/org', { kind: 'addField', object: 'Account', field: { name: 'Leak__c', type: 'string', label: `pw ${password}`, description: `tok ${securityToken} ${encodeURIComponent(password)}` } });
    await stage.startRunner();
    const id = await stage.startRun();
    const ended = stage.ended(id);
    const over = new AbortController();
    void ended.finally(() => over.abort());
    while (!over.signal.aborted) {
      const processes = processFiles();
      workerSeen ||= processes.includes('dist/worker/main.js');
      seen.push(...found(processes, secrets));
      for (const path of filesUnder(stage.stateDir).filter((path) => /\.seg$|attempt\.json$/.test(path))) {
        const content = contentOf(path);
        spooled += content.length;
        seen.push(...found(content, secrets));
      }
      await delay(40);
    }
    expect(await ended).toMatchObject({ state: 'success', integrity: 'ok' });
    expect(seen).toEqual([]);
    expect({ workerSeen, spooled: spooled > 0 }).toEqual({ workerSeen: true, spooled: true });
  }, TIMEOUT);

  it('shows that the planted text was delivered, with the secrets taken out', async () => {
    const table = JSON.stringify(await stage.client.call('GET', '/api/v1/tables/sandbox.default.salesforce.Account'));
    expect(table).toContain('Leak__c');
    expect(table).toContain('[secret]');
  });

  it('leaves none in the control plane’s store, the results, the logs or the state directory', async () => {
    writeFileSync(join(stage.place.directory, 'runner-output.log'), stage.runner.output + stage.controlPlaneProgram.output);
    await stage.runner.end('SIGTERM');
    const leaks = filesUnder(stage.place.directory)
      .filter((path) => !path.startsWith(join(stage.place.directory, 'sandbox-org')))
      .flatMap((path) => found(contentOf(path), secrets).map((secret) => `${path}: ${secret}`));
    expect(leaks).toEqual([]);
  }, TIMEOUT);

  it('would have seen a leak', () => {
    expect(found(Buffer.from(`x${JSON.stringify(secrets[3])}x`), secrets)).toEqual([secrets[3]]);
    expect(found(Buffer.from(encodeURIComponent(secrets[7]!)), secrets)).toEqual([secrets[7]]);
  });
});
