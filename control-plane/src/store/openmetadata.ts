import type { Deployment, Endpoint } from '../openmetadata/deployed-pipelines.ts';

/** The entity of an OpenMetadata server that a service or pipeline was deployed from. */
export interface Origin {
  /** Name of the endpoint. */
  readonly endpoint: string;
  /** The server's id of the entity. */
  readonly id: string;
}

/** The Airflow that was the server's pipeline service before. */
export interface UpstreamAirflow {
  readonly url: string;
  readonly user: string;
}

export interface StoredEndpoint extends Endpoint {
  /** Unique among all endpoints: it selects the endpoint at sign-in. */
  readonly user: string;
  /** Scrypt hash with its parameters. */
  readonly passwordHash: string;
  readonly upstream: UpstreamAirflow | null;
  /** Sealed; null without an upstream. */
  readonly upstreamPassword: Buffer | null;
  readonly updatedAt: number;
}

export interface EndpointReads {
  list(): Promise<StoredEndpoint[]>;
  get(name: string): Promise<StoredEndpoint | undefined>;
  ofUser(user: string): Promise<StoredEndpoint | undefined>;
}

export interface EndpointWrites {
  save(endpoint: StoredEndpoint): Promise<void>;
  /** Its deployments must have been deleted. */
  delete(name: string): Promise<void>;
}

export interface DeploymentReads {
  list(): Promise<Deployment[]>;
  ofEndpoint(endpoint: string): Promise<Deployment[]>;
  get(endpoint: string, id: string): Promise<Deployment | undefined>;
  /** By its dag_id. */
  named(endpoint: string, name: string): Promise<Deployment | undefined>;
  /** By the name of its pipeline in this control plane. */
  ofPipeline(pipeline: string): Promise<Deployment | undefined>;
}

export interface DeploymentWrites {
  save(deployment: Deployment): Promise<void>;
  delete(endpoint: string, id: string): Promise<void>;
}
