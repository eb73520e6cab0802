import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from './load.ts';
import type { RunnerConfig } from './runner-config.ts';
import type { ProcessContext } from './process-context.ts';
import { CONFIG_VARIABLE, IMAGE_ENVIRONMENT } from './places.ts';

const directory = mkdtempSync(join(tmpdir(), 'places-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function load(context: Partial<ProcessContext>, configFile?: string): RunnerConfig {
  return loadConfig({
    configFile,
    flags: {},
    context: {
      env: {},
      workingDir: directory,
      actsForSystem: false,
      home: '/nonexistent',
      hostname: 'h',
      credentialsDir: undefined,
      join,
      ...context,
    },
  }).config;
}

const places = ({ configDir, stateDir, policyFile, secrets }: RunnerConfig): readonly string[] => [
  configDir,
  stateDir,
  policyFile,
  secrets.vault.file,
  secrets.vault.keyFile,
];
const SYSTEM = [
  '/etc/hybrid-runner',
  '/var/lib/hybrid-runner',
  '/etc/hybrid-runner/policy.yaml',
  '/var/lib/hybrid-runner/vault.json',
  '/etc/hybrid-runner/keys/vault.key',
];

describe('the paths of a runner', () => {
  it('are the same for root, the service and the service’s user', () => {
    expect(places(load({ actsForSystem: true }))).toEqual(SYSTEM);
    expect(
      places(load({ actsForSystem: true, env: { STATE_DIRECTORY: '/var/lib/hybrid-runner' } })),
    ).toEqual(SYSTEM);
  });

  it('are the same for a service that is started without a runner.yaml', () => {
    const config = join(directory, 'empty');
    mkdirSync(config);
    expect(load({ env: { STATE_DIRECTORY: '/var/lib/hybrid-runner' } }, config)).toMatchObject({
      configDir: config,
      policyFile: join(config, 'policy.yaml'),
      stateDir: '/var/lib/hybrid-runner',
    });
  });

  it('are the same in an image, except the vault key, which has its own volume', () => {
    const inHere = { ...IMAGE_ENVIRONMENT, [CONFIG_VARIABLE]: directory };
    expect(IMAGE_ENVIRONMENT[CONFIG_VARIABLE]).toBe(SYSTEM[0]);
    expect(places(load({ env: inHere }))).toEqual([
      directory,
      SYSTEM[1],
      join(directory, 'policy.yaml'),
      SYSTEM[3],
      '/var/lib/hybrid-runner-keys/vault.key',
    ]);
  });

  it('are the directories of the systemd unit', () => {
    expect(
      places(
        load({ env: { CONFIGURATION_DIRECTORY: '/etc/a:/etc/b', STATE_DIRECTORY: '/var/lib/a' } }),
      ).slice(0, 3),
    ).toEqual(['/etc/a', '/var/lib/a', '/etc/a/policy.yaml']);
  });

  it('are below the home directory of any other user, whatever exists elsewhere', () => {
    expect(places(load({ home: '/home/x' })).slice(0, 2)).toEqual([
      '/home/x/.config/hybrid-runner',
      '/home/x/.local/state/hybrid-runner',
    ]);
  });
});

describe('--config', () => {
  it('accepts a directory, and reads its runner.yaml if it exists', () => {
    const config = join(directory, 'with-file');
    mkdirSync(config);
    writeFileSync(join(config, 'runner.yaml'), 'capacity: 7', { mode: 0o600 });
    expect(load({}, 'with-file')).toMatchObject({
      capacity: 7,
      configDir: config,
      configFile: join(config, 'runner.yaml'),
    });
  });

  it('accepts a file, which must exist', () => {
    expect(() => load({}, join(directory, 'missing.yaml'))).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE' }),
    );
  });
});
