import { z } from 'zod';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { ProviderDeps } from '../providers/provider-kind.ts';
import type { ManagerEndpoint, ManagerKind } from './manager-kind.ts';
import { MountedManager } from './mounted-manager.ts';
import { type ManagerOption, secondsOption, withDefault, wordOption } from './options.ts';
import { reachOnly } from './reach.ts';

const MAX_CACHE_SECONDS = 3600;

/** Options that every mount of a manager has. */
const cacheFor = withDefault(
  secondsOption(
    {
      description: [
        'How long a worker keeps a value in memory, for sign-ins that need several secrets. A',
        'rotated secret is used after this time.',
      ].join(' '),
      default: '10s',
    },
    MAX_CACHE_SECONDS,
  ),
  10_000,
);

/** Of managers whose secrets are single texts. */
const format = withDefault(
  wordOption(
    {
      description: [
        '`json`: each secret is a JSON object, and the last segment of a reference is a key in it.',
        '`text`: the whole secret is the value.',
      ].join(' '),
      default: '`text`',
    },
    ['text', 'json'],
  ),
  'text',
);

/** An option that is not usable, by its name; undefined for a problem of several. */
export interface OptionProblem {
  readonly option: string | undefined;
  readonly problem: string;
}

/** A manager with the options of one mount. */
export interface ManagerMount {
  readonly place: readonly string[];
  readonly endpoints: readonly ManagerEndpoint[];
  readonly variables: readonly string[];
  /** Files with credentials of the runner, by the option that names them. */
  readonly credentialFiles: ReadonlyMap<string, string>;
  readonly open: (deps: ProviderDeps) => Promise<MountedManager>;
}

/** A kind whose options come from outside and are checked here. */
export interface MountableKind {
  readonly title: string;
  /** Those that every mount has included. */
  readonly options: () => Readonly<Record<string, ManagerOption<unknown>>>;
  readonly problems: (written: unknown) => readonly OptionProblem[];
  /** Throws CONFIG_INVALID. */
  readonly mount: (written: unknown) => ManagerMount;
}

export function mountable<Options>(type: string, kind: ManagerKind<Options>): MountableKind {
  const common = kind.shape === 'value' ? { cacheFor, format } : { cacheFor };
  const options = (): Readonly<Record<string, ManagerOption<unknown>>> => ({
    ...kind.options(),
    ...common,
  });
  const schemaOf = (definitions: Readonly<Record<string, ManagerOption<unknown>>>): z.ZodObject =>
    z.strictObject(
      Object.fromEntries(Object.entries(definitions).map(([name, { schema }]) => [name, schema])),
    );
  const parse = (written: unknown): ParsedOptions<Options> | readonly OptionProblem[] => {
    const result = schemaOf(options()).safeParse(written);
    if (!result.success) return result.error.issues.map((issue) => asProblem(issue, written));
    const { cacheFor: cacheMs, format: written_, ...own } = result.data;
    const problem = kind.problem?.(own as Options);
    if (problem !== undefined) return [{ option: undefined, problem }];
    const hasKeys = kind.shape === 'entries' || written_ === 'json';
    return { own: own as Options, cacheMs: cacheMs as number, hasKeys };
  };
  return {
    title: kind.title,
    options,
    problems: (written) => {
      const parsed = parse(written);
      return 'own' in parsed ? [] : parsed;
    },
    mount: (written) => {
      const parsed = parse(written);
      if (!('own' in parsed)) throw invalid(type, parsed);
      return mountOf(type, kind, parsed);
    },
  };
}

interface ParsedOptions<Options> {
  readonly own: Options;
  readonly cacheMs: number;
  readonly hasKeys: boolean;
}

function mountOf<Options>(
  type: string,
  kind: ManagerKind<Options>,
  { own, cacheMs, hasKeys }: ParsedOptions<Options>,
): ManagerMount {
  const endpoints = kind.endpoints(own);
  return {
    place: [type, ...kind.place(own)],
    endpoints,
    variables: kind.variables?.(own) ?? [],
    credentialFiles: credentialFilesOf(kind, own),
    open: async (deps) => {
      const connect = reachOnly(endpoints, deps.connect);
      const manager = await kind.open(own, { ...deps, connect });
      const { clock, random, versions } = deps;
      return new MountedManager({ manager, type, hasKeys, cacheMs, clock, random, versions });
    },
  };
}

function credentialFilesOf<Options>(
  kind: ManagerKind<Options>,
  own: Options,
): ReadonlyMap<string, string> {
  const values = new Map<string, unknown>(Object.entries(own as object));
  const options: [string, ManagerOption<unknown>][] = Object.entries(kind.options());
  return new Map(
    options
      .filter(([, { isPath, isPublic }]) => isPath === true && isPublic !== true)
      .map(([name]) => [name, values.get(name)] as const)
      .filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string'),
  );
}

/** Whether one place is within the other. */
export function placesOverlap(one: readonly string[], other: readonly string[]): boolean {
  return one.every((part, index) => index >= other.length || part === other[index]);
}

function asProblem(issue: z.core.$ZodIssue, written: unknown): OptionProblem {
  if (issue.code === 'unrecognized_keys')
    return { option: issue.keys[0], problem: 'unknown option of this provider' };
  const [first] = issue.path;
  if (first === undefined) return { option: undefined, problem: issue.message };
  const option = String(first);
  const isSet = new Map(Object.entries(written ?? {})).get(option) !== undefined;
  return { option, problem: isSet ? issue.message : 'must be set' };
}

function invalid(type: string, problems: readonly OptionProblem[]): RunnerError {
  const texts = problems.map(({ option, problem }) => `${option ?? type}: ${problem}`);
  return new RunnerError('CONFIG_INVALID', `secrets.mounts, ${type}: ${texts.join('; ')}`);
}
