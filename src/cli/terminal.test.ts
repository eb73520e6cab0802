import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { SimulatedClock } from '../../test/support/simulated-clock.ts';
import { ProgressLine } from './local/progress-line.ts';
import { columns, counted, Terminal } from './terminal.ts';

function terminal({
  json = false,
  debug = false,
  isTTY = false,
  plain = false,
  columns: width = 0,
} = {}): {
  terminal: Terminal;
  out: () => string;
  err: () => string;
} {
  const output = (): PassThrough => Object.assign(new PassThrough(), { isTTY, columns: width });
  const [stdout, stderr] = [output(), output()];
  const read = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString() ?? '';
  return {
    terminal: new Terminal({ stdin: new PassThrough(), stdout, stderr, json, debug, plain }),
    out: () => read(stdout),
    err: () => read(stderr),
  };
}

describe('an error', () => {
  const error = new RunnerError('NETWORK_UNREACHABLE', 'no way to host:1', {
    cause: new Error('getaddrinfo failed'),
  });

  it('is printed with code, cause and remedy on standard error', () => {
    const shown = terminal();
    shown.terminal.fail(error);
    expect(shown.out()).toBe('');
    expect(shown.err()).toBe(
      'error NETWORK_UNREACHABLE: no way to host:1\n  because getaddrinfo failed\n  → Check name resolution, firewall and proxy for the host named in the message.\n',
    );
  });

  it('has its control characters escaped', () => {
    const shown = terminal();
    shown.terminal.fail(
      new RunnerError('INPUT_INVALID', 'a\u001b[2J\u202eb', { cause: new Error('line\nforged') }),
    );
    const text = shown.err();
    expect(text).toContain(String.raw`a\u001b[2J\u202eb`);
    expect(text).toContain(String.raw`because line\u000aforged`);
  });

  it('is one JSON object with --json', () => {
    const shown = terminal({ json: true });
    shown.terminal.fail(error);
    expect(JSON.parse(shown.out())).toEqual({
      error: {
        code: 'NETWORK_UNREACHABLE',
        message: 'no way to host:1',
        remedy: error.remedy,
        retryable: true,
      },
    });
    expect(shown.err()).toBe('');
  });
});

describe('a narrow terminal', () => {
  const text = '  name  a value of several words';

  it('gets lines that are broken at spaces and indented', () => {
    const shown = terminal({ isTTY: true, columns: 24 });
    shown.terminal.result({}, text);
    expect(shown.out()).toBe('  name  a value of\n      several words\n');
    shown.terminal.notice('/a/path/of/more/than/24/columns stays whole');
    expect(shown.err()).toBe('/a/path/of/more/than/24/columns\n    stays whole\n');
  });

  it.each([
    ['output that goes elsewhere', { isTTY: false, columns: 24 }],
    ['a terminal that does not know its width', { isTTY: true, columns: 0 }],
  ])('is not assumed for %s', (_what, settings) => {
    const shown = terminal(settings);
    shown.terminal.result({}, text);
    expect(shown.out()).toBe(`${text}\n`);
  });

  it('does not wrap a document', () => {
    const shown = terminal({ isTTY: true, columns: 24 });
    shown.terminal.document({}, text);
    expect(shown.out()).toBe(`${text}\n`);
  });
});

describe('columns', () => {
  it('are as wide as their widest cell, except the last', () => {
    expect(
      columns([
        ['a', 'bb', 'c'],
        ['aaa', 'b', 'cc'],
      ]),
    ).toBe('a    bb  c\naaa  b   cc');
  });
});

describe('the progress line', () => {
  const progress = { phase: 'describe', done: 30, total: 120, apiCalls: 7 };

  it('draws at most ten times a second, and clears itself', async () => {
    const shown = terminal({ isTTY: true });
    const clock = new SimulatedClock();
    const line = new ProgressLine(shown.terminal, clock);
    line.show(progress);
    line.show({ ...progress, done: 31 });
    expect(shown.err()).toBe('\r\u001b[2Kdescribe  ██████░░░░░░░░░░░░░░░░░░  30/120  7 API calls');
    await clock.advance(100);
    line.show({ ...progress, done: 60 });
    line.clear();
    expect(shown.err().endsWith('60/120  7 API calls\r\u001b[2K')).toBe(true);
  });

  it('stays within one line of a narrow terminal', () => {
    const shown = terminal({ isTTY: true, columns: 30 });
    new ProgressLine(shown.terminal, new SimulatedClock()).show(progress);
    expect(shown.err()).toBe('\r\u001b[2Kdescribe  30/120  7 API calls');
  });

  it('is not drawn where no line can be cleared', () => {
    for (const settings of [
      { isTTY: false },
      { isTTY: true, json: true },
      { isTTY: true, plain: true },
    ]) {
      const shown = terminal(settings);
      new ProgressLine(shown.terminal, new SimulatedClock()).show(progress);
      expect(shown.err()).toBe('');
    }
  });
});

describe('a count', () => {
  it.each([
    [1, 'warnings', '1 warning'],
    [1, 'entities', '1 entity'],
    [1, 'apiCalls', '1 apiCall'],
    [1, 'unchanged', '1 unchanged'],
    [0, 'failures', '0 failures'],
    [2, 'entities', '2 entities'],
  ])('of %i %s reads “%s”', (count, plural, text) => {
    expect(counted(count, plural)).toBe(text);
  });
});
