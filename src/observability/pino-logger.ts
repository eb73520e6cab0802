import { pino, type DestinationStream, type Logger as Pino } from 'pino';
import type { LogLevel } from '../../foundation/src/domain/record.ts';
import { localErrorFields } from '../../foundation/src/runtime/error-fields.ts';
import { withPriority } from './journal.ts';
import type { LogData, Logger } from '../../foundation/src/logging/logger.ts';
import { visible, visibleData, visibleLines } from './visible.ts';

export interface PinoLoggerOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  /** Whether pretty output has colors. */
  readonly color: boolean;
  /**
   * Standard output or standard error. Lines are written synchronously, so that none is lost when
   * the process dies.
   */
  readonly descriptor: 1 | 2;
  /** Applied to every line just before it is written. */
  readonly redact: (line: string) => string;
  /** Whether to prefix JSON lines with a priority for the journal. */
  readonly priorities?: boolean;
}

/**
 * A logger that writes JSON lines or human-readable lines. Errors in `data` are written without
 * stacks, which contain local paths and arguments.
 */
export async function openLogger(options: PinoLoggerOptions): Promise<Logger> {
  const stream =
    options.format === 'pretty'
      ? await prettyStream(options)
      : pino.destination({ fd: options.descriptor, sync: true });
  const root = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: {
        streamWrite: (line) => addPriority(redactOrWithhold(options.redact, line), options),
      },
    },
    stream,
  );
  return new PinoLogger(root, options.format === 'pretty');
}

/** pino-pretty decodes the JSON, so control characters are escaped before. */
async function prettyStream({ color, descriptor }: PinoLoggerOptions): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    colorize: color,
    destination: descriptor,
    sync: true,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
}

/** Replaces a line that cannot be redacted. */
function redactOrWithhold(redact: (line: string) => string, line: string): string {
  try {
    const clean = visibleLines(redact(line));
    return clean.endsWith('\n') ? clean : `${clean}\n`;
  } catch {
    return `${JSON.stringify({ level: 'error', time: new Date().toISOString(), msg: 'log line withheld: redaction failed' })}\n`;
  }
}

function addPriority(line: string, { priorities, format }: PinoLoggerOptions): string {
  if (priorities !== true || format !== 'json') return line;
  const { level = 'error' } =
    /^\{"level":"(?<level>debug|info|warn|error)"/.exec(line)?.groups ?? {};
  return withPriority(level as LogLevel, line);
}

class PinoLogger implements Logger {
  readonly #pino: Pino;
  readonly #isPretty: boolean;

  constructor(root: Pino, isPretty: boolean) {
    this.#pino = root;
    this.#isPretty = isPretty;
  }

  log(level: LogLevel, message: string, data: LogData = {}): void {
    const plain = plainData(data);
    if (this.#isPretty) this.#pino[level](visibleData(plain), '%s', visible(message));
    else this.#pino[level](plain, '%s', message);
  }

  child(data: LogData): Logger {
    const plain = plainData(data);
    return new PinoLogger(
      this.#pino.child((this.#isPretty ? visibleData(plain) : plain) as LogData),
      this.#isPretty,
    );
  }
}

function plainData(data: LogData): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      value instanceof Error ? localErrorFields(value) : value,
    ]),
  );
}
