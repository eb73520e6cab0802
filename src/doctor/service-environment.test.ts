import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestHost } from '../../test/support/service-host.ts';
import { environmentFindings } from './checks/service-environment.ts';
import { readUnit, type UnitEnvironment } from './unit.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'environment-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const LACKED = 'the service has variables that this command lacks';

/** The environment of a unit of which systemctl says this. */
async function environmentOf(...lines: readonly string[]): Promise<UnitEnvironment> {
  const host = new TestHost(directory);
  const answer = [
    'LoadState=loaded',
    `ExecStart={ path=node ; argv[]=node hybrid-runner.js run --config ${directory} ; }`,
    ...lines,
  ].join('\n');
  const unit = await readUnit(Object.assign(host, { run: async () => answer }), directory);
  return (unit as Extract<typeof unit, { name: 'loaded' }>).environment;
}

describe('the environment of the service', () => {
  it('is a warning with the names, not the values, of variables that this command lacks', async () => {
    const file = join(directory, 'runner.env');
    writeFileSync(
      file,
      '# comment\nHYBRID_SECRET_SF_PASSWORD="hunter22"\nHYBRID_RUNNER_NAME=edge\nPATH=/bin\n',
    );
    const environment = await environmentOf(
      'Environment=LANG=C "HYBRID_RUNNER_NETWORK_PROXY=http://user:hunter22@proxy x" HYBRID_RUNNER_CAPACITY=4',
      `EnvironmentFiles=${file} (ignore_errors=no)`,
    );
    const found = await environmentFindings(environment, { HYBRID_RUNNER_NAME: 'edge' });
    expect(found).toEqual([
      expect.objectContaining({
        status: 'warn',
        detail: LACKED,
        lines: [
          'HYBRID_RUNNER_NETWORK_PROXY',
          'HYBRID_RUNNER_CAPACITY',
          'HYBRID_SECRET_SF_PASSWORD',
        ],
      }),
    ]);
    expect(JSON.stringify(found)).not.toContain('hunter22');
  });

  it('is well when this command has the same variables, and nothing when there are none', async () => {
    const environment = await environmentOf('Environment=HYBRID_RUNNER_CAPACITY=4');
    const [found] = await environmentFindings(environment, { HYBRID_RUNNER_CAPACITY: '4' });
    expect(found).toMatchObject({ status: 'pass' });
    expect(await environmentFindings(await environmentOf('Environment='), {})).toEqual([]);
  });

  it('fails for a missing file, unless the unit says that it may be missing', async () => {
    const [required, optional] = await Promise.all(
      ['no', 'yes'].map((ignored) =>
        environmentOf(`EnvironmentFiles=${directory}/gone.env (ignore_errors=${ignored})`),
      ),
    );
    expect(await environmentFindings(required!, {})).toMatchObject([
      {
        status: 'fail',
        detail: `${directory}/gone.env does not exist, so the service does not start`,
      },
    ]);
    expect(await environmentFindings(optional!, {})).toMatchObject([{ status: 'pass' }]);
  });

  it('is not checked in a file that cannot be read', async () => {
    const environment = await environmentOf(`EnvironmentFiles=${directory} (ignore_errors=no)`);
    expect(await environmentFindings(environment, {})).toMatchObject([{ status: 'skip' }]);
  });
});
