import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { withUsage } from './usage.ts';

describe('a usage error of a command', () => {
  const command = new Command('hybrid-runner').usage('[options]');
  const remedyOf = (error: RunnerError): string =>
    (withUsage(command, error) as RunnerError).remedy;
  const usage = 'Usage: hybrid-runner [options]. Run `hybrid-runner --help` for details.';

  it('shows the usage instead of the remedy that belongs to the code', () => {
    expect(remedyOf(new RunnerError('USAGE', 'x'))).toBe(usage);
    expect(remedyOf(new RunnerError('USAGE', 'x').with({ cause: new Error('y') }))).toBe(usage);
  });

  it('shows the usage after a remedy of the command, whatever that says', () => {
    const { remedy } = new RunnerError('USAGE', 'x');
    expect(remedyOf(new RunnerError('USAGE', 'x', { remedy }))).toBe(`${remedy} ${usage}`);
  });
});
