import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/**
 * Peak resident memory of a process so far, in MB, from Linux's accounting; undefined where there
 * is none.
 */
export function peakMemoryMb(pid: number): number | undefined {
  return statusField(pid, 'VmHWM');
}

/** Resident memory of a process now, in MB. */
export function memoryMb(pid: number): number | undefined {
  return statusField(pid, 'VmRSS');
}

function statusField(pid: number, field: string): number | undefined {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
    );
    return match === null ? undefined : Number(match[1]) / 1024;
  } catch {
    return undefined;
  }
}

export interface Finished {
  readonly seconds: number;
  readonly peakMb: number | undefined;
  /** User and system time, in milliseconds. */
  readonly cpuMs: number | undefined;
  readonly output: string;
}

/** Runs Node with `args` to its end and measures the whole process. Throws when it fails. */
export async function runNode(args: readonly string[]): Promise<Finished> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = collect(child);
  let peakMb: number | undefined;
  let cpuMs: number | undefined;
  const sampler = setInterval(() => {
    peakMb = peakMemoryMb(child.pid!) ?? peakMb;
    const now = cpuTimeMs(child.pid!);
    if (!Number.isNaN(now)) cpuMs = now;
  }, 25);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(sampler);
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}:\n${output()}`);
  return { seconds: (performance.now() - started) / 1000, peakMb, cpuMs, output: output() };
}

/**
 * User and system time of a process so far, in milliseconds; NaN where Linux's accounting is
 * absent.
 */
export function cpuTimeMs(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return ticks * 10;
  } catch {
    return Number.NaN;
  }
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The smallest value that is not below `percent` of the values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1]!;
}
