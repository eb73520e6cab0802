/**
 * `control-plane openmetadata …`: the endpoints of a data folder. The commands work on the store
 * itself, not through the API: whoever can read the folder already holds everything in it, they
 * work before the first start, and a running control plane reads endpoints at each call.
 */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { ControlPlaneError } from '../../runtime/errors.ts';
import { PROGRAM } from '../../runtime/program.ts';
import { openSqliteStore } from '../../store/sqlite.ts';
import { openSealer } from '../sealing.ts';
import {
  addEndpoint,
  changeEndpoint,
  endpointNamed,
  removeEndpoint,
  rotatePassword,
  type EndpointDeps,
} from './endpoints.ts';
import {
  changesOf,
  endpointOf,
  passwordOf,
  upstreamChangeOf,
  upstreamOf,
  userOf,
  type AddOptions,
  type ChangeOptions,
} from './options.ts';
import { viewOf } from './description.ts';
import { printed, toJson, type Done, type PrintOptions } from './printing.ts';

const USAGE_EXIT_CODE = 2;

type NamedOptions = PrintOptions & { readonly name: string };

/** Runs one command; `print` gets what goes to stdout. */
export async function runOpenMetadataCommand(
  argv: readonly string[],
  print: (text: string) => void,
): Promise<void> {
  const program = new Command(`${PROGRAM} openmetadata`)
    .description('Manages the OpenMetadata servers that use this control plane.')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_EXIT_CODE));
  addCommand(program, print);
  named(program, 'show', 'shows an endpoint, its pipelines and the settings of its server').action(
    (options: NamedOptions) =>
      withDeps(options, async (deps) =>
        print(
          await printed(deps.store, options, await endpointNamed(deps, options.name), {
            what: 'shown',
          }),
        ),
      ),
  );
  changeCommand(program, print);
  rotateCommand(program, print);
  listCommand(program, print);
  removeCommand(program, print);
  await program.parseAsync(argv, { from: 'user' });
}

function addCommand(program: Command, print: (text: string) => void): void {
  settingOptions(named(program, 'add', 'creates an endpoint for a server'))
    .requiredOption(
      '--server <url>',
      'REST API of the server: https://catalog.example.com/api; http only for localhost',
    )
    .option('--user <name>', 'user of the server here; default: openmetadata-NAME')
    .option('--password-file <file>', 'file with its password; default: generated')
    .action((options: AddOptions & PrintOptions) =>
      withDeps(options, async (deps) => {
        const { endpoint, password } = await addEndpoint(
          deps,
          endpointOf(options),
          upstreamOf(options),
          { user: userOf(options), password: passwordOf(options) },
        );
        print(await printed(deps.store, options, endpoint, passwordSet(options, password)));
      }),
    );
}

function changeCommand(program: Command, print: (text: string) => void): void {
  settingOptions(named(program, 'change', 'changes the given settings of an endpoint'))
    .option('--server <url>', 'REST API of the server')
    .option('--no-pool', 'the default pool')
    .option('--no-pool-rule', 'no pools by the name of the service')
    .option('--no-ca', 'no CA certificate of its own')
    .option('--no-upstream-airflow', 'no Airflow for other connectors')
    .option('--no-allow-plain-secrets', 'reject passwords in plain text')
    .option('--no-profile', 'request no profiles')
    .option('--no-sample-rows', 'request no sample rows')
    .action((options: ChangeOptions & NamedOptions) =>
      withDeps(options, async (deps) => {
        const { name } = options;
        const upstream = upstreamChangeOf(options);
        const endpoint = await changeEndpoint(deps, name, changesOf(options), upstream);
        print(await printed(deps.store, options, endpoint, { what: 'changed' }));
      }),
    );
}

function settingOptions(command: Command): Command {
  return command
    .option('--pool <name>', 'pool of runners for its services')
    .option(
      '--pool-rule <service=pool>',
      'pool of the services with this name, * for any characters; repeatable',
      (value: string, before?: readonly string[]) => [...(before ?? []), value],
    )
    .option('--ca <file>', 'CA certificate of the server and of the upstream Airflow (PEM)')
    .option('--upstream-airflow <url>', 'Airflow for the pipelines of other connectors')
    .option('--upstream-user <name>', 'user at that Airflow')
    .option('--upstream-password-file <file>', 'file with the password at that Airflow')
    .option('--allow-plain-secrets', 'accept connections with passwords in plain text')
    .option('--profile', 'request profiles of columns; policies of runners decide')
    .option('--sample-rows', 'request sample rows; policies of runners decide');
}

function rotateCommand(program: Command, print: (text: string) => void): void {
  named(program, 'rotate', 'replaces the password of an endpoint')
    .option('--password-file <file>', 'file with the new password; default: generated')
    .action((options: NamedOptions & { readonly passwordFile?: string }) =>
      withDeps(options, async (deps) => {
        const { endpoint, password } = await rotatePassword(
          deps,
          options.name,
          passwordOf(options),
        );
        print(await printed(deps.store, options, endpoint, passwordSet(options, password)));
      }),
    );
}

/** A password that the operator chose stays in its file. */
function passwordSet({ passwordFile }: { readonly passwordFile?: string }, password: string): Done {
  return { what: 'password set', generated: passwordFile === undefined ? password : undefined };
}

function listCommand(program: Command, print: (text: string) => void): void {
  common(program.command('list').description('lists the endpoints')).action(
    (options: PrintOptions) =>
      withDeps(options, async ({ store }) => {
        const views = await Promise.all(
          (await store.read.endpoints.list()).map(async (endpoint) => ({
            ...viewOf(endpoint),
            deployments: (await store.read.deployments.ofEndpoint(endpoint.name)).length,
          })),
        );
        if (options.json) print(toJson({ endpoints: views }));
        else
          for (const { name, server, deployments } of views)
            print(`${name}  ${server}  ${deployments} deployed pipelines\n`);
      }),
  );
}

function removeCommand(program: Command, print: (text: string) => void): void {
  named(program, 'remove', 'removes an endpoint')
    .option('--force', 'also when it has deployed pipelines', false)
    .action((options: NamedOptions & { readonly force: boolean }) =>
      withDeps(options, async (deps) => {
        await removeEndpoint(deps, options.name, options.force);
        print(options.json ? toJson({ removed: options.name }) : `removed ${options.name}\n`);
      }),
    );
}

function named(program: Command, name: string, description: string): Command {
  return common(program.command(name).description(description)).requiredOption(
    '--name <name>',
    'name of the endpoint',
  );
}

function common(command: Command): Command {
  return command
    .option('--data <folder>', 'data folder of the control plane', 'control-plane-data')
    .option('--url <url>', 'https address of the control plane as the server reaches it')
    .option('--json', 'print JSON', false)
    .allowExcessArguments(false);
}

async function withDeps(
  { data }: PrintOptions,
  work: (deps: EndpointDeps) => Promise<void>,
): Promise<void> {
  const folder = resolve(data);
  checkFolder(folder);
  const store = openSqliteStore(join(folder, 'store.sqlite'));
  try {
    const sealer = openSealer(folder, randomBytes);
    await work({ store, sealer, random: randomBytes, now: () => Date.now() });
  } finally {
    await store.close();
  }
}

/** Files that another user creates here could not be read by the control plane. */
function checkFolder(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true)
    throw new ControlPlaneError('USAGE', `data folder ${folder} does not exist`, {
      remedy: 'Name the folder of the control plane with --data, or start it once.',
    });
  const user = process.getuid?.();
  if (user !== undefined && found.uid !== user)
    throw new ControlPlaneError('USAGE', `data folder ${folder} belongs to another user`, {
      remedy: `Run the command as its owner: sudo -u '#${found.uid}' ${PROGRAM} openmetadata …`,
    });
}
