import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

interface Settings {
  readonly format: 'json' | 'pretty';
  readonly redact?: string;
}

/** What a real process with this logger writes to stdout. */
function written(body: string, { format, redact = '(line) => line' }: Settings): string {
  const program = `
    import { openLogger } from '${import.meta.dirname}/pino-logger.ts';
    import { RunnerError } from '${import.meta.dirname}/../../foundation/src/runtime/errors.ts';
    const logger = await openLogger({ level: 'info', format: '${format}', color: false, descriptor: 1, redact: ${redact} });
    ${body}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout;
}

const jsonLine = (body: string, redact?: string): Record<string, unknown> =>
  JSON.parse(
    written(body, { format: 'json', ...(redact === undefined ? {} : { redact }) }),
  ) as Record<string, unknown>;

describe('openLogger', () => {
  it('writes a JSON line with level, time, message and data', () => {
    expect(jsonLine("logger.child({ run: 'r1' }).log('warn', 'slow', { ms: 12 });")).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      run: 'r1',
      ms: 12,
      msg: 'slow',
    });
  });

  it('writes nothing below its level', () => {
    expect(written("logger.log('debug', 'x');", { format: 'json' })).toBe('');
  });

  it('does not treat the message as a format string', () => {
    expect(jsonLine("logger.log('info', '100%s %o', { a: 1 });")['msg']).toBe('100%s %o');
  });

  it('redacts every line, including data and child data', () => {
    const line = written(
      "logger.child({ a: 'hunter22' }).log('info', 'hunter22', { deep: { b: 'hunter22' } });",
      { format: 'json', redact: "(line) => line.replaceAll('hunter22', '[secret]')" },
    );
    expect(line).not.toContain('hunter22');
    expect(line.match(/\[secret\]/g)).toHaveLength(3);
  });

  it('withholds a line that cannot be redacted', () => {
    const line = jsonLine("logger.log('info', 'hunter22');", "() => { throw new Error('no'); }");
    expect(line['msg']).toBe('log line withheld: redaction failed');
  });

  it('writes an error as code, message and causes, without its stack', () => {
    const body =
      "logger.log('error', 'failed', { error: new RunnerError('NETWORK_RESET', 'broke', { cause: new TypeError('inner') }) });";
    expect(jsonLine(body)['error']).toEqual({
      code: 'NETWORK_RESET',
      error: 'broke',
      causes: ['inner'],
    });
  });

  it.each(['json', 'pretty'] as const)('escapes control characters (%s)', (format) => {
    const line = written(
      String.raw`logger.log('info', 'a\u001b[31mred\u202eright\nforged\u0085', { 'k\u200b': 'v\u001b]0;title\u0007' });`,
      { format },
    );
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(line).toContain(String.raw`\u001b[31mred\u202eright`);
    expect(line).toContain('forged');
  });
});
