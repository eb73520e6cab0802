import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WORKER_PASSWORD, WorkerStage, workerWorkflow } from '../../test/support/worker-stage.ts';

let stage: WorkerStage;
beforeEach(async () => {
  stage = await WorkerStage.open();
});
afterEach(() => stage.close());

describe('the worker program', () => {
  it('reports an unreadable job, reports when that is durable, and exits with 0', async () => {
    stage.start({ nothing: true });
    expect(await stage.outcome()).toMatchObject({
      status: 'failed',
      error: { code: 'JOB_INVALID' },
    });
    expect(stage.worker.exitCode).toBe(0);
    expect(stage.received.filter(({ type }) => type === 'durable').at(-1)).toMatchObject({
      sequence: 1,
      complete: true,
    });
  });

  it('does nothing without a policy', async () => {
    stage.start(workerWorkflow, join(stage.directory, 'no-policy.yaml'));
    expect(await stage.outcome()).toMatchObject({
      status: 'failed',
      error: { code: 'POLICY_DENIED' },
    });
  });

  it('rejects a reference in a field that is not secret', async () => {
    const { source } = workerWorkflow;
    stage.start({
      ...workerWorkflow,
      source: {
        ...source,
        serviceConnection: {
          config: { ...source.serviceConnection.config, username: 'secret:/a/b' },
        },
      },
    });
    expect(await stage.outcome()).toMatchObject({
      status: 'failed',
      error: { code: 'SECRET_IN_PLAIN_FIELD' },
    });
  });

  it('does not use the sink in a job, nor its token', async () => {
    const securityConfig = { jwtToken: 'secret:/openmetadata/bot' };
    stage.start({
      ...workerWorkflow,
      source: {
        ...workerWorkflow.source,
        sourceConfig: { config: { type: 'DatabaseMetadata', overrideMetadata: true } },
      },
      sink: { type: 'metadata-rest' },
      workflowConfig: {
        openMetadataServerConfig: { hostPort: 'https://catalog.test/api', securityConfig },
      },
    });
    await stage.reached;
    stage.send({
      type: 'stop',
      status: 'cancelled',
      reason: { code: 'CANCELLED', message: 'enough', remedy: '', retryable: true },
    });
    expect(await stage.outcome()).toMatchObject({
      status: 'cancelled',
      steps: [{ name: 'Salesforce' }],
    });
    expect(JSON.stringify(stage.received)).toContain("ignoring the workflow's sink");
    expect(JSON.stringify(stage.received)).toContain('overrideMetadata has no effect');
    expect(JSON.stringify(stage.received)).not.toContain('openmetadata/bot');
  });

  it('stops on request during its work, and writes no secret', async () => {
    stage.start(workerWorkflow);
    await stage.reached;
    stage.send({
      type: 'stop',
      status: 'cancelled',
      reason: { code: 'CANCELLED', message: 'enough', remedy: '', retryable: true },
    });
    expect(await stage.outcome()).toMatchObject({
      status: 'cancelled',
      error: { code: 'CANCELLED', message: 'enough' },
    });
    expect(
      await readFile(join(stage.directory, '00000000000000000001.seg'), 'latin1'),
    ).not.toContain(WORKER_PASSWORD);
    expect(JSON.stringify(stage.received)).not.toContain(WORKER_PASSWORD);
  });
});
