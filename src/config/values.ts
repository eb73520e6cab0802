import { z } from 'zod';
import type { ConnectToRule } from '../network/connect.ts';
import { parseEndpoint, formatEndpoint } from '../network/endpoint.ts';
import { parseNoProxyRule } from '../network/no-proxy.ts';
import { parseProxy } from '../network/proxy.ts';
import { RunnerError } from '../runtime/errors.ts';

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
      return refuse(
        context,
        `"${text}" is not a duration; write a number and a unit, such as 30s, 5m or 1h30m`,
      );
    return ms < min || ms > max ? refuse(context, `must be between ${least} and ${most}`) : ms;
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
      return refuse(
        context,
        `"${text}" is not a size; write a number and a unit, such as 512MiB or 1GiB`,
      );
    return bytes < min || bytes > max
      ? refuse(context, `must be between ${least} and ${most}`)
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

/** In the largest unit that leaves no fraction. */
function inUnits(amount: number, units: Readonly<Record<string, number>>): string {
  const fitting = Object.entries(units).filter(
    ([, factor]) => amount % factor === 0 && (amount !== 0 || factor === 1),
  );
  const [unit, factor] = fitting.sort(([, a], [, b]) => b - a)[0] ?? ['', 1];
  return `${amount / factor}${unit}`;
}

/** A whole number, also as text, which is all that flags and the environment have. */
export function whole(min: number, max: number): z.ZodType<number> {
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\d{1,9}$/)
          .transform(Number),
      ],
      'must be a whole number',
    )
    .pipe(
      z
        .number()
        .int('must be a whole number')
        .min(min, `must be at least ${min}`)
        .max(max, `must be at most ${max}`),
    );
}

export function yesOrNo(): z.ZodType<boolean> {
  return z.union(
    [z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')],
    'must be true or false',
  );
}

export function oneOf<const T extends readonly string[]>(words: T): z.ZodType<T[number]> {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}

export function text(): z.ZodType<string> {
  return z.string('must be text').min(1, 'must not be empty').max(4096, 'is too long');
}

/** A list, or text with commas in between. */
export function list<T>(item: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z.preprocess(
    (raw) => (typeof raw === 'string' ? splitText(raw, /,/) : raw),
    z.array(item, 'must be a list'),
  );
}

/** Entries that `bypassesProxy` understands, separated by commas or white space, also within an entry of a YAML list. */
export function noProxyRules(): z.ZodType<readonly string[]> {
  const split = (raw: unknown): unknown => {
    if (Array.isArray(raw)) return raw.flatMap(split);
    return typeof raw === 'string' ? splitText(raw, /[,\s]/) : raw;
  };
  return z.preprocess(
    split,
    z.array(
      z
        .string('must be text')
        .transform((rule, context) => attempt(context, () => parseNoProxyRule(rule))),
      'must be a list',
    ),
  );
}

function splitText(text: string, separator: RegExp): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function connectTo(): z.ZodType<ConnectToRule> {
  return z.string('must be host:port=host:port').transform((rule, context) =>
    attempt(context, () => {
      const [from, to, ...more] = rule.split('=');
      if (to === undefined || more.length > 0)
        throw new RunnerError('INPUT_INVALID', `"${rule}" is not host:port=host:port`);
      return { from: parseEndpoint(from!), to: parseEndpoint(to) };
    }),
  );
}

export function formatConnectTo({ from, to }: ConnectToRule): string {
  return `${formatEndpoint(from)}=${formatEndpoint(to)}`;
}

/** An address that `parseProxy` understands; stays text. */
export function proxy(): z.ZodType<string> {
  return z.string('must be the address of a proxy').transform((address, context) =>
    attempt(context, () => {
      parseProxy(address);
      return address;
    }),
  );
}

/** wss://host:port, with nothing else in it. */
export function controlPlaneUrl(): z.ZodType<string> {
  const wrong = 'must be wss://host or wss://host:port, without user, path or query';
  return z.string(wrong).refine((address) => {
    const url = URL.parse(address);
    return (
      url !== null &&
      url.protocol === 'wss:' &&
      url.hostname !== '' &&
      url.username === '' &&
      url.password === '' &&
      ['', '/'].includes(url.pathname) &&
      url.search === '' &&
      url.hash === ''
    );
  }, wrong);
}

export const SECRET_PROVIDERS = ['vault', 'files', 'environment'] as const;
export type SecretProviderName = (typeof SECRET_PROVIDERS)[number];

/** Secrets under `prefix` come from `provider`. */
export interface SecretMount {
  readonly prefix: string;
  readonly provider: SecretProviderName;
}

/** `{prefix, provider}`, or `/prefix=provider` in text. */
export function secretMount(): z.ZodType<SecretMount> {
  const split = (raw: unknown): unknown => {
    const match =
      typeof raw === 'string' ? /^(?<prefix>[^=]*)=(?<provider>[^=]*)$/.exec(raw) : null;
    return match === null ? raw : { ...match.groups };
  };
  return z.preprocess(
    split,
    z.strictObject(
      {
        prefix: z
          .string()
          .regex(
            /^(?:\/[A-Za-z0-9._-]{1,64}){1,8}$/,
            'must be the beginning of a reference, such as /salesforce/prod',
          ),
        provider: z.enum(SECRET_PROVIDERS, `must be one of ${SECRET_PROVIDERS.join(', ')}`),
      },
      'must be {prefix, provider}, or /prefix=provider',
    ),
  );
}

/** Each provider has one prefix and each prefix one provider, so that no secret has two references. */
export function secretMounts(): z.ZodType<readonly SecretMount[]> {
  return list(secretMount()).superRefine((mounts, context) => {
    for (const [index, { prefix, provider }] of mounts.entries()) {
      const earlier = mounts.slice(0, index);
      if (earlier.some((other) => other.prefix === prefix))
        context.addIssue({
          code: 'custom',
          path: [index],
          message: `${prefix} is mounted already; give each provider a prefix of its own`,
        });
      else if (earlier.some((other) => other.provider === provider))
        context.addIssue({
          code: 'custom',
          path: [index],
          message: `${provider} is mounted already; with two prefixes a secret would have two references`,
        });
    }
  });
}

function attempt<T>(context: z.RefinementCtx, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    return refuse(context, RunnerError.from(thrown, 'INPUT_INVALID').message);
  }
}

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
