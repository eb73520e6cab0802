import { parseArgs } from 'node:util';

export interface FlowOptions {
  /** The REST API of a real server, ending in /api; undefined for the double. */
  readonly server: string | undefined;
  /** Token of a person who may do everything. */
  readonly tokenFile: string | undefined;
  readonly botTokenFile: string | undefined;
  readonly ca: string | undefined;
  /** Port of the control plane; 0 for any. */
  readonly port: number;
  /** Shell command that gives the server the settings in its environment, and restarts it. */
  readonly configureCommand: string | undefined;
  readonly restartCommand: string | undefined;
  readonly backupCommand: string | undefined;
  readonly restoreCommand: string | undefined;
  readonly objects: number;
  /** Parts of the flow whose names contain this. */
  readonly only: string;
  /** Directory for recorded exchanges. */
  readonly record: string | undefined;
  readonly json: boolean;
}

const REAL_PORT = 58_090;

export const USAGE = `Usage: npm run test:openmetadata -- [options]

Follows the flow of OpenMetadata's interface from "add service" to "delete", with connection tests, deployments,
scheduled and triggered runs, logs and kills, against a sandbox org, and compares what arrived with the org.
Without --server it runs against a double of the server.

  --server URL             REST API of a real OpenMetadata server: https://catalog.example.com/api
  --token-file FILE        token of an administrator of that server; read again for each call
  --bot-token-file FILE    token of its ingestion bot, to read what people see masked
  --ca FILE                CA certificate of that server (PEM)
  --configure-command CMD  shell command that restarts the server with the settings in its environment
                           (PIPELINE_SERVICE_CLIENT_ENDPOINT, AIRFLOW_USERNAME, AIRFLOW_PASSWORD, CONTROL_PLANE_CA,
                           SERVER_HOST_API_URL)
  --restart-command CMD    shell command that restarts the server, to do so during a run
  --backup-command CMD     shell command that backs up the server's database, while it runs
  --restore-command CMD    shell command that restores that backup and restarts the server
  --port N                 port of the control plane (default ${REAL_PORT} with --server)
  --objects N              sObjects in the org (default 12)
  --only TEXT              only parts whose names contain the text
  --record DIR             keep the exchanges with the server, without secrets
  --json                   end with a line of JSON
`;

/** Throws a one-line Error for the person who typed it. */
export function readOptions(argv: readonly string[]): FlowOptions | 'help' {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      server: text,
      'token-file': text,
      'bot-token-file': text,
      ca: text,
      port: text,
      'configure-command': text,
      'restart-command': text,
      'backup-command': text,
      'restore-command': text,
      record: text,
      objects: { type: 'string', default: '12' },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.server !== undefined && values['token-file'] === undefined)
    throw new Error('--server needs --token-file');
  return {
    server: values.server,
    tokenFile: values['token-file'],
    botTokenFile: values['bot-token-file'],
    ca: values.ca,
    port: Number(values.port ?? (values.server === undefined ? 0 : REAL_PORT)),
    configureCommand: values['configure-command'],
    restartCommand: values['restart-command'],
    backupCommand: values['backup-command'],
    restoreCommand: values['restore-command'],
    objects: Number(values.objects),
    only: values.only,
    record: values.record,
    json: values.json,
  };
}
