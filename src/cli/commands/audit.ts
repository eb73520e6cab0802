import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Link } from '../../audit/line.ts';
import { auditDirectory } from '../../audit/trail.ts';
import { verifyTrail } from '../../audit/verify.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner } from '../ownership.ts';
import { counted } from '../terminal.ts';

/** Checks that no line of the audit trail was changed, cut, moved or added. */
export async function verify(invocation: Invocation): Promise<ExitCode> {
  const { flags, terminal } = invocation;
  const head = flags.get('head');
  const heads = typeof head === 'string' ? [parseHead(head)] : [];
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  const directory = auditDirectory(config.stateDir);
  const report = await verifyTrail(nodeDisk, directory, heads);
  const { files, lines, end, problems, notes } = report;
  terminal.document(
    { directory, ...report, sound: problems.length === 0 },
    [
      ...problems.map((problem) => `FAIL ${problem}`),
      ...notes.map((note) => `note ${note}`),
      `${problems.length === 0 ? 'sound' : 'not sound'}: ${counted(lines, 'lines')} in ${counted(files, 'files')} of ${directory}`,
      `head ${end.number}:${end.hash}`,
    ].join('\n'),
  );
  return problems.length === 0 ? EXIT.ok.code : EXIT.runFailed.code;
}

function parseHead(text: string): Link {
  const groups = /^(?<number>\d{1,15}):(?<hash>[0-9a-f]{64})$/.exec(text)?.groups;
  if (groups === undefined)
    throw new RunnerError('USAGE', '--head must be NUMBER:HASH, as `audit verify` prints it');
  return { number: Number(groups['number']), hash: groups['hash']! };
}
