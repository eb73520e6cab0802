import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '../../../foundation/src/runtime/atomic-write.ts';
import { isMissing } from '../../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';
import { parseSealingKey } from '../../sealing/key-source.ts';
import { SEALING_KEY_BYTES, type SealingKey } from '../../sealing/sealed.ts';
import { ENCRYPTED_CREDENTIAL, SEALING_CREDENTIAL } from '../../sealing/settings.ts';
import { UNIT_FILE } from '../../service/host.ts';

export const SEALING_DROP_IN = `${UNIT_FILE}.d/sealing.conf`;

const DROP_IN_TEXT = `# Written by \`hybrid-runner seal\`: what opens the sealed keys of this runner.
[Service]
LoadCredentialEncrypted=${SEALING_CREDENTIAL}:${ENCRYPTED_CREDENTIAL}
`;
/** A TPM that has to be unlocked again can take long. */
const TIMEOUT_MS = 60_000;

/** For root. Throws SEALING_KEY_MISSING and SEALING_KEY_WRONG. */
export async function decryptCredential(signal: AbortSignal): Promise<SealingKey> {
  if (!existsSync(ENCRYPTED_CREDENTIAL))
    throw new RunnerError('SEALING_KEY_MISSING', `${ENCRYPTED_CREDENTIAL} does not exist`, {
      remedy: 'Run `hybrid-runner seal`, or restore the file and the key of systemd from a backup.',
    });
  const text = await systemdCreds(['decrypt', ENCRYPTED_CREDENTIAL, '-'], '', signal);
  return parseSealingKey(text, ENCRYPTED_CREDENTIAL);
}

/**
 * Makes a key that systemd encrypts for this machine, and tells the unit about it. Leaves a key
 * alone that is there. Throws SEALING_KEY_MISSING.
 */
export async function installCredential(signal: AbortSignal): Promise<readonly string[]> {
  const made: string[] = [];
  if (!existsSync(ENCRYPTED_CREDENTIAL)) {
    const key = Buffer.from(systemRandom.bytes(SEALING_KEY_BYTES)).toString('base64');
    const encrypted = await systemdCreds(['encrypt', '--with-key=auto', '-', '-'], key, signal);
    await mkdir(dirname(ENCRYPTED_CREDENTIAL), { recursive: true, mode: 0o700 });
    await replaceFile(nodeDisk, ENCRYPTED_CREDENTIAL, encrypted);
    made.push(ENCRYPTED_CREDENTIAL);
  }
  if ((await textOf(SEALING_DROP_IN)) !== DROP_IN_TEXT) {
    await mkdir(dirname(SEALING_DROP_IN), { recursive: true, mode: 0o755 });
    await writeFile(SEALING_DROP_IN, DROP_IN_TEXT, { mode: 0o644 });
    made.push(SEALING_DROP_IN);
  }
  return made;
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((thrown: unknown) => {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  });
}

/** Standard output. Input and output are secrets, so neither is in an error. */
function systemdCreds(
  [verb, ...args]: readonly [string, ...string[]],
  input: string,
  signal: AbortSignal,
): Promise<string> {
  const name = `--name=${SEALING_CREDENTIAL}`;
  return new Promise((done, fail) => {
    const child = execFile(
      'systemd-creds',
      [verb, name, ...args],
      { signal, timeout: TIMEOUT_MS, env: { PATH: process.env['PATH'], LC_ALL: 'C' } },
      (thrown, stdout, stderr) => {
        if (thrown === null) return done(stdout);
        const reason = stderr.trim().split('\n').at(-1) ?? '';
        const suffix = reason === '' ? '' : `: ${reason}`;
        const message = `systemd-creds failed to ${verb} the sealing key${suffix}`;
        const { code } = thrown;
        fail(
          code === 'ENOENT'
            ? new RunnerError('SEALING_KEY_MISSING', 'systemd-creds is not installed', {
                remedy:
                  'Use systemd 250 or later, or set sealing.keyFile or sealing.passphraseFile.',
              })
            : new RunnerError('SEALING_KEY_MISSING', message, {
                remedy:
                  'Restore what systemd encrypts with: the TPM of this machine, or its host key.',
              }),
        );
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
