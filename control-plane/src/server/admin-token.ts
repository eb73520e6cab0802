import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { RandomBytes } from '../runtime/clock.ts';
import { ControlPlaneError } from '../runtime/errors.ts';

const TOKEN_BYTES = 32;
const SHORTEST = 16;

/** Reads the token; makes the file (mode 0600) when `make` is set and there is none. Throws USAGE for a token too short to be safe. */
export async function adminToken(
  file: string,
  make: boolean,
  random: RandomBytes,
): Promise<string> {
  if (make && !existsSync(file))
    await writeFile(file, `hra_${random(TOKEN_BYTES).toString('base64url')}\n`, {
      mode: 0o600,
      flag: 'wx',
    });
  const token = (await readFile(file, 'utf8')).trim();
  if (token.length < SHORTEST)
    throw new ControlPlaneError(
      'USAGE',
      `the admin token in ${file} is shorter than ${SHORTEST} characters`,
      { remedy: 'Use at least 128 random bits.' },
    );
  return token;
}
