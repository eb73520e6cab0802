import { describe, expect, it } from 'vitest';
import { assertSafeProcess } from './process-checks.ts';

describe('a process is rejected', () => {
  it.each([
    ['--inspect'],
    ['--inspect-brk=0.0.0.0:9229'],
    ['--inspect-port=1'],
    ['--tls-keylog=keys'],
    ['--heapsnapshot-signal=SIGUSR2'],
    ['--trace-tls'],
    ['--tls-min-v1.0'],
  ])('with %s, in NODE_OPTIONS and on the command line', (option) => {
    expect(() => assertSafeProcess({ NODE_OPTIONS: `--no-warnings ${option}` }, [])).toThrow(
      expect.objectContaining({ code: 'PROCESS_UNSAFE' }),
    );
    expect(() => assertSafeProcess({}, [option])).toThrow(
      expect.objectContaining({ code: 'PROCESS_UNSAFE' }),
    );
  });

  it.each(['http', 'net,tls', '*', 'HTTP2'])('with NODE_DEBUG=%s', (parts) => {
    expect(() => assertSafeProcess({ NODE_DEBUG: parts }, [])).toThrow(
      expect.objectContaining({ code: 'PROCESS_UNSAFE' }),
    );
  });

  it('if certificate verification is disabled', () => {
    expect(() => assertSafeProcess({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, [])).toThrow(
      expect.objectContaining({ code: 'TLS_VERIFICATION_DISABLED' }),
    );
  });
});

describe('a process is accepted', () => {
  it.each([
    {},
    { NODE_OPTIONS: '--max-old-space-size=512 --enable-source-maps' },
    { NODE_OPTIONS: '' },
    { NODE_DEBUG: 'fs,module' },
  ])('with %j', (env) => {
    expect(() => assertSafeProcess(env, [])).not.toThrow();
  });
});
