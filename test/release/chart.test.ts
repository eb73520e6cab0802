import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { tool } from '../../scripts/release/tools.ts';
import { releaseObstacle } from '../install/obstacle.ts';
import { ownVersion } from '../install/release.ts';
import { run, runWell, type Result } from '../install/run.ts';
import { KubernetesSchemas, type KubernetesObject } from './kubernetes-schemas.ts';

const KUBERNETES = '1.33.0';
const VALUES = join(import.meta.dirname, 'values');

interface Container {
  readonly image: string;
  readonly securityContext: object;
}

interface Workload extends KubernetesObject {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly securityContext: object;
        readonly containers: readonly Container[];
        readonly initContainers?: readonly Container[];
        readonly automountServiceAccountToken: boolean;
        readonly terminationGracePeriodSeconds: number;
        readonly hostNetwork?: boolean;
        readonly volumes: readonly Readonly<Record<string, unknown>>[];
      };
    };
  };
}

describe.skipIf(releaseObstacle() !== undefined)('the Helm chart of the runner', () => {
  const chart = (): string => join(inject('release'), `hybrid-runner-${ownVersion()}.tgz`);
  let schemas: KubernetesSchemas;
  beforeAll(async () => {
    schemas = await KubernetesSchemas.load(KUBERNETES);
  });

  const helm = (command: string, values: string, ...more: readonly string[]): Promise<Result> =>
    run(tool('helm'), [
      ...command.split(' '),
      chart(),
      '--values',
      join(VALUES, `${values}.yaml`),
      '--kube-version',
      KUBERNETES,
      ...more,
    ]);
  async function render(values: string): Promise<KubernetesObject[]> {
    const { code, stdout, stderr } = await helm('template crm', values, '--namespace', 'data');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return parseAllDocuments(stdout).map((document) => document.toJS() as KubernetesObject);
  }
  const workloadOf = (objects: readonly KubernetesObject[]): Workload['spec']['template']['spec'] =>
    (objects.find(({ kind }) => kind === 'StatefulSet') as Workload).spec.template.spec;

  it.each(['token', 'secret', 'everything'])(
    'with the values of %s passes lint and the schemas of Kubernetes',
    async (values) => {
      expect(await helm('lint --strict', values)).toMatchObject({ code: 0 });
      const objects = await render(values);
      expect(objects.length).toBeGreaterThanOrEqual(4);
      const own = objects.filter(({ kind }) => kind !== 'ServiceMonitor');
      expect(own.flatMap((object) => schemas.errorsOf(object))).toEqual([]);
    },
  );

  it.each(['token', 'secret', 'everything'])(
    'with the values of %s meets the pod security standard "restricted", and writes to volumes only',
    async (values) => {
      const pod = workloadOf(await render(values));
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 10_001,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const { securityContext } of [...pod.containers, ...(pod.initContainers ?? [])])
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      expect(pod.automountServiceAccountToken).toBe(values === 'everything');
      expect(pod.hostNetwork).toBeUndefined();
      const allowed = ['configMap', 'secret', 'emptyDir', 'persistentVolumeClaim'];
      for (const { name: _name, ...source } of pod.volumes)
        expect(allowed).toContain(Object.keys(source)[0]);
    },
  );

  it('gives its service account the annotations that clouds need', async () => {
    const account = (await render('everything')).find(({ kind }) => kind === 'ServiceAccount');
    expect(account).toMatchObject({
      metadata: { annotations: { 'example.com/role': 'reader' } },
      automountServiceAccountToken: false,
    });
  });

  it('lets no one in, and out only to name resolution and the listed addresses', async () => {
    const policy = (await render('secret')).find(({ kind }) => kind === 'NetworkPolicy');
    expect(policy).toMatchObject({
      spec: {
        policyTypes: ['Ingress', 'Egress'],
        egress: [
          { ports: [{ port: 53 }, { port: 53 }] },
          { to: [{ ipBlock: { cidr: '203.0.113.10/32' } }], ports: [{ port: 7443 }] },
          {
            to: [{ ipBlock: { cidr: '198.51.100.0/24' } }],
            ports: [{ port: 443 }, { port: 8443 }],
          },
        ],
      },
    });
    expect((policy as unknown as { spec: object }).spec).not.toHaveProperty('ingress');
  });

  it('serves metrics only where they are on: to those who may connect, with probes, monitor and dashboard', async () => {
    const off = await render('token');
    expect(off.map(({ kind }) => kind)).not.toContain('Service');
    expect(workloadOf(off).containers[0]).toMatchObject({ readinessProbe: { exec: {} } });
    const objects = await render('everything');
    const [container] = workloadOf(objects).containers;
    expect(container).toMatchObject({
      ports: [{ name: 'metrics', containerPort: 9900 }],
      livenessProbe: { httpGet: { path: '/livez', port: 'metrics' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'metrics' } },
    });
    expect(objects.find(({ kind }) => kind === 'ServiceMonitor')).toMatchObject({
      metadata: { labels: { release: 'prometheus' } },
      spec: { endpoints: [{ port: 'metrics', interval: '15s' }] },
    });
    const maps = objects.filter(({ kind }) => kind === 'ConfigMap') as unknown as {
      metadata: { labels: object };
      data: Record<string, string>;
    }[];
    const dashboard = maps.find(({ data }) => 'hybrid-runner.json' in data)!;
    expect(dashboard.metadata.labels).toMatchObject({ grafana_dashboard: 'yes' });
    expect(JSON.parse(dashboard.data['hybrid-runner.json']!)).toMatchObject({
      title: 'Hybrid Ingestion Runner',
    });
    const config = maps.find(({ data }) => 'runner.yaml' in data)!;
    expect(parse(config.data['runner.yaml']!)).toMatchObject({
      metrics: { listen: '[::]:9900', allowRemote: true },
    });
  });

  it('lets only those in who may scrape, and only to the metrics', async () => {
    const { code, stdout } = await helm('template crm', 'token', '--set', 'metrics.enabled=true');
    expect(code).toBe(0);
    const objects = parseAllDocuments(stdout).map((one) => one.toJS() as KubernetesObject);
    expect(objects.flatMap((object) => schemas.errorsOf(object))).toEqual([]);
    expect(objects.find(({ kind }) => kind === 'NetworkPolicy')).toMatchObject({
      spec: {
        ingress: [
          {
            from: [
              {
                namespaceSelector: {
                  matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' },
                },
              },
            ],
            ports: [{ protocol: 'TCP', port: 9464 }],
          },
        ],
      },
    });
  });

  it.each([
    ['secret', '3650d'],
    ['token', undefined],
  ])(
    'with the values of %s, replaces keys only where a volume keeps them',
    async (values, life) => {
      const map = (await render(values)).find(({ kind }) => kind === 'ConfigMap') as unknown as {
        readonly data: Readonly<Record<string, string>>;
      };
      const config = parse(map.data['runner.yaml']!) as { identity?: { keyLifetime: string } };
      expect(config.identity?.keyLifetime).toBe(life);
    },
  );

  it('gives active runs the drain timeout and a margin, and pins an image by digest', async () => {
    const pod = workloadOf(await render('everything'));
    expect(pod.terminationGracePeriodSeconds).toBe(945);
    expect(pod.containers[0]!.image).toMatch(/^registry\.example\.com\/hybrid-runner@sha256:/);
    expect(workloadOf(await render('token')).containers[0]!.image).toBe(
      `hybrid-runner:${ownVersion()}`,
    );
  });

  it.each([
    ['no control plane', ['--set', 'controlPlane.url=']],
    ['a control plane without TLS', ['--set', 'controlPlane.url=ws://catalog.example.com']],
    ['no identity', ['--set', 'identity.enrollmentTokenSecret=']],
    ['two identities', ['--set', 'identity.secret=other']],
    ['an enrollment that would not last', ['--set', 'persistence.enabled=false']],
    ['a policy without a version', ['--set', 'policy.version=null']],
    ['a misspelled value', ['--set', 'networkpolicy.enabled=false']],
    ['metrics beside those of the chart', ['--set', 'config.metrics.listen=0.0.0.0:1']],
    ['a monitor without metrics', ['--set', 'metrics.serviceMonitor.enabled=true']],
  ] as const)('rejects %s', async (_what, flags) => {
    const { code, stderr } = await helm('template crm', 'token', ...flags);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /values don't meet the specifications|identity\.secret|need metrics\.enabled/,
    );
  });

  it('has the version of the release', async () => {
    expect(await runWell(tool('helm'), ['show', 'chart', chart()])).toContain(
      `appVersion: ${ownVersion()}`,
    );
  });
});
