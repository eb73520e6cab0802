import { z } from 'zod';
import type { Connect } from '../../../foundation/src/network/connect.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import type { SecretProvider } from '../provider.ts';
import type { SecretPath } from '../reference.ts';
import type { Sealing } from '../../sealing/seal.ts';
import type { ValueVersions } from '../value-versions.ts';

/** What a provider can be made of. */
export interface ProviderDeps {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * For providers on the network: opens connections with the network settings of the configuration.
   */
  readonly connect: Connect;
  /**
   * Keeps the provider's own credentials out of everything this process writes. Call it before a
   * value is used.
   */
  readonly protect: (value: string) => void;
  /** Of the key of the vault; absent where it is not sealed. */
  readonly sealing?: Sealing | undefined;
  /** Versions of values that the provider has none of. */
  readonly versions: ValueVersions;
}

/** A secret that a provider has. */
export interface ListedSecret {
  readonly path: SecretPath;
  /** Why it cannot be read, although it is there. */
  readonly error?: RunnerError;
}

/**
 * A kind of provider: its settings, which the configuration has below `secrets.<name>`, and how to
 * open it.
 */
export interface ProviderKind<Settings> {
  readonly settings: { readonly [Name in keyof Settings]: ProviderSetting<Settings[Name]> };
  /** Undefined when the settings do not enable the provider. Reads no secret. */
  readonly open: (settings: Settings, deps: ProviderDeps) => Promise<SecretProvider | undefined>;
  /**
   * All its secrets without their values, for reports; undefined when it is not enabled. Absent for
   * a provider that cannot tell.
   */
  readonly list?: (
    settings: Settings,
    deps: ProviderDeps,
    signal: AbortSignal,
  ) => Promise<readonly ListedSecret[] | undefined>;
  /** Environment variables that a worker needs. A name that ends with `_` is a prefix. */
  readonly variables?: (settings: Settings) => readonly string[];
}

/** Infers the settings of a kind. */
export function providerKind<Settings>(kind: ProviderKind<Settings>): ProviderKind<Settings> {
  return kind;
}

/** What a default can depend on. */
export interface DefaultContext {
  readonly stateDir: string;
  /** For keys, in the configuration directory: apart from the state. */
  readonly keyDir: string;
  /** `$CREDENTIALS_DIRECTORY` of systemd. */
  readonly credentialsDir: string | undefined;
  readonly join: (...parts: string[]) => string;
}

/**
 * A setting that must have a value, by its default or because it is set, unless `T` includes
 * undefined.
 */
export interface ProviderSetting<T> {
  /** The form of a value, for docs/configuration.md. */
  readonly kind: string;
  readonly schema: z.ZodType<T>;
  readonly flag: string;
  readonly description: string;
  /** As written in a file, or a function with `description` for the documents. */
  readonly default?:
    | string
    | boolean
    | {
        readonly description: string;
        readonly resolve: (context: DefaultContext) => string | undefined;
      };
  /** Relative paths start from the directory of the configuration file. */
  readonly isPath?: boolean;
  /** Whether it names a directory of files with secrets: a job can name no file in it. */
  readonly holdsSecrets?: boolean;
}

type Definition = Pick<ProviderSetting<never>, 'flag' | 'description' | 'default' | 'holdsSecrets'>;

const path = z
  .string('must be text')
  .min(1, 'must not be empty')
  .max(4096, 'is longer than 4096 characters');

export function pathSetting(definition: Definition): ProviderSetting<string> {
  return { ...definition, kind: 'path', schema: path, isPath: true };
}

export function optionalPathSetting(definition: Definition): ProviderSetting<string | undefined> {
  const schema = path.optional().transform((value) => value);
  return { ...definition, kind: 'path', schema, isPath: true };
}

/** The origin of a server: `https://host` or `https://host:port`. */
export function optionalUrlSetting(definition: Definition): ProviderSetting<string | undefined> {
  const schema = z
    .string('must be text')
    .refine(isOrigin, 'must be https://host or https://host:port, without user, path or query')
    .optional()
    .transform((value) => value);
  return { ...definition, kind: 'URL', schema };
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && url.href === `${url.origin}/`;
}

export function switchSetting(definition: Definition): ProviderSetting<boolean> {
  const schema = z.union(
    [z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')],
    'must be true or false',
  );
  return { ...definition, kind: '`true` or `false`', schema };
}
