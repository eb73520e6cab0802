import { Console } from 'node:console';
import { PassThrough } from 'node:stream';
import type { Logger } from '../../observability/logger.ts';
import { StrayOutput } from '../../worker/stray-output.ts';

const METHODS = ['log', 'info', 'debug', 'warn', 'error', 'trace', 'dir', 'table'] as const;

/**
 * Holds back what code of a run in this process prints by the console or as a warning of Node. Standard output and standard
 * error themselves belong to the command's own results. The returned function logs what was held, redacted, and ends this.
 */
export function captureConsole(redact: (text: string) => string, logger: Logger): () => void {
  const stream = new PassThrough();
  const stray = new StrayOutput([stream], redact);
  const held = new Console(stream);
  const before = METHODS.map((method) => [method, console[method]] as const);
  const warnings = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => held.warn(warning.stack ?? String(warning)));
  for (const method of METHODS) console[method] = held[method].bind(held);
  return () => {
    for (const [method, original] of before) console[method] = original;
    process.removeAllListeners('warning');
    for (const listener of warnings) process.on('warning', listener);
    stray.release(logger);
  };
}
