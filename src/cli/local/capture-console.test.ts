import { describe, expect, it } from 'vitest';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { createRedactor } from '../../redaction/redactor.ts';
import { captureConsole } from './capture-console.ts';

const SECRET = 'correct-horse-battery';

describe('output of code in a local run', () => {
  it('is logged redacted, also if printed before the secret was known', async () => {
    const lines: string[] = [];
    const logger: Logger = {
      log: (_level, _message, data) => void lines.push(String(data?.['line'])),
      child: () => logger,
    };
    const redactor = createRedactor();
    const original = console.error;
    const release = captureConsole((text) => redactor.redact(text), logger);
    console.error(`printed ${SECRET}`);
    process.emitWarning(`warned of ${SECRET}`);
    await new Promise((resolve) => setImmediate(resolve));
    redactor.add(SECRET);
    expect(lines).toEqual([]);
    release();
    expect(console.error).toBe(original);
    expect(lines.slice(0, 2)).toEqual(['printed [secret]', 'Warning: warned of [secret]']);
    expect(lines.join('\n')).not.toContain(SECRET);
  });
});
