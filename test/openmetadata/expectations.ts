import { Refused, type ConnectionTest } from '../support/openmetadata-server/ui.ts';
import { readCatalog } from './catalog.ts';
import { differences } from './compare.ts';
import type { Flow } from './flow.ts';

const SHOWN_DIFFERENCES = 12;

export async function expectTruth(
  { scene, report, truth }: Flow,
  part: string,
  service: string,
): Promise<void> {
  await report.step(part, 'the server has what the org has', async () => {
    const catalog = await readCatalog(scene.target.bot, service);
    const found = differences(catalog, await truth(), service);
    const { tables, edges, procedures, profiles } = catalog;
    if (found.length > 0)
      throw new Error(
        `${found.length} differences:\n${found.slice(0, SHOWN_DIFFERENCES).join('\n')}`,
      );
    report.note(
      `${tables.size} tables, ${edges.size} edges, ${procedures.size} procedures, ${profiles.size} profiles`,
    );
  });
}

export function expectPassed({ status, result, steps }: ConnectionTest): void {
  const failed = steps.filter(({ passed }) => !passed);
  if (status !== 'Successful' || result !== 'Successful' || failed.length > 0 || steps.length === 0)
    throw new Error(`not passed: ${JSON.stringify({ status, result, steps })}`);
}

/**
 * The dialog shows the message of the step CheckAccess, and its errorLog on request; as a warning
 * when the step is not mandatory.
 */
export function expectFailed(
  { result, steps }: ConnectionTest,
  words: RegExp,
  mandatory = true,
): void {
  const [access] = steps.filter(({ name }) => name === 'CheckAccess');
  const said = `${access?.message ?? ''} ${access?.errorLog ?? ''}`;
  const failed = result === 'Failed' && access?.passed === false;
  if (!failed || access.mandatory !== mandatory || !words.test(said))
    throw new Error(`not failed with ${String(words)}: ${JSON.stringify({ result, steps })}`);
}

export async function expectRefused(work: Promise<unknown>, words: RegExp): Promise<void> {
  const said = await work.then(
    () => 'accepted',
    (thrown: unknown) => refusedAs(thrown),
  );
  if (!words.test(said)) throw new Error(`not rejected with ${String(words)}: ${said}`);
}

export function refusedAs(thrown: unknown): string {
  if (thrown instanceof Refused) return thrown.message;
  throw thrown;
}
