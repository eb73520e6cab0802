import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { isSignedBy, type SignedHead } from '../../audit/head.ts';
import type { Link } from '../../audit/line.ts';
import { auditDirectory } from '../../audit/trail.ts';
import { verifyTrail, type TrailReport } from '../../audit/verify.ts';
import { publicIdentity } from '../../link/enrollment/identity.ts';
import { readHeadsFile, signedHeads } from '../audit-heads-file.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner } from '../ownership.ts';
import { counted } from '../terminal.ts';

/** Checks that no line of the audit trail was changed, cut, moved or added. */
export async function verify(invocation: Invocation): Promise<ExitCode> {
  const { flags, terminal } = invocation;
  const text = flags.get('head');
  const head = typeof text === 'string' ? parseHead(text) : undefined;
  const file = flags.get('heads');
  const kept = typeof file === 'string' ? await readHeadsFile(file) : undefined;
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  if (head?.signature !== undefined) await assertSigned(head as SignedHead, config.stateDir);
  const directory = auditDirectory(config.stateDir);
  const heads = kept === undefined ? [] : signedHeads(kept, await identityOf(config.stateDir));
  if (head !== undefined) heads.push(head);
  const report = await verifyTrail(nodeDisk, directory, heads);
  const isValid = report.problems.length === 0;
  terminal.document({ directory, ...report, valid: isValid }, describe(report, directory));
  return isValid ? EXIT.ok.code : EXIT.runFailed.code;
}

function describe(
  { files, lines, end, problems, omittedProblems, notes }: TrailReport,
  directory: string,
): string {
  return [
    ...problems.map((problem) => `FAIL ${problem}`),
    ...(omittedProblems === 0 ? [] : [`FAIL and ${counted(omittedProblems, 'more problems')}`]),
    ...notes.map((note) => `note ${note}`),
    `${problems.length === 0 ? 'valid' : 'not valid'}: ${counted(lines, 'lines')} in ${counted(files, 'files')} of ${directory}`,
    `head ${end.number}:${end.hash}`,
  ].join('\n');
}

async function identityOf(stateDir: string): Promise<Parameters<typeof signedHeads>[1]> {
  const { runnerId, publicKeys } = await publicIdentity(stateDir);
  return { runnerId, publicKeys };
}

/** Throws INPUT_INVALID for a head that this runner has not signed. */
async function assertSigned(head: SignedHead, stateDir: string): Promise<void> {
  const { runnerId, publicKeys } = await identityOf(stateDir);
  if (publicKeys.some((publicKey) => isSignedBy(head, { runnerId, publicKey }))) return;
  throw new RunnerError('INPUT_INVALID', 'the head is not signed by the identity of this runner', {
    remedy:
      'Copy number, hash and signature of one line of the log; another enrollment has another identity.',
  });
}

function parseHead(text: string): Link & { readonly signature?: string } {
  const groups =
    /^(?<number>\d{1,15}):(?<hash>[0-9a-f]{64})(?::(?<signature>[A-Za-z0-9+/]{86}==))?$/.exec(
      text,
    )?.groups;
  if (groups === undefined)
    throw new RunnerError('USAGE', '--head must be NUMBER:HASH or NUMBER:HASH:SIGNATURE');
  const { signature } = groups;
  const head = { number: Number(groups['number']), hash: groups['hash']! };
  return signature === undefined ? head : { ...head, signature };
}
