import { describe, expect, it } from 'vitest';
import { production, read } from './sources.ts';

/** Code that a primitive of src/runtime/ replaces. */
const LOCAL_SPELLINGS: readonly (readonly [primitive: string, spelling: RegExp])[] = [
  ['SerialQueue', /this\.#\w+ = \w+\s*\.catch\(\(\) => undefined\)/],
  ['ChangeSignal', /this\.#\w+ \??\??= Promise\.withResolvers/],
  ['sleepOrWoken', /Promise\.race\(\[[^;]*\.sleep\(/],
  ['sleepUnlessAborted', /\.sleep\([^;]*?\)\s*\.catch\(/],
  ['runAfter', /void [\w.#]+\s*\.sleep\(/],
  ['isErrno or errorCodeOf', /'code' in |\.code === 'E[A-Z]/],
  ['replaceFile', /import \{[^}]*\brename(?:Sync)?\b[^}]*\} from 'node:fs/],
  ['assertSafe', /(?<!umask\()\b0o0?(?:22|77)\b/],
  ['Backoff.pauseAfter', /backoff\.next\(/i],
];

describe.each(LOCAL_SPELLINGS)('%s', (_primitive, spelling) => {
  it('is used everywhere', () => {
    const local = production.filter(
      (path) => !path.startsWith('src/runtime/') && spelling.test(read(path)),
    );
    expect(local).toEqual([]);
  });
});
