import { managerKind } from './manager-kind.ts';
import {
  authorityOption,
  endpointOf,
  pathOption,
  textOption,
  urlOption,
  withDefault,
} from './options.ts';

export interface KubernetesOptions {
  readonly url: string;
  readonly caFile: string;
  readonly tokenFile: string;
  readonly namespace: string;
}

const IN_POD = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Secrets of one namespace, by the API: a new value needs no restart and no mounted volume. */
export const kubernetesManager = managerKind<KubernetesOptions>({
  title: 'Kubernetes Secrets by the API',
  shape: 'entries',
  options: () => ({
    url: withDefault(
      urlOption({
        description: 'Address of the API server.',
        default: '`https://kubernetes.default.svc`',
      }),
      'https://kubernetes.default.svc',
    ),
    caFile: withDefault(
      authorityOption({
        description: 'CA of the API server, in PEM form.',
        default: 'that of the pod',
      }),
      `${IN_POD}/ca.crt`,
    ),
    tokenFile: withDefault(
      pathOption({
        description: 'File with the token of the service account.',
        default: 'that of the pod',
      }),
      `${IN_POD}/token`,
    ),
    namespace: textOption({ description: 'Namespace of the secrets.' }, [
      /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
      'must be the name of a namespace',
    ]),
  }),
  place: ({ url, namespace }) => [new URL(url).host, namespace],
  endpoints: ({ url }) => [endpointOf(url)],
  open: async (options, deps) => {
    const { openKubernetes } = await import('./kubernetes/open.ts');
    return openKubernetes(options, deps);
  },
});
