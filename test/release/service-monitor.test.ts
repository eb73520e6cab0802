import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { tool } from '../../scripts/release/tools.ts';
import { releaseObstacle } from '../install/obstacle.ts';
import { ownVersion } from '../install/release.ts';
import { runWell } from '../install/run.ts';
import type { KubernetesObject } from './kubernetes-schemas.ts';
import { ServiceMonitorSchema } from './service-monitor-schema.ts';

interface Monitor extends KubernetesObject {
  readonly spec: { readonly endpoints: readonly object[] };
}

describe.skipIf(releaseObstacle() !== undefined)('the ServiceMonitor of the runner’s chart', () => {
  let schema: ServiceMonitorSchema;
  let monitor: Monitor;
  beforeAll(async () => {
    schema = await ServiceMonitorSchema.load();
    const chart = join(inject('release'), `hybrid-runner-${ownVersion()}.tgz`);
    const values = join(import.meta.dirname, 'values/everything.yaml');
    const flags = ['--values', values, '--kube-version', '1.33.0'];
    const rendered = await runWell(tool('helm'), ['template', 'crm', chart, ...flags]);
    monitor = parseAllDocuments(rendered)
      .map((document) => document.toJS() as KubernetesObject)
      .find(({ kind }) => kind === 'ServiceMonitor') as Monitor;
  });

  it('is one that the Prometheus operator knows', () => {
    expect(monitor.apiVersion).toBe('monitoring.coreos.com/v1');
    expect(schema.errorsOf(monitor)).toEqual([]);
  });

  it('would be found out with a misspelled field, a wrong value or a part missing', () => {
    const [endpoint] = monitor.spec.endpoints;
    const { endpoints: _, ...rest } = monitor.spec;
    const withEndpoint = (change: object): KubernetesObject =>
      ({ ...monitor, spec: { ...rest, endpoints: [{ ...endpoint, ...change }] } }) as Monitor;
    expect(schema.errorsOf(withEndpoint({ intervals: '30s' }))).toHaveLength(1);
    expect(schema.errorsOf(withEndpoint({ interval: 'often' })).length).toBeGreaterThan(0);
    expect(schema.errorsOf({ ...monitor, spec: rest } as KubernetesObject)).toHaveLength(1);
  });
});
