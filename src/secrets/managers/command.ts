import { managerKind } from './manager-kind.ts';
import { listOption, optional, secondsOption, withDefault } from './options.ts';

export interface CommandOptions {
  readonly command: readonly string[];
  readonly timeout: number;
  readonly environment: readonly string[] | undefined;
}

/** The whole argument that the name of the secret replaces. */
export const NAME = '{name}';

/** Variables that Node.js, the loader of the system, the runner, or the logs of SDKs read. */
const STEERING =
  /^(?:NODE_|UV_|LD_|DYLD_|HYBRID_|GLIBC_|MALLOC_|OPENSSL_|SSL_|AZURE_LOG|GOOGLE_SDK_)/;

/** The name of one variable: with an underscore at its end, it would pass all with this prefix. */
const VARIABLE = /^(?:[A-Za-z0-9_]*[A-Za-z0-9])$/;

/** A program of the administrator's choice that prints a secret. */
export const commandManager = managerKind<CommandOptions>({
  title: 'A program',
  shape: 'value',
  options: () => ({
    command: listOption({
      description: [
        `The program, as an absolute path, and its arguments. The argument \`${NAME}\` stands for`,
        'the segments of the reference below the prefix, with slashes between them. There is no',
        'shell.',
      ].join(' '),
    }),
    timeout: withDefault(
      secondsOption({ description: 'When the program is killed.', default: '10s' }, 15),
      10_000,
    ),
    environment: optional(
      listOption({
        description:
          'Names of the environment variables that the program inherits. It has no others.',
        default: 'none',
      }),
    ),
  }),
  problem: ({ command: [program = '', ...args], environment = [] }) => {
    const invalid = environment.find((name) => !VARIABLE.test(name));
    if (invalid !== undefined) return `${invalid} is not the name of one environment variable`;
    const steering = environment.find((name) => STEERING.test(name));
    if (steering !== undefined) return `${steering} would change how the runner itself works`;
    if (!program.startsWith('/')) return 'the program must be an absolute path';
    return args.filter((each) => each === NAME).length === 1
      ? undefined
      : `one argument must be ${NAME}`;
  },
  place: ({ command }) => [JSON.stringify(command)],
  endpoints: () => [],
  variables: ({ environment }) => environment ?? [],
  open: async (options, deps) => {
    const { openCommand } = await import('./command/open.ts');
    return openCommand(options, deps);
  },
});
