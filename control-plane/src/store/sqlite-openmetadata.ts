import type { Deployment } from '../openmetadata/deployed-pipelines.ts';
import type {
  DeploymentReads,
  DeploymentWrites,
  EndpointReads,
  EndpointWrites,
  StoredEndpoint,
} from './openmetadata.ts';
import { bytes, json, type Row, type Statements } from './sqlite-statements.ts';

const SAVE_ENDPOINT = `
  INSERT INTO openmetadata_endpoints (name, settings, user, password_hash, upstream,
    upstream_password, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET settings = excluded.settings, user = excluded.user,
    password_hash = excluded.password_hash, upstream = excluded.upstream,
    upstream_password = excluded.upstream_password, updated_at = excluded.updated_at`;
const SAVE_DEPLOYMENT = `
  INSERT INTO openmetadata_deployments (endpoint, id, name, fqn, service, pipeline, pool, payload,
    connection, enabled, deployed_at, settled_at, sealed_token)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (endpoint, id) DO UPDATE SET name = excluded.name, fqn = excluded.fqn,
    service = excluded.service, pipeline = excluded.pipeline, pool = excluded.pool,
    payload = excluded.payload, connection = excluded.connection, enabled = excluded.enabled,
    deployed_at = excluded.deployed_at, settled_at = excluded.settled_at,
    sealed_token = excluded.sealed_token`;

export function endpointTable(statements: Statements): EndpointReads & EndpointWrites {
  const by = async (column: 'name' | 'user', value: string): Promise<StoredEndpoint | undefined> =>
    statements.get(`SELECT * FROM openmetadata_endpoints WHERE ${column} = ?`, [value], toEndpoint);
  return {
    list: async () =>
      statements.all('SELECT * FROM openmetadata_endpoints ORDER BY name', [], toEndpoint),
    get: (name) => by('name', name),
    ofUser: (user) => by('user', user),
    save: async (endpoint) => {
      const { name, user, passwordHash, upstream, upstreamPassword, updatedAt, ...settings } =
        endpoint;
      statements.run(SAVE_ENDPOINT, [
        name,
        JSON.stringify(settings),
        user,
        passwordHash,
        upstream === null ? null : JSON.stringify(upstream),
        upstreamPassword,
        updatedAt,
      ]);
    },
    delete: async (name) =>
      void statements.run('DELETE FROM openmetadata_endpoints WHERE name = ?', [name]),
  };
}

export function deploymentTable(statements: Statements): DeploymentReads & DeploymentWrites {
  const where = (condition: string, values: readonly string[]): Deployment[] =>
    statements.all(
      `SELECT * FROM openmetadata_deployments WHERE ${condition} ORDER BY endpoint, name`,
      values,
      toDeployment,
    );
  return {
    list: async () => where('TRUE', []),
    ofEndpoint: async (endpoint) => where('endpoint = ?', [endpoint]),
    get: async (endpoint, id) => where('endpoint = ? AND id = ?', [endpoint, id])[0],
    named: async (endpoint, name) => where('endpoint = ? AND name = ?', [endpoint, name])[0],
    ofPipeline: async (pipeline) => where('pipeline = ?', [pipeline])[0],
    save: async (deployment) => saveDeployment(statements, deployment),
    delete: async (endpoint, id) =>
      void statements.run('DELETE FROM openmetadata_deployments WHERE endpoint = ? AND id = ?', [
        endpoint,
        id,
      ]),
  };
}

function saveDeployment(statements: Statements, deployment: Deployment): void {
  statements.run(SAVE_DEPLOYMENT, [
    deployment.endpoint,
    deployment.id,
    deployment.name,
    deployment.fqn,
    deployment.service,
    deployment.pipeline,
    deployment.pool,
    JSON.stringify(deployment.payload),
    JSON.stringify(deployment.connection),
    deployment.enabled ? 1 : 0,
    deployment.deployedAt,
    deployment.settledAt,
    deployment.sealedToken,
  ]);
}

function toEndpoint(row: Row): StoredEndpoint {
  return {
    ...(json(row['settings']) as Omit<
      StoredEndpoint,
      'name' | 'user' | 'passwordHash' | 'upstream' | 'upstreamPassword' | 'updatedAt'
    >),
    name: row['name'] as string,
    user: row['user'] as string,
    passwordHash: row['password_hash'] as string,
    upstream:
      row['upstream'] === null ? null : (json(row['upstream']) as StoredEndpoint['upstream']),
    upstreamPassword: row['upstream_password'] === null ? null : bytes(row['upstream_password']),
    updatedAt: row['updated_at'] as number,
  };
}

function toDeployment(row: Row): Deployment {
  return {
    endpoint: row['endpoint'] as string,
    id: row['id'] as string,
    name: row['name'] as string,
    fqn: row['fqn'] as string,
    service: row['service'] as string,
    pipeline: row['pipeline'] as string,
    pool: row['pool'] as string,
    payload: json(row['payload']) as Deployment['payload'],
    connection: json(row['connection']) as Deployment['connection'],
    enabled: row['enabled'] === 1,
    deployedAt: row['deployed_at'] as number,
    settledAt: row['settled_at'] as number | null,
    sealedToken: bytes(row['sealed_token']),
  };
}
