import { Console } from 'node:console';
import { PassThrough } from 'node:stream';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { StrayOutput } from '../../worker/stray-output.ts';

const METHODS = ['log', 'info', 'debug', 'warn', 'error', 'trace', 'dir', 'table'] as const;

/**
 * Buffers what code of a run in this process prints to the console or as a warning of Node.js. The
 * streams themselves belong to the output of the command. The returned function restores the
 * console and logs the buffered output, redacted.
 */
export function captureConsole(redact: (text: string) => string, logger: Logger): () => void {
  const stream = new PassThrough();
  const output = new StrayOutput([stream], redact);
  const buffered = new Console(stream);
  const before = METHODS.map((method) => [method, console[method]] as const);
  const warnings = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => buffered.warn(warning.stack ?? String(warning)));
  for (const method of METHODS) console[method] = buffered[method].bind(buffered);
  return () => {
    for (const [method, original] of before) console[method] = original;
    process.removeAllListeners('warning');
    for (const listener of warnings) process.on('warning', listener);
    output.logAndClear(logger);
  };
}
