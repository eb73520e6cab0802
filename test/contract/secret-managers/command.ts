import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { MANAGERS } from '../../../src/secrets/managers/registry.ts';
import { providerDeps } from '../../support/provider-deps.ts';
import { WatchedCredentials } from '../../support/watched-credentials.ts';
import type { ManagerStage } from '../secret-manager.stage.ts';

const NO_ANSWER = 'a program that fails is one error, whatever the reason';

/** A shell script that prints the file of a name, or the same as a JSON object. */
export function commandStage(format: 'text' | 'json'): ManagerStage {
  return {
    impossible: {
      denied: NO_ANSWER,
      throttled: NO_ANSWER,
      cut: NO_ANSWER,
      sealed: NO_ANSWER,
      garbled: NO_ANSWER,
      rejected: NO_ANSWER,
      ...(format === 'json' ? { binary: 'JSON is text' } : {}),
    },
    open: async ({ clock, cacheFor }) => {
      const directory = mkdtempSync(join(tmpdir(), 'command-'));
      onTestFinished(() => rmSync(directory, { recursive: true }));
      const at = (...parts: readonly string[]): string => join(directory, ...parts);
      const program = at('print-secret');
      const script = `#!/bin/sh
echo "$1" >> ${at('requests')}
test -f ${at('is-slow')} && sleep 1000
test -f "${at('secrets')}/$1" && exec cat "${at('secrets')}/$1"
exit 0
`;
      writeFileSync(program, script, { mode: 0o700 });
      const hasKeys = format === 'json';
      const options = { command: [program, '{name}'], format, cacheFor };
      const mount = MANAGERS.command.mount(options);
      const key = hasKeys ? ['password'] : [];
      return {
        manager: await mount.open(providerDeps({ clock, env: { PATH: process.env['PATH'] } })),
        path: ['db', 'main', ...key],
        other: ['db', 'other', ...key],
        ...(hasKeys ? { missingKey: ['db', 'main', 'user'] } : {}),
        refused: [['-o', 'main', ...key], ...(hasKeys ? [['db']] : [])],
        put: async (path, value) => {
          const file = at('secrets', ...(hasKeys ? path.slice(0, -1) : path));
          rmSync(file, { force: true });
          if (value === undefined) return;
          mkdirSync(dirname(file), { recursive: true });
          writeFileSync(file, hasKeys ? JSON.stringify({ password: value }) : value);
        },
        mounted: { type: 'command', options },
        fail: (fault) => {
          if (fault === 'slow') writeFileSync(at('is-slow'), '');
          else rmSync(at('is-slow'), { force: true });
        },
        requests: () => linesOf(at('requests')),
        watched: new WatchedCredentials([]),
      };
    },
  };
}

function linesOf(file: string): number {
  try {
    return readFileSync(file, 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}
