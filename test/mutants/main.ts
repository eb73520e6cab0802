import type { Mutant } from './mutant.ts';
import { MUTANTS } from './mutants.ts';
import { Scratch } from './scratch.ts';

/*
 * Applies one fault at a time to a copy of the sources and runs the tests that must detect it: `npm
 * run test:mutants`, or with part of a fault's name for only that fault. Exits with 1 if a test
 * file listed for a fault passes, if a fault cannot be applied, or if the tests fail without a
 * fault.
 */

interface Verdict {
  readonly mutant: Mutant;
  /** By test file: the test that detected the fault. */
  readonly seen: readonly { readonly file: string; readonly by: string | undefined }[];
  readonly problem?: string;
  readonly seconds: number;
}

async function judge(scratch: Scratch, mutant: Mutant): Promise<Verdict> {
  const start = performance.now();
  const seconds = (): number => Math.round((performance.now() - start) / 100) / 10;
  try {
    const undo = scratch.plant(mutant.edits);
    try {
      const seen: Verdict['seen'][number][] = [];
      for (const file of mutant.tests)
        seen.push({ file, by: (await scratch.test([file], true)).failed.get(file)?.[0] });
      return { mutant, seen, seconds: seconds() };
    } finally {
      undo();
    }
  } catch (thrown) {
    return {
      mutant,
      seen: [],
      problem: thrown instanceof Error ? thrown.message : String(thrown),
      seconds: seconds(),
    };
  }
}

function survives({ seen, problem }: Verdict): boolean {
  return problem !== undefined || seen.some(({ by }) => by === undefined);
}

function tell(verdict: Verdict): void {
  const {
    mutant: { name },
    seen,
    problem,
    seconds,
  } = verdict;
  console.log(`${survives(verdict) ? 'NOT DETECTED' : 'detected    '} ${name} (${seconds} s)`);
  if (problem !== undefined) console.log(`           ${problem}`);
  for (const { file, by } of seen)
    console.log(`           ${file}: ${by ?? 'passed, or failed to load'}`);
}

async function main(wanted: string): Promise<number> {
  const mutants = MUTANTS.filter(({ name }) => name.includes(wanted));
  if (mutants.length === 0) {
    console.log(
      `no fault has "${wanted}" in its name; faults: ${MUTANTS.map(({ name }) => name).join('; ')}`,
    );
    return 1;
  }
  const scratch = new Scratch();
  try {
    const files = [...new Set(mutants.flatMap(({ tests }) => tests))];
    console.log(`${mutants.length} faults; first, ${files.length} test files without a fault`);
    const { failed, passed, output } = await scratch.test(files, false);
    const red = [...failed.values()].flat();
    if (red.length > 0 || passed === 0 || failed.size < files.length) {
      console.log(`tests fail without a fault: ${red.join('; ')}\n${output}`);
      return 1;
    }
    const verdicts: Verdict[] = [];
    for (const mutant of mutants) {
      verdicts.push(await judge(scratch, mutant));
      tell(verdicts.at(-1)!);
    }
    const survivors = verdicts.filter(survives);
    console.log(
      `\n${verdicts.length - survivors.length} of ${verdicts.length} faults were seen${survivors.length === 0 ? '' : `; not seen: ${survivors.map(({ mutant }) => mutant.name).join('; ')}`}`,
    );
    return survivors.length === 0 ? 0 : 1;
  } finally {
    scratch.remove();
  }
}

process.exitCode = await main(process.argv[2] ?? '');
