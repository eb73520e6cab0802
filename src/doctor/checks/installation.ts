import { readFile } from 'node:fs/promises';
import { ERROR_CODES } from '../../../foundation/src/runtime/error-codes.ts';
import type { Check } from '../check.ts';
import { fail, failed, pass, warn, type Finding } from '../finding.ts';
import type { DoctorOptions, Machine } from '../options.ts';

/** As in bin/hybrid-runner.js, which starts another Node.js if there is one. */
const NEEDED_MAJOR = 24;

/** The program itself and the process that it runs in. */
export const installation: Check = {
  name: 'installation',
  title: 'installation',
  needs: [],
  run: async ({ options }) => [
    nodeVersion(options.machine),
    program(options),
    ...(await coreDumps(options.machine)),
  ],
};

function nodeVersion({ nodeVersion: version }: Machine): Finding {
  if (Number(version.split('.')[0]) >= NEEDED_MAJOR) return pass('Node.js', version);
  const { remedy } = ERROR_CODES.NODE_TOO_OLD;
  const detail = `${version} is too old; ${NEEDED_MAJOR} or later is required`;
  return { ...fail('Node.js', detail, remedy), code: 'NODE_TOO_OLD' };
}

function program({ version, platform, workerEntry }: DoctorOptions): Finding {
  const subject = 'program';
  try {
    workerEntry();
    return pass(subject, `version ${version}, ${platform}`);
  } catch (thrown) {
    return { ...failed(subject, thrown), remedy: 'Install the package again.' };
  }
}

/** Nothing where the system has no such file. */
async function coreDumps({ coreDumpFilter }: Machine): Promise<readonly Finding[]> {
  const mask = await readFile(coreDumpFilter, 'utf8').catch(() => undefined);
  if (mask === undefined) return [];
  if (Number.parseInt(mask, 16) === 0) return [pass('core dumps', 'contain no memory')];
  return [
    warn(
      'core dumps',
      'can contain the memory of this program, and secrets with it',
      'Set LimitCORE=0 for the service, or ulimit -c 0.',
    ),
  ];
}
