import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { openAuditTrail } from '../../audit/open.ts';
import { collectEnrolledSettings } from '../../config/enrolled-settings.ts';
import { controlPlaneNetwork } from '../../config/network-settings.ts';
import { enrollRunner } from '../../link/enrollment/enroll.ts';
import type { Identity } from '../../link/enrollment/identity.ts';
import { sealFor } from '../../sealing/seal.ts';
import { createConnect } from '../../../foundation/src/network/open.ts';
import { untilAborted } from '../../../foundation/src/runtime/abort.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { loadSettings, requireFlag, type Invocation } from '../invocation.ts';
import { actAsOwner } from '../ownership.ts';
import { systemUser } from '../system-user.ts';
import type { Terminal } from '../terminal.ts';
import { withLockedState } from '../locked-state.ts';
import { openSealingHere } from '../sealing/open-sealing-here.ts';
import { platform, version } from '../version.ts';

const TOKEN_MAX = 4096;

/**
 * Enrolls with a single-use token, which comes from a file or from standard input, never from the
 * command line.
 */
export async function enroll(invocation: Invocation): Promise<void> {
  const { terminal, flags, interrupts } = invocation;
  rejectTokenFlag(flags);
  const tokenFile = requireFlag(flags, 'token-file');
  const settings = await loadSettings(invocation);
  const { config } = settings;
  const { stateDir } = config;
  const url = requireUrl(config.controlPlane.url);
  const connect = createConnect(await controlPlaneNetwork(config));
  const enrolled = collectEnrolledSettings(settings);
  const token = await readToken(tokenFile, invocation);
  const person = systemUser(invocation.env);
  const seal = sealFor(await openSealingHere(config, invocation), 'identity-key');
  actAsOwner(stateDir);
  const trail = openAuditTrail(stateDir);
  const identity = await withLockedState(stateDir, () =>
    enrollRunner({
      url,
      token,
      stateDir,
      name: config.name,
      version: version(),
      platform: platform(),
      replace: flags.has('replace'),
      record: (enrollment) => trail.record({ event: 'enroll', ...enrollment, ...person }),
      save: () => enrolled.write(),
      seal,
      connect,
      clock: systemClock,
      signal: interrupts.signal,
    }),
  );
  show(identity, stateDir, enrolled.keys, terminal);
}

function show(
  { runnerId, name, fingerprint, controlPlaneUrl }: Identity,
  stateDir: string,
  keptSettings: readonly string[],
  terminal: Terminal,
): void {
  terminal.result(
    { runnerId, name, fingerprint, controlPlaneUrl, stateDir, keptSettings },
    `Enrolled as ${name} (${runnerId}) with ${controlPlaneUrl}.`,
  );
  if (keptSettings.length > 0)
    terminal.notice(
      `Saved for later starts: ${keptSettings.join(', ')}. The configuration file takes precedence.`,
    );
}

function rejectTokenFlag(flags: Invocation['flags']): void {
  if (!flags.has('token')) return;
  throw new RunnerError(
    'USAGE',
    'a token on the command line is visible to every process of this machine',
    {
      remedy:
        'Pass it in a file with --token-file FILE, or on standard input with --token-file -. Create a new token, because this one has been exposed.',
    },
  );
}

function requireUrl(url: string | undefined): string {
  if (url !== undefined) return url;
  throw new RunnerError('USAGE', '--url is missing', {
    remedy: 'Add the control plane: --url wss://catalog.example.com',
  });
}

async function readToken(file: string, { terminal, interrupts }: Invocation): Promise<string> {
  if (file === '-' && terminal.stdin.isTTY === true)
    terminal.notice('Paste the token, then press Enter and Ctrl-D:');
  let content: string;
  try {
    content =
      file === '-'
        ? await untilAborted(text(terminal.stdin), interrupts.signal)
        : await readFile(file, 'utf8');
  } catch (thrown) {
    if (interrupts.signal.aborted) throw thrown;
    throw new RunnerError('FILE_UNREADABLE', `failed to read token file ${file}`, {
      cause: thrown,
    });
  }
  const token = content.trim();
  if (token === '' || token.length > TOKEN_MAX || /\s/.test(token))
    throw new RunnerError(
      'INPUT_INVALID',
      'the input is not an enrollment token, which is a single word',
      { remedy: 'Pass only the token, as the control plane showed it.' },
    );
  return token;
}
