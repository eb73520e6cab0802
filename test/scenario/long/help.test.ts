import { afterAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/command-table.ts';
import { Place } from '../../cli/command-line.ts';

const place = new Place();
afterAll(() => place.close());

/** Every command and group, as typed. */
const NAMES = COMMANDS.flatMap((entry) =>
  'commands' in entry
    ? [entry.name, ...entry.commands.map(({ name }) => `${entry.name} ${name}`)]
    : [entry.name],
);

describe.each(NAMES)('%s', (name) => {
  it('has the same help by option and by command', async () => {
    const words = name.split(' ');
    const [byOption, byCommand] = [
      await place.callBare([...words, '--help']),
      await place.callBare(['help', ...words]),
    ];
    expect(byOption).toMatchObject({ code: 0, stderr: '' });
    expect(byOption.stdout).toContain(`Usage: hybrid-runner ${name} `);
    expect(byCommand).toEqual(byOption);
  });
});
