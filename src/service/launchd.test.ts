import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { launchdPlist } from './launchd.ts';
import type { UnitOptions } from './systemd.ts';

const options: UnitOptions = {
  node: '/opt/hybrid-runner/bin/node',
  program: '/opt/hybrid-runner/bin/hybrid-runner.js',
  args: ['--config', '/etc/hybrid-runner'],
  user: '_hybrid-runner',
  stateDir: '/var/lib/hybrid-runner',
  drainTimeoutMs: 300_000,
  finalExitCodes: [2, 3, 4, 5, 77],
};

/** Without comments, and with the launcher of an archive for Node.js and the program. */
const comparable = (plist: string): string[] =>
  plist
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/(<string>\S+)\/node<\/string>\s*<string>\S+\.js</, '$1/hybrid-runner<')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

const argsOf = (plist: string): string[] =>
  [
    ...plist
      .split('<array>')[1]!
      .split('</array>')[0]!
      .matchAll(/<string>(.*)<\/string>/g),
  ].map(([, text]) => text!);

describe('the description for launchd', () => {
  it('is that of the archive, with the same settings', () => {
    const packaged = readFileSync(
      resolve(import.meta.dirname, '../../packaging/launchd/service.plist'),
      'utf8',
    ).replaceAll('@NAME@', 'hybrid-runner');
    expect(comparable(launchdPlist(options))).toEqual(comparable(packaged));
  });

  it('waits for the drain before a kill', () => {
    const plist = launchdPlist({ ...options, drainTimeoutMs: 600_000 });
    const seconds = /<key>ExitTimeOut<\/key>\s*<integer>(?<value>\d+)/.exec(plist)?.groups?.[
      'value'
    ];
    expect(Number(seconds)).toBeGreaterThan(600);
  });

  it('passes the state directory once, also when it is a flag of the command', () => {
    const args = ['--config', '/etc/hybrid-runner', '--state-dir', '/data/runner'];
    expect(argsOf(launchdPlist({ ...options, args, stateDir: '/data/runner' }))).toEqual([
      options.node,
      options.program,
      'run',
      ...args,
    ]);
  });

  it('escapes paths for XML', () => {
    const plist = launchdPlist({ ...options, args: ['--config', '/etc/a&b/</string><true/>'] });
    expect(argsOf(plist)).toContain('/etc/a&amp;b/&lt;/string&gt;&lt;true/&gt;');
  });

  it.each([
    { user: 'root</string>' },
    { user: 'Root' },
    { args: ['--config', '/etc/x\nUser=root'] },
    { stateDir: '/var/\u0000lib' },
    { node: '/opt/\u001B[2J/node' },
  ])('rejects %j', (change) => {
    expect(() => launchdPlist({ ...options, ...change })).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
  });
});
