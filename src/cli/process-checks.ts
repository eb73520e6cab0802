import { assertVerificationOn } from '../../foundation/src/network/trust.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/**
 * Options of Node.js that write memory or traffic of this process to files, or expose it to other
 * processes.
 */
const OPEN_OPTIONS =
  /^--(?:inspect(?:-.*)?|debug(?:-.*)?|tls-keylog|tls-min-v1\.[01]|heapsnapshot-.*|heap-prof(?:-.*)?|report-.*|diagnostic-dir|abort-on-uncaught-exception|trace-tls)(?:=.*)?$/;
/** Parts of Node.js whose debug output contains requests with their headers. */
const OPEN_DEBUG = /(?:^|,)\s*(?:\*|https?|http2|tls|net|undici|fetch|websocket)\s*(?:,|$)/i;

/**
 * Throws TLS_VERIFICATION_DISABLED or PROCESS_UNSAFE when options of this process disable
 * certificate checks, or expose secrets in its memory or on its connections.
 */
export function assertSafeProcess(
  env: Readonly<NodeJS.ProcessEnv>,
  execArgv: readonly string[],
): void {
  assertVerificationOn(env);
  const options = [...execArgv, ...(env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  const open = options.find((option) => OPEN_OPTIONS.test(option));
  if (open !== undefined)
    throw new RunnerError('PROCESS_UNSAFE', `Node.js was started with ${open.split('=')[0]}`);
  if (OPEN_DEBUG.test(env['NODE_DEBUG'] ?? ''))
    throw new RunnerError(
      'PROCESS_UNSAFE',
      'NODE_DEBUG logs request headers, which contain credentials',
    );
}
