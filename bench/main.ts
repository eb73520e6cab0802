import { Processes } from '../demo/processes.ts';
import { preparePlace } from '../demo/setup.ts';
import { benchChannel } from './channel.ts';
import { benchControlPlane } from './control-plane.ts';
import { benchDistance } from './distance.ts';
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

const PARTS: readonly {
  readonly id: string;
  readonly title: string;
  readonly work: (processes: Processes) => Promise<Figures>;
}[] = [
  { id: 'start-up', title: 'start-up', work: benchStartup },
  { id: 'channel', title: 'channel against a bare TLS socket', work: benchChannel },
  { id: 'distance', title: 'channel at a distance', work: benchDistance },
  {
    id: 'spool',
    title: 'spool against the disk',
    work: () => benchSpool(preparePlace('bench').directory),
  },
  {
    id: 'redaction',
    title: 'redaction against one regular expression',
    work: benchRedaction,
  },
  {
    id: 'idle',
    title: 'idle link',
    work: (processes) => benchIdle(processes, preparePlace('bench')),
  },
  {
    id: 'control-plane',
    title: 'control plane with 3,000 runners',
    work: (processes) => benchControlPlane(processes, preparePlace('bench')),
  },
  {
    id: 'extraction',
    title: 'extraction of 1,000 objects',
    work: (processes) => benchExtraction(processes, preparePlace('bench')),
  },
  {
    id: 'extraction-3000',
    title: 'extraction of 3,000 objects, first and second runs',
    work: (processes) => benchLargeExtraction(processes, () => preparePlace('bench')),
  },
];

/** The parts named on the command line; all without one. */
function chosen(names: readonly string[]): typeof PARTS {
  const unknown = names.find((name) => !PARTS.some(({ id }) => id === name));
  if (unknown !== undefined)
    throw new Error(`${unknown} is not one of ${PARTS.map(({ id }) => id).join(', ')}`);
  return names.length === 0 ? PARTS : PARTS.filter(({ id }) => names.includes(id));
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const figures: Record<string, number | null> = {};
  for (const { title, work } of chosen(args.filter((arg) => !arg.startsWith('--'))))
    Object.assign(figures, await part(title, work));
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify(figures)}\n`);
}

main().catch((thrown: unknown) => {
  process.stderr.write(`bench: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  process.exitCode = 1;
});
