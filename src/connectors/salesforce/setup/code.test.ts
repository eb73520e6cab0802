import { expect, it } from 'vitest';
import { RunnerError } from '../errors/errors.ts';
import { readCode } from './code.ts';
import type { CodeReadDeps } from './code-deps.ts';
import { UNREAD } from './optional-rows.ts';

it('asks for flows before the answer about classes arrives', async () => {
  const bothAsked = Promise.withResolvers<void>();
  let calls = 0;
  const call = async (): Promise<never> => {
    calls += 1;
    if (calls === 2) bothAsked.resolve();
    await bothAsked.promise;
    throw new RunnerError('SALESFORCE_FORBIDDEN', 'not readable');
  };
  const warnings: string[] = [];
  const deps = {
    api: new Proxy({}, { get: () => call }),
    version: '64.0',
    logger: { log: (_: string, message: string) => warnings.push(message) },
    classes: true,
    bodies: true,
  } as unknown as CodeReadDeps;
  const { classes, flows } = await readCode(deps, new AbortController().signal);
  expect([classes, flows]).toEqual([UNREAD, UNREAD]);
  expect(warnings).toHaveLength(2);
});
