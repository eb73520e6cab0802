/**
 * Endpoints: one for each OpenMetadata server. Every function is one transaction on the store, so
 * the commands work beside a running control plane, which reads endpoints at each call.
 */
import type { RandomBytes } from '../../runtime/clock.ts';
import { ControlPlaneError } from '../../runtime/errors.ts';
import { PROGRAM } from '../../runtime/program.ts';
import type { StoredEndpoint } from '../../store/openmetadata.ts';
import type { Store } from '../../store/store.ts';
import type { Endpoint } from '../deployed-pipelines.ts';
import { dropDeployment } from '../deployments/definitions.ts';
import type { Sealer } from '../sealing.ts';
import { hashPassword, newPassword } from './password.ts';

export interface EndpointDeps {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly random: RandomBytes;
  readonly now: () => number;
}

export interface Upstream {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** Credentials that the operator chooses; the user is named after the endpoint by default. */
export interface ChosenCredentials {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** An endpoint and its password, which is not stored and cannot be shown again. */
export interface NewCredentials {
  readonly endpoint: StoredEndpoint;
  readonly password: string;
}

/** Throws CONFLICT for a name or user in use. */
export async function addEndpoint(
  deps: EndpointDeps,
  settings: Endpoint,
  upstream: Upstream | null,
  chosen: ChosenCredentials = {},
): Promise<NewCredentials> {
  const { name } = settings;
  const password = chosen.password ?? newPassword(deps.random);
  const endpoint: StoredEndpoint = {
    ...settings,
    user: chosen.user ?? `openmetadata-${name}`,
    passwordHash: await hashPassword(password, deps.random),
    ...sealedUpstream(deps, name, upstream),
    updatedAt: deps.now(),
  };
  await deps.store.transaction(async (tx) => {
    if ((await tx.endpoints.get(name)) !== undefined)
      throw new ControlPlaneError('CONFLICT', `endpoint ${name} already exists`, {
        remedy: 'Choose another --name, or remove the endpoint first.',
      });
    if ((await tx.endpoints.ofUser(endpoint.user)) !== undefined)
      throw new ControlPlaneError('CONFLICT', `user ${endpoint.user} has another endpoint`, {
        remedy: 'Choose another --user: it must be unique to each server.',
      });
    await tx.endpoints.save(endpoint);
  });
  return { endpoint, password };
}

/** Changes settings; an upstream of undefined stays. Throws NOT_FOUND. */
export async function changeEndpoint(
  deps: EndpointDeps,
  name: string,
  settings: Partial<Endpoint>,
  upstream: Upstream | null | undefined,
): Promise<StoredEndpoint> {
  return deps.store.transaction(async (tx) => {
    const changed = {
      ...existing(await tx.endpoints.get(name), name),
      ...settings,
      ...(upstream === undefined ? {} : sealedUpstream(deps, name, upstream)),
      updatedAt: deps.now(),
    };
    await tx.endpoints.save(changed);
    return changed;
  });
}

/** Replaces the password; the previous one is rejected from now on. Throws NOT_FOUND. */
export async function rotatePassword(
  deps: EndpointDeps,
  name: string,
  chosen?: string,
): Promise<NewCredentials> {
  const password = chosen ?? newPassword(deps.random);
  const passwordHash = await hashPassword(password, deps.random);
  const endpoint = await deps.store.transaction(async (tx) => {
    const present = existing(await tx.endpoints.get(name), name);
    const rotated = { ...present, passwordHash, updatedAt: deps.now() };
    await tx.endpoints.save(rotated);
    return rotated;
  });
  return { endpoint, password };
}

/**
 * Removes an endpoint with its deployments and everything they manage. Throws NOT_FOUND, and
 * CONFLICT when there are deployments and `force` is not set.
 */
export async function removeEndpoint(
  { store }: Pick<EndpointDeps, 'store'>,
  name: string,
  force: boolean,
): Promise<void> {
  await store.transaction(async (tx) => {
    existing(await tx.endpoints.get(name), name);
    const deployments = await tx.deployments.ofEndpoint(name);
    if (deployments.length > 0 && !force)
      throw new ControlPlaneError(
        'CONFLICT',
        `endpoint ${name} has ${deployments.length} deployed pipelines`,
        { remedy: 'Delete the pipelines in OpenMetadata, or add --force.' },
      );
    for (const deployment of deployments) await dropDeployment(tx, deployment);
    await tx.endpoints.delete(name);
  });
}

/** Throws NOT_FOUND. */
export async function endpointNamed(
  { store }: Pick<EndpointDeps, 'store'>,
  name: string,
): Promise<StoredEndpoint> {
  return existing(await store.read.endpoints.get(name), name);
}

/** What a sealed upstream password is bound to. */
export function upstreamContext(endpoint: string): string {
  return `upstream ${endpoint}`;
}

function sealedUpstream(
  { sealer }: EndpointDeps,
  name: string,
  upstream: Upstream | null,
): Pick<StoredEndpoint, 'upstream' | 'upstreamPassword'> {
  if (upstream === null) return { upstream: null, upstreamPassword: null };
  const { url, user, password } = upstream;
  return {
    upstream: { url, user },
    upstreamPassword: sealer.seal(password, upstreamContext(name)),
  };
}

function existing(endpoint: StoredEndpoint | undefined, name: string): StoredEndpoint {
  if (endpoint === undefined)
    throw new ControlPlaneError('NOT_FOUND', `endpoint ${name} does not exist`, {
      remedy: `See \`${PROGRAM} openmetadata list\`.`,
    });
  return endpoint;
}
