import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { RandomBytes } from '../runtime/clock.ts';
import { ControlPlaneError } from '../runtime/errors.ts';

const TOKEN_BYTES = 32;
const MIN_LENGTH = 16;

/**
 * Reads the admin token. With `create`, a missing file is created (mode 0600). Throws USAGE for a
 * token that is too short.
 */
export async function adminToken(
  file: string,
  create: boolean,
  random: RandomBytes,
): Promise<string> {
  if (create && !existsSync(file))
    await writeFile(file, `hra_${random(TOKEN_BYTES).toString('base64url')}\n`, {
      mode: 0o600,
      flag: 'wx',
    });
  const token = (await readFile(file, 'utf8')).trim();
  if (token.length < MIN_LENGTH)
    throw new ControlPlaneError(
      'USAGE',
      `admin token in ${file} is shorter than ${MIN_LENGTH} characters`,
      { remedy: 'Use a token with at least 128 random bits.' },
    );
  return token;
}
