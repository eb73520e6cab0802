import { StringDecoder } from 'node:string_decoder';
import type { ReadStream } from 'node:tty';
import { untilAborted } from '../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { withoutByteOrderMark } from '../secrets/byte-order-mark.ts';
import type { Terminal } from './terminal.ts';

const MAX_BYTES = 64 * 1024;

/**
 * Reads a secret value: on a terminal by two prompts without echo, else from standard input,
 * without a byte order mark at the start, which PowerShell sends, and without one line break at the
 * end. Throws INPUT_INVALID, or the signal's reason.
 */
export async function readSecret(
  terminal: Terminal,
  what: string,
  signal: AbortSignal,
): Promise<string> {
  if (terminal.stdin.isTTY !== true) return untilAborted(readAll(terminal), signal);
  const value = await promptHidden(terminal, `Value of ${what}: `, signal);
  const again = await promptHidden(terminal, 'Repeat the value: ', signal);
  if (value !== again)
    throw new RunnerError('INPUT_INVALID', 'the values do not match', {
      remedy: 'Run the command again.',
    });
  return value;
}

async function readAll({ stdin }: Terminal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES)
      throw new RunnerError('INPUT_INVALID', `the value exceeds ${MAX_BYTES} bytes`, {
        remedy: 'Store only the secret itself.',
      });
  }
  return withoutByteOrderMark(decodeText(Buffer.concat(chunks))).replace(/\r?\n$/, '');
}

function decodeText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (thrown) {
    throw new RunnerError('INPUT_INVALID', 'the value is not valid UTF-8', {
      cause: thrown,
      remedy: 'Encode binary values, for example as base64.',
    });
  }
}

/** One line of a terminal, without echo. Throws ABORTED, or the signal’s reason. */
export async function promptHidden(
  terminal: Terminal,
  prompt: string,
  signal: AbortSignal,
): Promise<string> {
  const stdin = terminal.stdin as ReadStream;
  const line = new HiddenLine();
  const onData = (chunk: Buffer): void => line.type(chunk);
  // Before the prompt: whoever answers it must not see the value echoed.
  stdin.setRawMode(true);
  terminal.stderr.write(prompt);
  stdin.on('data', onData).resume();
  try {
    return await untilAborted(line.entered, signal);
  } finally {
    stdin.off('data', onData).pause();
    stdin.setRawMode(false);
    terminal.stderr.write('\n');
  }
}

const ENTER = /[\r\n]/;

/** Keys as a terminal in raw mode sends them, until Enter. */
class HiddenLine {
  readonly #decoder = new StringDecoder('utf8');
  readonly #entered = Promise.withResolvers<string>();
  #characters: string[] = [];

  get entered(): Promise<string> {
    return this.#entered.promise;
  }

  type(chunk: Buffer): void {
    for (const key of this.#decoder.write(chunk)) this.#press(key);
  }

  #press(key: string): void {
    if (ENTER.test(key)) this.#entered.resolve(this.#characters.join(''));
    else if (key === '\u0003' || (key === '\u0004' && this.#characters.length === 0))
      this.#entered.reject(new RunnerError('ABORTED', 'no value was entered'));
    else if (key === '\u007f' || key === '\b') this.#characters.pop();
    else if (key === '\u0015') this.#characters = [];
    else if (key >= ' ') this.#characters.push(key);
  }
}
