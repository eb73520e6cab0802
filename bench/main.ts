import { Processes } from '../demo/processes.ts';
import { preparePlace } from '../demo/setup.ts';
import { benchChannel } from './channel.ts';
import { benchExtraction } from './extraction.ts';
import { benchLargeExtraction } from './extraction-3000.ts';
import { benchIdle } from './idle.ts';
import { benchRedaction } from './redact.ts';
import { benchSpool } from './spool.ts';
import { benchStartup } from './startup.ts';

type Figures = Readonly<Record<string, number | null>>;

/** Runs one part with processes and a place of its own, and shows its figures as they come. */
async function part(
  name: string,
  work: (processes: Processes) => Promise<Figures>,
): Promise<Figures> {
  process.stderr.write(`▸ ${name}\n`);
  const processes = new Processes();
  try {
    const figures = rounded(await work(processes));
    for (const [key, value] of Object.entries(figures))
      process.stderr.write(`    ${key.padEnd(32)} ${value ?? 'not measured here'}\n`);
    return figures;
  } finally {
    await processes.stopAll();
  }
}

function rounded(figures: Figures): Figures {
  return Object.fromEntries(
    Object.entries(figures).map(([key, value]) => [
      key,
      value === null ? null : Math.round(value * 100) / 100,
    ]),
  );
}

async function main(): Promise<void> {
  const figures = {
    ...(await part('start-up', benchStartup)),
    ...(await part('channel against a bare TLS socket', benchChannel)),
    ...(await part('spool against the disk', () => benchSpool(preparePlace('bench').directory))),
    ...(await part('redaction against one regular expression', benchRedaction)),
    ...(await part('idle link', (processes) => benchIdle(processes, preparePlace('bench')))),
    ...(await part('extraction of 1,000 objects', (processes) =>
      benchExtraction(processes, preparePlace('bench')),
    )),
    ...(await part('extraction of 3,000 objects, first and second runs', (processes) =>
      benchLargeExtraction(processes, () => preparePlace('bench')),
    )),
  };
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(figures)}\n`);
}

main().catch((thrown: unknown) => {
  process.stderr.write(`bench: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  process.exitCode = 1;
});
