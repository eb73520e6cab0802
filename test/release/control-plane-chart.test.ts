import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { tool } from '../../scripts/release/tools.ts';
import { releaseObstacle } from '../install/obstacle.ts';
import { ownVersion } from '../install/release.ts';
import { run, type Result } from '../install/run.ts';
import { KubernetesSchemas, type KubernetesObject } from './kubernetes-schemas.ts';

const KUBERNETES = '1.33.0';

describe.skipIf(releaseObstacle() !== undefined)('the Helm chart of the control plane', () => {
  const chart = (): string => join(inject('release'), `hybrid-control-plane-${ownVersion()}.tgz`);
  const template = (...flags: readonly string[]): Promise<Result> =>
    run(tool('helm'), ['template', 'catalog', chart(), '--kube-version', KUBERNETES, ...flags]);

  it.each([
    ['the least that it needs', []],
    [
      'certificate, token and volume of its own',
      [
        '--set=tlsSecret=catalog-tls,adminTokenSecret=catalog-admin,persistence.existingClaim=catalog',
        '--set=service.type=LoadBalancer,extraArgs={--max-attempts=3}',
      ],
    ],
  ] as const)('with %s passes lint and the schemas of Kubernetes', async (_what, flags) => {
    const values = ['--set=authorities={catalog.example.com:443}', ...flags];
    expect(await run(tool('helm'), ['lint', '--strict', chart(), ...values])).toMatchObject({
      code: 0,
    });
    const { stdout, stderr } = await template(...values);
    expect(stderr).toBe('');
    const objects = parseAllDocuments(stdout).map((one) => one.toJS() as KubernetesObject);
    const schemas = await KubernetesSchemas.load(KUBERNETES);
    expect(objects.map(({ kind }) => kind).sort()).toEqual([
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Service',
      'ServiceAccount',
      'StatefulSet',
    ]);
    expect(objects.flatMap((object) => schemas.errorsOf(object))).toEqual([]);
  });

  it('is probed on a port that only the node reaches', async () => {
    const { stdout } = await template('--set=authorities={catalog.example.com:443}');
    const objects = parseAllDocuments(stdout).map((one) => one.toJS() as KubernetesObject);
    const find = (kind: string): object => objects.find((object) => object.kind === kind)!;
    expect(find('StatefulSet')).toMatchObject({
      spec: {
        template: {
          spec: {
            containers: [
              {
                args: expect.arrayContaining(['--probes=0.0.0.0:7480']),
                ports: expect.arrayContaining([{ name: 'probes', containerPort: 7480 }]),
                livenessProbe: { httpGet: { path: '/livez', port: 'probes' } },
                readinessProbe: { httpGet: { path: '/readyz', port: 'probes' } },
              },
            ],
          },
        },
      },
    });
    expect(find('NetworkPolicy')).toMatchObject({
      spec: { ingress: [{ ports: [{ protocol: 'TCP', port: 7443 }] }] },
    });
  });

  it('rejects to be installed without an address that runners can dial', async () => {
    expect((await template()).stderr).toContain("values don't meet the specifications");
    expect((await template('--set=authorities={catalog.example.com}')).code).toBe(1);
  });
});
