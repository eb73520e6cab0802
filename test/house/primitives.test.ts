import { describe, expect, it } from 'vitest';
import { production, read, sources } from './sources.ts';

const RUNTIME = 'foundation/src/runtime/';
const DOMAIN = 'foundation/src/domain/';
const SALESFORCE_API = 'src/connectors/salesforce/api/';

/** Code that a primitive replaces, and the folder of the primitive. */
const LOCAL_SPELLINGS: readonly (readonly [primitive: string, home: string, spelling: RegExp])[] = [
  ['SerialQueue', RUNTIME, /this\.#\w+ = \w+\s*\.catch\(\(\) => undefined\)/],
  ['ChangeSignal', RUNTIME, /this\.#\w+ \??\??= Promise\.withResolvers/],
  ['sleepOrWoken', RUNTIME, /Promise\.race\(\[[^;]*\.sleep\(/],
  ['sleepUnlessAborted', RUNTIME, /\.sleep\([^;]*?\)\s*\.catch\(/],
  ['runAfter', RUNTIME, /void [\w.#]+\s*\.sleep\(/],
  ['isErrno or errorCodeOf', RUNTIME, /'code' in |\.code === 'E[A-Z]/],
  ['isMissing', RUNTIME, /isErrno\([^)]*'ENOENT'/],
  ['readAll or readIfPresent', RUNTIME, /\.read\(0, await \w+\.size\(\)\)/],
  ['replaceFile', RUNTIME, /import \{[^}]*\brename(?:Sync)?\b[^}]*\} from 'node:fs/],
  ['assertSafe', RUNTIME, /(?<!umask\()\b0o0?(?:22|77)\b/],
  ['Backoff.pauseAfter', RUNTIME, /backoff\.next\(/i],
  ['errorFields', RUNTIME, /\b(?:error|reason): String\(|\breason: error\.message/],
  ['NEVER', RUNTIME, /new AbortController\(\)\.signal/],
  ['aborted', RUNTIME, /new Promise\([^;]*addEventListener\('abort'/],
  ['a field of the value, not a table beside it', RUNTIME, /new Weak(?:Map|Set)\b/],
  ['Listeners', RUNTIME, /listeners = new Set<|listeners: \(\(/i],
  ['parseRetryAfter', 'foundation/src/network/', /test\(header\) \? Number\(header\)/],
  ['withoutByteOrderMark', 'src/secrets/byte-order-mark.ts', /\^\\ufeff/],
  ['Json', DOMAIN, /type Json =|=== 'object' && \w+ !== null && !Array\.isArray/],
  [
    'tryParseJson',
    DOMAIN,
    /return (?:\{ value: )?JSON\.parse\([^;]*;\s*\} catch \{\s*return undefined;/,
  ],
  ['NETWORK_CHANNELS', 'foundation/src/network/', /'ws' \| 'grpc'|'ws', 'grpc'/],
  ['quoteNamePart', 'openmetadata/src/names.ts', /replaceAll\('"', (?!'&)/],
  ['formatRoundedSize', 'src/config/values/', /\['B', '[KkMG]/],
  ['successPercent', 'foundation/src/domain/', /\* 10_000\) \/ \(/],
  ['queryMany', SALESFORCE_API, /\/query\?q=/],
  ['rethrowIfRunEnds', SALESFORCE_API, /if \(endsRun\(\w+, \w+\)\) throw/],
];

describe.each(LOCAL_SPELLINGS)('%s', (_primitive, home, spelling) => {
  it('is used everywhere', () => {
    const local = production.filter((path) => !path.startsWith(home) && spelling.test(read(path)));
    expect(local).toEqual([]);
  });
});

/** The control plane shares no code with the runner, so it has primitives of its own. */
const OF_THE_CONTROL_PLANE: typeof LOCAL_SPELLINGS = [
  ['isErrno', 'control-plane/src/runtime/errno.ts', /'code' in thrown|\.code === 'E[A-Z]/],
  ['Json', 'control-plane/src/runtime/json.ts', /^type \w+ = Readonly<Record<string, unknown>>;/m],
  ['wakeOrAbort', 'control-plane/src/runtime/', /\.addEventListener\('abort', wake/],
  ['a field of the value, not a table beside it', 'none', /new Weak(?:Map|Set)\b/],
  ['OUR_SERVICE', 'control-plane/src/definitions/', /'Salesforce'/],
  [
    'quoted',
    'control-plane/src/catalog/catalog-record.ts',
    /replaceAll\('"', (?!'&)|`"\$\{\w+\}"`/,
  ],
];

describe.each(OF_THE_CONTROL_PLANE)('%s', (_primitive, home, spelling) => {
  it('is used everywhere in the control plane', () => {
    const local = sources('control-plane/src')
      .filter((path) => !path.startsWith(home) && !path.includes('/generated/'))
      .filter((path) => spelling.test(read(path)));
    expect(local).toEqual([]);
  });
});
