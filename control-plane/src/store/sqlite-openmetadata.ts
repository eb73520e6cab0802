import type { Deployment } from '../openmetadata/deployed-pipelines.ts';
import type {
  DeploymentReads,
  DeploymentWrites,
  EndpointReads,
  EndpointWrites,
  StoredEndpoint,
} from './openmetadata.ts';
import { blob, Columns, document, flag, plain } from './sqlite-columns.ts';
import { bytes, json, type Row, type Statements } from './sqlite-statements.ts';

const SAVE_ENDPOINT = `
  INSERT INTO openmetadata_endpoints (name, settings, user, password_hash, upstream,
    upstream_password, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET settings = excluded.settings, user = excluded.user,
    password_hash = excluded.password_hash, upstream = excluded.upstream,
    upstream_password = excluded.upstream_password, updated_at = excluded.updated_at`;
const DEPLOYMENT = new Columns<Deployment>('openmetadata_deployments', {
  endpoint: plain('endpoint'),
  id: plain('id'),
  name: plain('name'),
  fqn: plain('fqn'),
  service: plain('service'),
  pipeline: plain('pipeline'),
  pool: plain('pool'),
  payload: document('payload'),
  connection: document('connection'),
  enabled: flag('enabled'),
  deployedAt: plain('deployed_at'),
  settledAt: plain('settled_at'),
  sealedToken: blob('sealed_token'),
});
const SAVE_DEPLOYMENT = DEPLOYMENT.upsert(['endpoint', 'id']);

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
      DEPLOYMENT.read,
    );
  return {
    list: async () => where('TRUE', []),
    ofEndpoint: async (endpoint) => where('endpoint = ?', [endpoint]),
    get: async (endpoint, id) => where('endpoint = ? AND id = ?', [endpoint, id])[0],
    named: async (endpoint, name) => where('endpoint = ? AND name = ?', [endpoint, name])[0],
    ofPipeline: async (pipeline) => where('pipeline = ?', [pipeline])[0],
    save: async (deployment) => statements.save(SAVE_DEPLOYMENT, deployment),
    delete: async (endpoint, id) =>
      void statements.run('DELETE FROM openmetadata_deployments WHERE endpoint = ? AND id = ?', [
        endpoint,
        id,
      ]),
  };
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
