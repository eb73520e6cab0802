import type {
  Deployment,
  DeploymentRuns,
  Endpoint,
  OpenMetadataServers,
  QueuedStatus,
  ServerService,
  TriggerOptions,
} from '../../src/openmetadata/deployed-pipelines.ts';
import { ControlPlaneError } from '../../src/runtime/errors.ts';
import { RUN } from '../store-fixtures.ts';

export const SALES: ServerService = {
  id: 'b7e1c6c2-0000-4000-8000-000000000001',
  name: 'sales',
  displayName: null,
  serviceType: 'Salesforce',
  connection: {
    type: 'Salesforce',
    username: 'etl@acme.example',
    password: 'secret:/salesforce/prod/password',
    securityToken: 'secret:/salesforce/prod/token',
    salesforceDomain: 'acme.my',
    salesforceApiVersion: '42.0',
    sobjectNames: null,
    sslConfig: { caCertificate: '' },
    supportsMetadataExtraction: true,
  },
};

/** What the server's REST API answers. */
export class FakeServers implements OpenMetadataServers {
  readonly services = new Map<string, ServerService>([['sales', SALES]]);
  readonly tokens: string[] = [];
  answeredVersion: string | undefined = '1.12.6';
  /** Called before each answer. */
  before: () => Promise<void> = () => Promise.resolve();

  async version(): Promise<string> {
    if (this.answeredVersion === undefined) throw unreachable();
    return this.answeredVersion;
  }

  async databaseService(
    _endpoint: Endpoint,
    token: string,
    name: string,
  ): Promise<ServerService | undefined> {
    this.tokens.push(token);
    await this.before();
    return this.services.get(name);
  }
}

export function unreachable(): ControlPlaneError {
  return new ControlPlaneError('UPSTREAM_UNREACHABLE', 'failed to reach the server', {
    remedy: 'Check the network.',
  });
}

export class FakeRuns implements DeploymentRuns {
  readonly triggered: { readonly deployment: Deployment; readonly options: TriggerOptions }[] = [];
  readonly tests: { readonly workflow: object; readonly pool: string }[] = [];
  readonly killed: string[] = [];
  readonly forgotten: string[] = [];
  waiting: QueuedStatus[] = [];
  text = '';

  async trigger(deployment: Deployment, options: TriggerOptions): Promise<typeof RUN> {
    this.triggered.push({ deployment, options });
    return RUN;
  }

  async kill({ name }: Deployment): Promise<void> {
    this.killed.push(name);
  }

  async queued(): Promise<QueuedStatus[]> {
    return this.waiting;
  }

  async log(): Promise<string> {
    return this.text;
  }

  async testConnection(_endpoint: Endpoint, workflow: object, pool: string): Promise<void> {
    this.tests.push({ workflow, pool });
  }

  async forget({ name }: Deployment): Promise<void> {
    this.forgotten.push(name);
  }
}
