import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { directory, load, problems } from '../../test/support/config-loading.ts';
import { loadConfig } from './load.ts';

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('defaults', () => {
  it('make a complete configuration without any input', () => {
    const { config } = load();
    expect(config).toMatchObject({
      name: 'host-1',
      capacity: 2,
      drainTimeoutMs: 300_000,
      jobs: { deadlineMs: 21_600_000, memoryMb: 256 },
      spool: { maxBytes: 2 ** 30 },
      controlPlane: { channel: 'auto', url: undefined },
      log: { level: 'info', format: 'auto' },
      stateDir: join(directory, '.local/state/hybrid-runner'),
      policyFile: join(directory, '.config/hybrid-runner/policy.yaml'),
      secrets: {
        vault: {
          file: join(directory, '.local/state/hybrid-runner/vault.json'),
          keyFile: join(directory, '.config/hybrid-runner/keys/vault.key'),
        },
        environment: { enabled: false },
        mounts: [],
      },
    });
  });

  it('are the system’s directories for root, and the directory of systemd for a service', () => {
    expect(load({ context: { actsForSystem: true } }).config).toMatchObject({
      stateDir: '/var/lib/hybrid-runner',
      policyFile: '/etc/hybrid-runner/policy.yaml',
    });
    expect(load({ env: { STATE_DIRECTORY: '/var/lib/other' } }).config).toMatchObject({
      stateDir: '/var/lib/other',
      status: { socket: '/var/lib/other/status.sock' },
    });
  });

  it('follow the configured state directory', () => {
    expect(load({ flags: { stateDir: '/data' } }).config.secrets.vault.file).toBe(
      '/data/vault.json',
    );
  });
});

describe('precedence', () => {
  it('is flag, environment, file, default, and each value has its source', () => {
    const given = {
      file: 'capacity: 3\nname: f\nlog: {level: warn}',
      env: { HYBRID_RUNNER_CAPACITY: '4', HYBRID_RUNNER_NAME: 'e' },
      flags: { capacity: '5' },
    };
    const { config, sources } = load(given);
    expect(config).toMatchObject({ capacity: 5, name: 'e', log: { level: 'warn' } });
    expect(sources).toMatchObject({
      capacity: { kind: 'flag', name: '--capacity' },
      name: { kind: 'environment', name: 'HYBRID_RUNNER_NAME' },
      'log.level': { kind: 'file' },
      drainTimeout: { kind: 'default' },
      'network.proxy': { kind: 'unset' },
    });
  });

  it('treats an empty variable as unset', () => {
    expect(load({ file: 'capacity: 3', env: { HYBRID_RUNNER_CAPACITY: '' } }).config.capacity).toBe(
      3,
    );
  });

  it('resolves relative paths against the file, or the working directory', () => {
    expect(load({ file: 'policyFile: p.yaml', flags: { stateDir: 'state' } }).config).toMatchObject(
      { policyFile: join(directory, 'p.yaml'), stateDir: '/here/state' },
    );
  });
});

describe('values', () => {
  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1.5h', 5_400_000],
  ])('reads the duration %s', (text, ms) => {
    expect(load({ flags: { drainTimeout: text } }).config.drainTimeoutMs).toBe(ms);
  });

  it.each([
    ['1GiB', 2 ** 30],
    ['20MB', 2e7],
    ['1.5GiB', 1.5 * 2 ** 30],
  ])('reads the size %s', (text, bytes) => {
    expect(load({ flags: { 'spool.maxBytes': text } }).config.spool.maxBytes).toBe(bytes);
  });

  it('accept lists as YAML and as text', () => {
    const rule = {
      from: { host: 'acme.my.salesforce.com', port: 443 },
      to: { host: '127.0.0.1', port: 8443 },
    };
    expect(
      load({
        file: 'network: {connectTo: ["acme.my.salesforce.com:443=127.0.0.1:8443"], noProxy: [a, b]}',
      }).config.network,
    ).toMatchObject({ connectTo: [rule], noProxy: ['a', 'b'] });
    expect(
      load({
        env: {
          HYBRID_RUNNER_NETWORK_CONNECT_TO: 'acme.my.salesforce.com:443=127.0.0.1:8443',
          HYBRID_RUNNER_NETWORK_NO_PROXY: 'a, b',
        },
      }).config.network,
    ).toMatchObject({ connectTo: [rule], noProxy: ['a', 'b'] });
  });

  it('accept mounts as mappings and as text', () => {
    const mounts = [{ prefix: '/a', provider: 'files' }];
    expect(
      load({ file: 'secrets: {mounts: [{prefix: /a, provider: files}]}' }).config.secrets.mounts,
    ).toEqual(mounts);
    expect(load({ flags: { 'secrets.mounts': '/a=files' } }).config.secrets.mounts).toEqual(mounts);
  });
});

describe('rejections', () => {
  it('include mounts that would give a secret two references', () => {
    expect(() => load({ file: 'secrets: {mounts: ["/a=files", "/b=files"]}' })).toThrow(
      /secrets\.mounts\[1\].*: files is mounted already/,
    );
    expect(() => load({ file: 'secrets: {mounts: ["/a=files", "/a=vault"]}' })).toThrow(
      /secrets\.mounts\[1\].*: \/a is mounted already/,
    );
  });

  it('report all problems at once, each with its path and a hint', () => {
    const found = problems({
      file: 'capcity: 2\nlog: {levle: info}\ndrainTimeout: 5\nnetwork: {connectTo: [nonsense]}\nsecrets: {mounts: [{prefix: a, provider: vault}]}',
      env: { HYBRID_RUNNER_CAPACTIY: '1', HYBRID_RUNNER_LOG_LEVEL: 'loud' },
      flags: { capacity: '0' },
    });
    expect(found).toEqual([
      'capcity: unknown setting; did you mean capacity?',
      'log.levle: unknown setting; did you mean log.level?',
      'HYBRID_RUNNER_CAPACTIY: unknown setting; did you mean HYBRID_RUNNER_CAPACITY?',
      'network.connectTo[0]: "nonsense" is not host:port=host:port',
      'capacity: must be at least 1',
      'drainTimeout: must be a duration such as 30s, 5m or 1h30m',
      'log.level: must be one of debug, info, warn, error',
      'secrets.mounts[0].prefix: must be the beginning of a reference, such as /salesforce/prod',
    ]);
  });

  it.each(['5', '5 m', 'm', '-5m', '1h30', '2d'])('include the duration %j', (text) => {
    expect(problems({ flags: { drainTimeout: text } })).toHaveLength(1);
  });

  it.each(['http://x', 'wss://u:p@x', 'wss://x/path', 'wss://x?q', 'x:443'])(
    'include the control plane URL %s',
    (url) => {
      expect(problems({ flags: { 'controlPlane.url': url } })).toEqual([
        'controlPlane.url: must be wss://host or wss://host:port, without user, path or query',
      ]);
    },
  );

  it.each(['- a', 'text', '12'])('include a file that is not a mapping: %s', (file) => {
    expect(problems({ file })).toEqual(['the: must be a mapping of settings']);
  });

  it('cover invalid YAML, without repeating its text', () => {
    const [problem] = problems({ file: 'name: "hunter22' });
    expect(problem).toContain('invalid YAML');
    expect(problem).not.toContain('hunter22');
  });

  it('contain no password of a proxy, and cover one on the command line', () => {
    const broken = problems({ env: { HYBRID_RUNNER_NETWORK_PROXY: 'ftp://u:hunter22@p' } });
    expect(broken).toHaveLength(1);
    expect(broken.join()).not.toContain('hunter22');
    const onFlag = problems({ flags: { 'network.proxy': 'http://u:hunter22@p:3128' } });
    expect(onFlag).toEqual([
      'network.proxy: contains a password, and every process can see the command line; set it in the configuration file or in HYBRID_RUNNER_NETWORK_PROXY',
    ]);
  });

  it('cover a file that others can change, and a missing file that was named', () => {
    const path = join(directory, 'open.yaml');
    writeFileSync(path, 'capacity: 2');
    chmodSync(path, 0o666);
    const context = {
      env: {},
      workingDir: '/',
      actsForSystem: false,
      home: directory,
      hostname: 'h',
      credentialsDir: undefined,
      join,
    };
    expect(() => loadConfig({ configFile: path, flags: {}, context })).toThrow(
      expect.objectContaining({ code: 'FILE_UNSAFE' }),
    );
    expect(() =>
      loadConfig({ configFile: join(directory, 'none.yaml'), flags: {}, context }),
    ).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }));
  });
});
