import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createDurably } from '../../../foundation/src/runtime/atomic-write.ts';
import { isErrno } from '../../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { readPrivateFile } from '../../link/enrollment/private-file.ts';

/** Writes a new private key, PKCS#8 PEM, for its owner alone. Throws INPUT_INVALID if it exists. */
export async function createKeyFile(path: string): Promise<KeyObject> {
  const key = generateKeyPairSync('ed25519').privateKey;
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  try {
    await createDurably(nodeDisk, path, pem);
    return key;
  } catch (thrown) {
    if (!isErrno(thrown, 'EEXIST')) throw RunnerError.from(thrown, 'FILE_UNWRITABLE');
    throw new RunnerError('INPUT_INVALID', `${path} exists already`, {
      remedy: 'Name another file: signatures of a key that is overwritten cannot be made again.',
    });
  }
}

/** Throws FILE_UNREADABLE, and FILE_UNSAFE if others can read it. */
export async function readKeyFile(path: string): Promise<KeyObject> {
  const pem = await readPrivateFile(path);
  if (pem === undefined) throw new RunnerError('FILE_UNREADABLE', `there is no key file ${path}`);
  const key = parse(pem);
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new RunnerError('FILE_UNREADABLE', `${path} contains no private Ed25519 key`, {
    remedy: 'Make one with `hybrid-runner jobs keygen`.',
  });
}

function parse(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
