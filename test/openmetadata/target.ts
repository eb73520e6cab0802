import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../support/certificates.ts';
import { backUp } from '../support/openmetadata-server/backup.ts';
import { OpenMetadataRest } from '../support/openmetadata-server/rest.ts';
import type { Store } from '../support/openmetadata-server/store.ts';
import { startOpenMetadataServer } from '../support/openmetadata-server/server.ts';
import type { FlowOptions } from './options.ts';

/** `serverSettings` of `control-plane openmetadata add`. */
export type ServerSettings = Readonly<Record<string, string>>;

/** The OpenMetadata server that the flow uses. */
export interface Target {
  readonly what: string;
  /** Its REST API. */
  readonly server: string;
  readonly caFile: string | undefined;
  readonly admin: OpenMetadataRest;
  readonly bot: OpenMetadataRest;
  /** Gives the server its pipeline service. */
  configure(settings: ServerSettings, controlPlaneCa: string): Promise<void>;
  /** Undefined where nobody said how. */
  readonly restart: (() => Promise<void>) | undefined;
  /** Backs up the server's database; what it returns restores it. Undefined as above. */
  readonly backUp: (() => Promise<() => Promise<void>>) | undefined;
  close(): Promise<void>;
}

export async function openTarget(options: FlowOptions): Promise<Target> {
  return options.server === undefined ? await openDouble() : openReal(options, options.server);
}

function openReal(options: FlowOptions, server: string): Target {
  const caPem = options.ca === undefined ? undefined : readFileSync(options.ca, 'utf8');
  const tokenIn = (file: string) => (): string => readFileSync(file, 'utf8').trim();
  const admin = new OpenMetadataRest(server, tokenIn(options.tokenFile!), caPem);
  const bot = new OpenMetadataRest(
    server,
    tokenIn(options.botTokenFile ?? options.tokenFile!),
    caPem,
  );
  const { configureCommand, restartCommand, backupCommand, restoreCommand } = options;
  return {
    what: server,
    server,
    caFile: options.ca,
    admin,
    bot,
    configure: async (settings, controlPlaneCa) => {
      if (configureCommand !== undefined)
        await shell(configureCommand, { ...settings, CONTROL_PLANE_CA: controlPlaneCa });
    },
    restart: restartCommand === undefined ? undefined : () => shell(restartCommand, {}),
    backUp:
      backupCommand === undefined || restoreCommand === undefined
        ? undefined
        : async () => {
            await shell(backupCommand, {});
            return () => shell(restoreCommand, {});
          },
    close: () => {
      admin.close();
      bot.close();
      return Promise.resolve();
    },
  };
}

async function openDouble(): Promise<Target> {
  const authority = await createAuthority();
  const double = await startOpenMetadataServer(authority, { host: '127.0.0.1' });
  const directory = mkdtempSync(join(tmpdir(), 'openmetadata-double-'));
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, authority.caPem);
  double.tokens.add('token-of-the-ingestion-bot');
  double.people.set('token-of-the-administrator', 'admin');
  addStock(double.store);
  const rest = (token: string): OpenMetadataRest =>
    new OpenMetadataRest(double.hostPort, token, authority.caPem);
  const [admin, bot] = [rest('token-of-the-administrator'), rest('token-of-the-ingestion-bot')];
  return {
    what: 'the double',
    server: double.hostPort,
    caFile,
    admin,
    bot,
    configure: (settings, controlPlaneCa) => {
      double.usePipelineService({
        endpoint: settings['PIPELINE_SERVICE_CLIENT_ENDPOINT']!,
        username: settings['AIRFLOW_USERNAME']!,
        password: settings['AIRFLOW_PASSWORD']!,
        caPem: readFileSync(controlPlaneCa, 'utf8'),
        metadataApiEndpoint: settings['SERVER_HOST_API_URL']!,
      });
      return Promise.resolve();
    },
    restart: () => double.interrupt(1_000),
    backUp: () => {
      const restore = backUp(double);
      return Promise.resolve(async () => {
        restore();
        await double.interrupt(1_000);
      });
    },
    close: async () => {
      admin.close();
      bot.close();
      await double.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** What every server has from the start, as far as the flow uses it. */
function addStock(store: Store): void {
  store.put('user', { name: 'admin' });
  for (const [classification, name] of [
    ['PII', 'Sensitive'],
    ['Tier', 'Tier2'],
  ] as const) {
    const description = `${name} of ${classification}`;
    store.put('classification', { name: classification, description });
    store.put('tag', { name, classification, description });
  }
}

async function shell(command: string, env: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(command, { shell: true, stdio: 'inherit', env: { ...process.env, ...env } });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`"${command}" ended with ${code}`);
}
