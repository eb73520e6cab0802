import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { plainName, STOP_MARGIN_MS, type UnitOptions } from './systemd.ts';

export const LABEL = 'hybrid-runner';

const RESTART_SECONDS = 5;
/** A property list has decimal numbers; 0077, as the unit has it. */
const UMASK = 63;
export const LOG_FILE = `/var/log/${LABEL}.log`;

type Value = string | number | boolean | readonly string[] | { readonly [key: string]: Value };

/**
 * The text of the property list of a daemon of macOS. launchd has no list of exit codes after which
 * a restart cannot help, so it restarts after all but a regular exit. Throws INPUT_INVALID for the
 * same paths and names as the systemd unit.
 */
export function launchdPlist(options: UnitOptions): string {
  const { node, program, user, drainTimeoutMs } = options;
  const text = format({
    Label: LABEL,
    ProgramArguments: [node, program, 'run', ...launchdArgs(options)],
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
<!-- Written by \`hybrid-runner service\`. -->
<plist version="1.0">
${text}
</plist>
`;
}

/** Nothing tells the daemon of a state directory, as systemd does by a variable. */
export function launchdArgs({
  args,
  stateDir,
}: Pick<UnitOptions, 'args' | 'stateDir'>): readonly string[] {
  return args.includes('--state-dir') ? args : [...args, '--state-dir', stateDir];
}

/** The strings that a description of this program has under a key. */
export function plistStrings(plist: string, key: string): readonly string[] {
  const after = plist.split(`<key>${key}</key>`)[1] ?? '';
  const value = after.split('<key>')[0] ?? '';
  return [...value.matchAll(/<string>(?<text>[^<]*)<\/string>/g)].map(({ groups }) =>
    groups!['text']!.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&'),
  );
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
