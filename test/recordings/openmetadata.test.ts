import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../openmetadata/recording/exchange.ts';
import { replay } from '../openmetadata/recording/replay.ts';

/*
 * Exchanges with a real server (1.12.6), recorded by `npm run test:openmetadata -- --server URL
 * --objects 4 --record test/recordings/openmetadata`. ingest.json has those of two runs of
 * `hybrid-runner ingest` that the others lack.
 */

const directory = join(import.meta.dirname, 'openmetadata');
const files = readdirSync(directory);
const exchangesOf = (file: string): Exchange[] =>
  JSON.parse(readFileSync(join(directory, file), 'utf8')) as Exchange[];

describe('recorded exchanges with a real OpenMetadata server', () => {
  it.each(files)('are answered by the double as they were: %s', async (file) => {
    expect(await replay(exchangesOf(file))).toEqual([]);
  });

  it('hold no token and no password', () => {
    const text = files.map((file) => readFileSync(join(directory, file), 'utf8')).join('');
    expect(text).not.toMatch(/eyJ[\w-]{10,}|fernet:\w|Bearer |Basic /);
  });

  it('are small', () => {
    const bytes = files.map((file) => statSync(join(directory, file)).size);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_000_000);
  });
});
