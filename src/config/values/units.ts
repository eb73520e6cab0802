import { z } from 'zod';
import { addIssue } from './issues.ts';

const DURATION_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZE_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** A duration such as `90s` or `1h30m`; comes out in milliseconds. */
export function duration(least: string, most: string): z.ZodType<number> {
  const [min, max] = [durationMs(least)!, durationMs(most)!];
  return z.string('must be a duration such as 30s, 5m or 1h30m').transform((text, context) => {
    const ms = durationMs(text);
    if (ms === undefined)
      return addIssue(
        context,
        `"${text}" is not a duration; write a number and a unit, such as 30s, 5m or 1h30m`,
      );
    return ms < min || ms > max ? addIssue(context, `must be between ${least} and ${most}`) : ms;
  });
}

/** Milliseconds of `1h30m`, or undefined. */
export function durationMs(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  return [...text.matchAll(/(?<count>[\d.]+)(?<unit>ms|s|m|h|d)/g)].reduce(
    (sum, { groups }) => sum + Number(groups!['count']) * DURATION_MS[groups!['unit']!]!,
    0,
  );
}

/** The shortest way to write a duration: `90000` -> `90s`. */
export function formatDuration(ms: number): string {
  return inUnits(ms, DURATION_MS);
}

/** A size such as `512MiB`; comes out in bytes. */
export function size(least: string, most: string): z.ZodType<number> {
  const [min, max] = [sizeBytes(least)!, sizeBytes(most)!];
  return z.string('must be a size such as 512MiB or 1GiB').transform((text, context) => {
    const bytes = sizeBytes(text);
    if (bytes === undefined)
      return addIssue(
        context,
        `"${text}" is not a size; write a number and a unit, such as 512MiB or 1GiB`,
      );
    return bytes < min || bytes > max
      ? addIssue(context, `must be between ${least} and ${most}`)
      : bytes;
  });
}

function sizeBytes(text: string): number | undefined {
  const match = /^(?<count>\d+(?:\.\d+)?)(?<unit>B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$/.exec(text);
  return match === null
    ? undefined
    : Math.floor(Number(match.groups!['count']) * SIZE_BYTES[match.groups!['unit']!]!);
}

/** The shortest way to write a size: `1073741824` -> `1GiB`. */
export function formatSize(bytes: number): string {
  return inUnits(bytes, SIZE_BYTES);
}

/** For display, rounded: `1073741825` -> `1.0 GiB`. */
export function formatRoundedSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power < 2 ? 0 : 1)} ${units[power]}`;
}

/** In the largest unit that leaves no fraction. */
function inUnits(amount: number, units: Readonly<Record<string, number>>): string {
  const fitting = Object.entries(units).filter(
    ([, factor]) => amount % factor === 0 && (amount !== 0 || factor === 1),
  );
  const [unit, factor] = fitting.sort(([, a], [, b]) => b - a)[0] ?? ['', 1];
  return `${amount / factor}${unit}`;
}
