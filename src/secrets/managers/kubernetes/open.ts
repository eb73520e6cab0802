import { z } from 'zod';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import { formatReference, type SecretPath } from '../../reference.ts';
import { readCredential } from '../credential-file.ts';
import {
  createManagerHttp,
  failureOf,
  type ManagerRequest,
  type ManagerResponse,
} from '../http.ts';
import type { KubernetesOptions } from '../kubernetes.ts';
import type { SecretManager } from '../manager-kind.ts';

const secretSchema = z.object({
  metadata: z.object({ uid: z.string(), resourceVersion: z.string() }),
  data: z.record(z.string(), z.base64()).default({}),
});

export async function openKubernetes(
  { url, caFile, tokenFile, namespace }: KubernetesOptions,
  deps: ProviderDeps,
): Promise<SecretManager> {
  const http = createManagerHttp({ origin: url, caFile }, deps);
  /** Tokens of service accounts are replaced in their file while they are in use. */
  const call = async (request: ManagerRequest, signal: AbortSignal): Promise<ManagerResponse> => {
    const token = await readCredential(tokenFile, 'trusted');
    deps.protect(token);
    return http({ ...request, headers: { authorization: `Bearer ${token}` } }, signal);
  };
  const pathOf = (name: SecretPath): string =>
    `/api/v1/namespaces/${namespace}/secrets/${onlySegment(name)}`;
  return {
    where: (name) => `${url}${pathOf(name)}`,
    check: async (signal) => {
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      const response = await call({ method: 'POST', path, body: reviewOf(namespace) }, signal);
      if (response.status !== 201) throw failureOf(response, 'a review of access');
    },
    fetch: async (name, signal) => {
      const response = await call({ method: 'GET', path: pathOf(name) }, signal);
      if (response.status === 404) return undefined;
      if (response.status !== 200) throw failureOf(response, 'a read');
      const parsed = secretSchema.safeParse(response.json());
      if (!parsed.success)
        throw new RunnerError('SECRET_VALUE_UNUSABLE', 'the response is not a Secret');
      const { data, metadata } = parsed.data;
      return {
        content: new Map(
          Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')]),
        ),
        version: `k8s ${metadata.uid} ${metadata.resourceVersion}`,
      };
    },
  };
}

/** Names of Secrets have no slashes. */
function onlySegment(name: SecretPath): string {
  const [first, ...more] = name;
  if (first !== undefined && more.length === 0) return first;
  throw new RunnerError(
    'SECRET_UNAVAILABLE',
    `${formatReference(name)} is not the name of a Secret; below this mount, a reference is the name of a Secret and one of its keys`,
  );
}

function reviewOf(namespace: string): object {
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { namespace, verb: 'get', resource: 'secrets' } },
  };
}
