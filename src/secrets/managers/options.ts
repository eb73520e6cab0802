import { z } from 'zod';
import { parseEndpoint, type Endpoint } from '../../../foundation/src/network/endpoint.ts';

/** An option of a mount. It is optional unless `T` excludes undefined. */
export interface ManagerOption<T> {
  /** The form of a value, for docs/configuration.md. */
  readonly kind: string;
  readonly schema: z.ZodType<T>;
  readonly description: string;
  /** In words, for the documents. Absent: it must be set if `T` excludes undefined. */
  readonly default?: string;
  /** Relative paths start from the directory of the configuration file. */
  readonly isPath?: boolean;
  /** Whether it names a file that is no secret. A job can name no other file of a mount. */
  readonly isPublic?: boolean;
}

type Described = Pick<ManagerOption<never>, 'description' | 'default'>;

const text = z
  .string('must be text')
  .min(1, 'must not be empty')
  .max(4096, 'is longer than 4096 characters');

export function textOption(
  described: Described,
  pattern?: readonly [form: RegExp, problem: string],
): ManagerOption<string> {
  const schema = pattern === undefined ? text : text.regex(pattern[0], pattern[1]);
  return { ...described, kind: 'text', schema };
}

/** A file with a credential of the runner. */
export function pathOption(described: Described): ManagerOption<string> {
  return { ...described, kind: 'path', schema: text, isPath: true };
}

/** A file with certificates of CAs. */
export function authorityOption(described: Described): ManagerOption<string> {
  return { ...pathOption(described), isPublic: true };
}

/** The origin of a server: `https://host` or `https://host:port`. */
export function urlOption(described: Described): ManagerOption<string> {
  const schema = z
    .string('must be text')
    .refine(
      isOrigin,
      'must be https://host or https://host:port, without user, path, query or a dot at the end',
    );
  return { ...described, kind: 'URL', schema };
}

export function wordOption<const Words extends readonly [string, ...string[]]>(
  described: Described,
  words: Words,
): ManagerOption<Words[number]> {
  const schema = z.enum(words, `must be one of ${words.join(', ')}`);
  return { ...described, kind: words.map((word) => `\`${word}\``).join(', '), schema };
}

/** Comes out in milliseconds. */
export function secondsOption(described: Described, maxSeconds: number): ManagerOption<number> {
  const wrong = `must be seconds, such as 30s, and at most ${maxSeconds}s`;
  const schema = z
    .string(wrong)
    .regex(/^\d{1,4}s$/, wrong)
    .transform((written) => Number(written.slice(0, -1)) * 1000)
    .refine((ms) => ms <= maxSeconds * 1000, wrong);
  return { ...described, kind: 'seconds, such as `30s`', schema };
}

export function listOption(described: Described): ManagerOption<readonly string[]> {
  return { ...described, kind: 'list', schema: z.array(text, 'must be a list').min(1) };
}

export function optional<T>({ schema, ...rest }: ManagerOption<T>): ManagerOption<T | undefined> {
  return { ...rest, schema: schema.optional() };
}

export function withDefault<T>({ schema, ...rest }: ManagerOption<T>, value: T): ManagerOption<T> {
  return { ...rest, schema: schema.optional().transform((written) => written ?? value) };
}

/** The endpoint of an origin that `urlOption` accepts. */
export function endpointOf(origin: string): Endpoint {
  const { hostname, port } = new URL(origin);
  return parseEndpoint(`${hostname}:${port === '' ? 443 : port}`);
}

function isOrigin(written: string): boolean {
  const url = URL.parse(written);
  // A host with a dot at its end is the same host by another name.
  if (url === null || url.hostname.endsWith('.')) return false;
  return url.protocol === 'https:' && url.href === `${url.origin}/`;
}
