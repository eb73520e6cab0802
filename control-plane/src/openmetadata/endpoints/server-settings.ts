import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredEndpoint } from '../../store/openmetadata.ts';

const CLIENT_CLASS = 'org.openmetadata.service.clients.pipeline.airflow.AirflowRESTClient';
const TRUSTSTORE = '/opt/openmetadata/conf/control-plane.jks';
const UNKNOWN_ADDRESS = 'https://CONTROL-PLANE:PORT';
/** Shown instead of a password that only the hash is known of. */
export const NOT_STORED = '(not stored; replace it with `openmetadata rotate`)';
/** Shown instead of the password that the operator has just chosen. */
export const AS_GIVEN = '(as given in --password-file)';

const OWN_CA = [
  'Trust the control plane’s CA (on the server; it must be a JKS file). For a certificate of --tls-cert: its CA,',
  'or nothing and without AIRFLOW_TRUST_STORE_… if it is a public one.',
];
const PRIVATE_CA = [
  'Only if the control plane’s certificate is not of a public CA, as with --tls-cert of a private one, or of its own',
  'CA, which the first start creates (tls/ca.pem in the data folder): set AIRFLOW_TRUST_STORE_PATH and',
  'AIRFLOW_TRUST_STORE_PASSWORD, and trust it (on the server; it must be a JKS file):',
];

/** The lines of OpenMetadata's conf/openmetadata.yaml to set, as environment variables. */
export type ServerSettings = Readonly<Record<string, string>>;

/**
 * The settings that make a server of 1.8 to 2.0 use this control plane: the names are the same in
 * all of them. `address` is the control plane's https address as the server reaches it.
 */
export function serverSettings(
  endpoint: StoredEndpoint,
  password: string,
  address: string | undefined,
  ownCa: boolean,
): ServerSettings {
  return {
    PIPELINE_SERVICE_CLIENT_ENABLED: 'true',
    PIPELINE_SERVICE_CLIENT_CLASS_NAME: CLIENT_CLASS,
    PIPELINE_SERVICE_CLIENT_ENDPOINT: address ?? UNKNOWN_ADDRESS,
    AIRFLOW_USERNAME: endpoint.user,
    AIRFLOW_PASSWORD: password,
    ...(ownCa
      ? { AIRFLOW_TRUST_STORE_PATH: TRUSTSTORE, AIRFLOW_TRUST_STORE_PASSWORD: 'changeit' }
      : {}),
  };
}

/** The control plane's own CA, when it has one: a server must be configured to trust it. */
export function ownCaFile(data: string): string | undefined {
  const path = join(data, 'tls', 'ca.pem');
  return existsSync(path) ? path : undefined;
}

/** What `add`, `rotate` and `show` print without `--json`. */
export function settingsText(settings: ServerSettings, caFile: string | undefined): string {
  const lines = Object.entries(settings).map(([name, value]) => `  ${name}=${value}`);
  return [
    'Settings of the OpenMetadata server (1.8 to 2.0; environment, or the same entries of conf/openmetadata.yaml):',
    '',
    ...lines,
    '',
    ...truststoreLines(caFile),
    'Then restart the server. Settings > Preferences > Health shows the pipeline service as healthy.',
    '',
  ].join('\n');
}

function truststoreLines(caFile: string | undefined): string[] {
  return [
    ...(caFile === undefined ? PRIVATE_CA : OWN_CA),
    '',
    `  keytool -importcert -noprompt -alias control-plane -file ${caFile ?? 'ca.pem'} \\`,
    `    -keystore ${TRUSTSTORE} -storetype JKS -storepass changeit`,
    '',
  ];
}
