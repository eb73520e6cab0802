import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { plainName, STOP_MARGIN_MS, type UnitOptions } from './systemd.ts';

export const LABEL = 'hybrid-runner';
export const PLIST_FILE = `/Library/LaunchDaemons/${LABEL}.plist`;

const RESTART_SECONDS = 5;
/** A property list has decimal numbers; 0077, as the unit has it. */
const UMASK = 63;
const LOG_FILE = `/var/log/${LABEL}.log`;

type Value = string | number | boolean | readonly string[] | { readonly [key: string]: Value };

/**
 * The text of the property list of a daemon of macOS. launchd has no list of exit codes after which
 * a restart cannot help, so it restarts after all but a regular exit. Throws INPUT_INVALID for the
 * same paths and names as the systemd unit.
 */
export function launchdPlist(options: UnitOptions): string {
  const { node, program, args, user, stateDir, drainTimeoutMs } = options;
  // Nothing tells the daemon of a state directory, as systemd does by a variable.
  const state = args.includes('--state-dir') ? [] : ['--state-dir', stateDir];
  const text = format({
    Label: LABEL,
    ProgramArguments: [node, program, 'run', ...args, ...state],
    UserName: plainName(user),
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: RESTART_SECONDS,
    ExitTimeOut: Math.ceil((drainTimeoutMs + STOP_MARGIN_MS) / 1000),
    Umask: UMASK,
    StandardOutPath: LOG_FILE,
    StandardErrorPath: LOG_FILE,
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by \`hybrid-runner service print\`. -->
<plist version="1.0">
${text}
</plist>
`;
}

function format(value: Value, indent = ''): string {
  if (typeof value === 'string') return `${indent}<string>${escape(value)}</string>`;
  if (typeof value === 'number') return `${indent}<integer>${value}</integer>`;
  if (typeof value === 'boolean') return `${indent}<${value}/>`;
  const deeper = `${indent}  `;
  const [name, lines] = isList(value)
    ? ['array', value.map((item) => format(item, deeper))]
    : [
        'dict',
        Object.entries(value).flatMap(([key, item]) => [
          `${deeper}<key>${escape(key)}</key>`,
          format(item, deeper),
        ]),
      ];
  return [`${indent}<${name}>`, ...lines, `${indent}</${name}>`].join('\n');
}

function isList(value: Exclude<Value, string | number | boolean>): value is readonly string[] {
  return Array.isArray(value);
}

/** XML has no form for control characters, and a line break in a path is never meant. */
function escape(text: string): string {
  if (/[\p{Cc}]/u.test(text))
    throw new RunnerError(
      'INPUT_INVALID',
      `path ${JSON.stringify(text)} contains a control character`,
      { remedy: 'Rename it, or choose another path.' },
    );
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
