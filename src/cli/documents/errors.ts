import {
  codeEntry,
  errorGroups,
  type ErrorCode,
} from '../../../foundation/src/runtime/error-codes.ts';
import type { CodeTable, Fault } from '../../../foundation/src/runtime/error-codes/entry.ts';
import { EXIT, exitOf } from '../exit-codes.ts';
import { GENERATED } from './generated.ts';

const INTRODUCTION = `# Errors and exit codes

An error has a stable code, a message with the details, and a remedy. Commands write it to standard error:

\`\`\`
error NOT_ENROLLED: state directory /var/lib/hybrid-runner contains no identity
  → Run \`hybrid-runner enroll --url … --token-file …\`.
\`\`\`

With \`--json\`, it is an object on standard output: \`{"error":{"code","message","remedy","retryable"}}\`. The stack is shown only with
\`--log-level debug\`.

Each error has a kind. *User action*: correct the configuration, credentials or input. *Transient*: a retry may succeed. *Permanent*: no
setting of this runner and no retry helps. *Defect*: a bug; report it.`;

const STATUS = `"no" means that the exit code is in the unit's \`RestartPreventExitStatus=\`.

\`hybrid-runner status\` exits with the health of the running runner, for health checks and monitoring:

| health | meaning | exit |
|---|---|---|
| \`connected\` | connected, with a valid policy | 0 |
| \`drained\` | connected; the control plane sends no more jobs until it resumes the runner | 0 |
| \`noPolicy\` | the policy file is missing or invalid: every job is rejected | 3 |
| \`starting\` | the first connection attempt has not ended | 69 |
| \`retrying\` | not connected; the status shows since when and why | 69 |
| \`stopping\`, \`stopped\` | stopped on request | 75 |
| no answer | the error and exit code of the last runner, for example \`RUNNER_REVOKED\` and 77; \`RUNNER_NOT_RUNNING\` and 69 if it ended without an error | |

The status line of systemd (\`systemctl status hybrid-runner\`) shows the same health. The watchdog restarts a runner that hangs, but
not one without a connection. Journal lines have priorities: \`journalctl --unit hybrid-runner --priority warning\` shows rejected
and failed jobs, lost connections and similar events.`;

const FAULTS: Readonly<Record<Fault, string>> = {
  user: 'user action',
  transient: 'transient',
  permanent: 'permanent',
  defect: 'defect',
};

/**
 * docs/errors.md, from the tables of error codes and exit codes. The connectors must be loaded:
 * they add codes.
 */
export function errorsDocument(): string {
  const exits = `## Exit codes

| code | meaning | restarted by the service manager |
|---|---|---|
${Object.values(EXIT).map(exitRow).join('\n')}`;
  const groups = [...errorGroups()].map(groupText);
  return `${GENERATED}\n${[INTRODUCTION, exits, STATUS, ...groups].join('\n\n')}\n`;
}

function exitRow(entry: (typeof EXIT)[keyof typeof EXIT]): string {
  const restarted = entry.code === 0 ? 'unless asked to stop' : 'final' in entry ? 'no' : 'yes';
  return `| ${entry.code} | ${entry.meaning} | ${restarted} |`;
}

function groupText([name, codes]: readonly [string, CodeTable]): string {
  const rows = (Object.keys(codes) as ErrorCode[]).map(errorRow);
  return `## ${name}\n\n| code | meaning | remedy | kind | exit |\n|---|---|---|---|---|\n${rows.join('\n')}`;
}

function errorRow(code: ErrorCode): string {
  const { meaning, remedy, fault } = codeEntry(code);
  const cell = (text: string): string => text.replace(/\|/g, String.raw`\|`);
  return `| \`${code}\` | ${cell(meaning)} | ${cell(remedy)} | ${FAULTS[fault]} | ${EXIT[exitOf(code)].code} |`;
}
