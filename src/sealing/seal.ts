import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** The first line of a sealed file. */
export const SEALED_HEAD = 'hybrid-runner-sealed-1\n';
/** More than any sealed file has. */
export const MAX_SEALED_BYTES = 4096;

/** What a sealed file is for: it cannot take the place of one for another purpose. */
export type SealPurpose = 'identity-key' | 'vault-key';

/** How the private files of one purpose are stored. */
export interface Seal {
  /** The bytes to store. */
  close(content: string): Promise<Buffer>;
  /**
   * The content of a stored file. Throws NOT_SEALED, SEALING_KEY_MISSING, SEALING_KEY_WRONG and the
   * codes of the file with the key.
   */
  open(stored: Buffer, path: string): Promise<string>;
}

/** What seals the private keys of this runner. */
export interface Sealing {
  readonly of: (purpose: SealPurpose) => Seal;
  /** The file with the key or passphrase, if the settings name one. */
  readonly file: string | undefined;
  /** To display: `the key file /run/keys/sealing`. */
  readonly by: string;
}

export function isSealed(stored: Buffer): boolean {
  return stored.subarray(0, SEALED_HEAD.length).equals(Buffer.from(SEALED_HEAD));
}

/** Where nothing is sealed. Files are as they always were, and a sealed one does not open. */
export const noSeal: Seal = {
  close: (content) => Promise.resolve(Buffer.from(content)),
  open: (stored, path) => {
    if (!isSealed(stored)) return Promise.resolve(stored.toString('utf8'));
    const error = new RunnerError(
      'SEALING_KEY_MISSING',
      `${path} is sealed, and no setting names the key that opens it`,
    );
    return Promise.reject(error);
  },
};

/** Of one purpose; plain files without `sealing`. */
export function sealFor(sealing: Sealing | undefined, purpose: SealPurpose): Seal {
  return sealing?.of(purpose) ?? noSeal;
}
