import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.ts';

const packaging = resolve(import.meta.dirname, '../../packaging');
const directory = mkdtempSync(join(tmpdir(), 'completions-'));
beforeAll(() => writeFileSync(join(directory, 'workflow.yaml'), ''));
afterAll(() => rmSync(directory, { recursive: true }));

/** What a shell offers for a line that ends where the cursor is. */
type Complete = (line: string) => string[] | Promise<string[]>;

function isInstalled(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0;
}

function run(shell: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const { stdout, stderr } = spawnSync(shell, args, {
    encoding: 'utf8',
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: directory, LC_ALL: 'C.UTF-8', ...env },
  });
  expect(stderr).toBe('');
  return stdout;
}

const inBash: Complete = (line) => {
  const words = line.split(' ');
  const program = `compopt() { :; }
source "$SCRIPT"
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}
_hybrid_runner
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const SCRIPT = join(packaging, 'completions/hybrid-runner.bash');
  return run('bash', ['--norc', '-c', program], { SCRIPT }).trim().split('\n');
};

const inFish: Complete = (line) => {
  const script = join(packaging, 'completions/hybrid-runner.fish');
  const program = `source ${script}; complete -C '${line}'`;
  return run('fish', ['--no-config', '-c', program])
    .trim()
    .split('\n')
    .map((offer) => offer.split('\t')[0]!);
};

/** zsh completes only in its line editor, so on a terminal. */
const inZsh: Complete = async (line) => {
  const signal = AbortSignal.timeout(20_000);
  const terminal = spawn('script', ['-qec', 'zsh -f -i', '/dev/null'], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: directory, TERM: 'dumb', LC_ALL: 'C.UTF-8' },
  });
  let shown = '';
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  const until = async (text: string): Promise<void> => {
    while (!shown.includes(text)) await once(terminal.stdout, 'data', { signal });
  };
  terminal.stdin.write(
    [
      `fpath=(${join(packaging, 'completions')} $fpath)`,
      'autoload -Uz compinit && compinit -u -D',
      "unsetopt beep auto_menu; bindkey '^I' list-choices",
      "PS1='' RPS1=''; stty cols 200; echo rea''dy\r",
    ].join('; '),
  );
  await until('ready');
  shown = '';
  terminal.stdin.write(`${line}\t`);
  await new Promise((done) => setTimeout(done, 300));
  terminal.stdin.write("\u0015echo en''d\r");
  await until('end');
  terminal.stdin.end('exit\r');
  await once(terminal, 'close');
  return shown.split('\r\n').flatMap((text) => text.replace(/ -- .*/, '').split(/\s+/));
};

const SHELLS: readonly (readonly [name: string, complete: Complete])[] = [
  ['bash', inBash],
  ['zsh', inZsh],
  ['fish', inFish],
];

describe.each(SHELLS)('completion in %s', (shell, complete) => {
  const installed = isInstalled(shell);
  if (!installed)
    process.stderr.write(`skipped: ${shell} is not installed (apt install ${shell})\n`);

  it.runIf(installed)('offers every command', async () => {
    const offered = await complete('hybrid-runner ');
    expect(offered).toEqual(expect.arrayContaining(COMMANDS.map(({ name }) => name)));
  });

  it.runIf(installed).each([
    ['hybrid-runner secrets ', ['set', 'list', 'rm', 'rotate'], ['enroll', 'workflow.yaml']],
    ['hybrid-runner help policy ', ['show', 'check'], ['enroll', '--json']],
    ['hybrid-runner service install --', ['--now', '--user', '--json'], ['--purge', '--url']],
    ['hybrid-runner run --channel ', ['auto', 'ws', 'grpc'], ['workflow.yaml']],
    ['hybrid-runner ingest --workflow wor', ['workflow.yaml'], ['--json']],
    ['hybrid-runner enroll --replace --token-', ['--token-file'], ['--token']],
  ])('of “%s” offers what fits and nothing else', async (line, expected, unexpected) => {
    const offered = await complete(line);
    expect(offered).toEqual(expect.arrayContaining(expected));
    for (const word of unexpected) expect(offered).not.toContain(word);
  });
});

describe('the man page', () => {
  const page = join(packaging, 'man/hybrid-runner.1');

  it.runIf(isInstalled('man'))('is rendered without a warning, with every command', () => {
    const text = run('man', ['--warnings', '-l', page], { MANWIDTH: '200' });
    for (const entry of COMMANDS)
      for (const { name } of 'commands' in entry ? entry.commands : [entry])
        expect(text).toMatch(new RegExp(`^ {3}hybrid-runner (?:\\S+ )?${name} `, 'm'));
  });

  it.runIf(spawnSync('mandoc', ['-Tlint', '/dev/null']).error === undefined)(
    'has nothing that mandoc warns of',
    () => {
      const { stdout } = spawnSync('mandoc', ['-Tlint', page], { encoding: 'utf8' });
      // The page has no date, which would change with every release.
      expect(stdout.replace(/.*missing date.*\n/, '')).toBe('');
    },
  );
});
