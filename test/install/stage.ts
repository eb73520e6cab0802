import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pristineRoot } from './debian-root.ts';
import { Installation, introduce } from './installation.ts';
import { Machine, type Network } from './machine.ts';
import { Outside } from './outside.ts';
import { say } from './run.ts';

/** A version that is newer than that of this repository. */
export const NEWER = '999.0.0';

const OBJECTS = 120;
const LATENCY_MS = 40;

/** A booted Debian that reaches nothing but a catalog with one pipeline, and Salesforce. */
export interface Stage {
  readonly machine: Machine;
  readonly outside: Outside;
  /** The runner on the machine, which the test installs. */
  readonly installation: Installation;
  /** A directory for releases, removed at the end. */
  readonly scratch: string;
  readonly close: () => Promise<void>;
}

/** Tests that run at the same time need networks with different numbers: multiples of eight. */
export async function openStage(network: number): Promise<Stage> {
  const opened: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).toReversed()) await end();
  };
  try {
    const scratch = mkdtempSync(join(tmpdir(), 'install-'));
    opened.push(() => rmSync(scratch, { recursive: true, force: true }));
    const pristine = await pristineRoot();
    say('booting');
    const addresses = networkOf(network);
    const machine = await Machine.boot(pristine, addresses);
    opened.push(() => machine.close());
    const outside = await Outside.open(addresses, { objects: OBJECTS, latencyMs: LATENCY_MS });
    opened.push(() => outside.close());
    await introduce(machine, outside);
    await outside.createPipeline();
    const installation = new Installation(machine, outside, OBJECTS);
    return { machine, outside, installation, scratch, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Addresses that the policy's defaults take for public ones; the cable leads nowhere else. */
function networkOf(first: number): Network {
  const net = `28.${Math.floor(process.pid / 256) % 256}.${process.pid % 256}`;
  return {
    outside: [`${net}.${first + 1}`, `${net}.${first + 2}`],
    inside: `${net}.${first + 3}`,
    prefixLength: 29,
  };
}
