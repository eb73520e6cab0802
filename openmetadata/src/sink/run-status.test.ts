import { describe, expect, it } from 'vitest';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import {
  parents,
  SCHEMA,
  succeeded,
  table,
} from '../../../test/support/openmetadata-server/catalog.ts';
import { catalogOfEachTest } from '../../../test/support/openmetadata-server/catalog-of-each-test.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

const catalog = catalogOfEachTest();

describe('the pipeline status', () => {
  const pipeline = { fqn: 'crm.crm_metadata', runId: 'run-1' };

  it('is reported at the start and at the end, with the sink as a step', async () => {
    catalog.server.state.pipelines.add(pipeline.fqn);
    await catalog.run([...parents, table('Account')], { pipeline });
    expect(catalog.server.state.statuses).toMatchObject([
      { runId: 'run-1', pipelineState: 'running' },
      {
        runId: 'run-1',
        pipelineState: 'success',
        startDate: 1000,
        endDate: 2000,
        status: [{ name: 'OpenMetadata', records: 4, errors: 0 }],
      },
    ]);
  });

  it('is partialSuccess when an entity was rejected', async () => {
    catalog.server.state.pipelines.add(pipeline.fqn);
    const report = await catalog.run(
      [
        ...parents,
        table('Account'),
        table('Bad', {
          more: {
            tags: [
              {
                tagFQN: 'No.Such',
                source: 'Classification',
                labelType: 'Manual',
                state: 'Confirmed',
              },
            ],
          },
        }),
      ],
      { pipeline },
    );
    expect(report.status).toBe('partialSuccess');
    expect(catalog.server.state.statuses.at(-1)).toMatchObject({
      pipelineState: 'partialSuccess',
      status: [{ errors: 1, failures: [{ name: `${SCHEMA}.Bad` }] }],
    });
  });

  it('is stopped for a canceled run', async () => {
    catalog.server.state.pipelines.add(pipeline.fqn);
    const sink = catalog.sink({ pipeline });
    expect(await sink.finish({ ...succeeded, status: 'cancelled' }, NEVER)).toMatchObject({
      status: 'cancelled',
    });
    expect(catalog.server.state.statuses.at(-1)).toMatchObject({ pipelineState: 'stopped' });
  });

  it('is reported when the run was stopped during a bulk request', async () => {
    catalog.server.state.pipelines.add(pipeline.fqn);
    catalog.server.faults.push({ on: /^PUT \/tables\/bulk$/, hang: true });
    const sink = catalog.sink({ pipeline });
    for (const record of [...parents, table('Account'), table('Contact')])
      await sink.write(record, NEVER);
    const stop = new AbortController();
    stop.abort();
    expect(await sink.finish({ ...succeeded, status: 'cancelled' }, stop.signal)).toMatchObject({
      status: 'cancelled',
    });
    expect(catalog.server.state.statuses.at(-1)).toMatchObject({ pipelineState: 'stopped' });
  });

  it.each([
    ['cancelled', 'stopped', new RunnerError('CANCELLED', 'enough')],
    ['expired', 'failed', new RunnerError('DEADLINE_EXCEEDED', 'too long')],
  ] as const)(
    'is reported when the run is %s during a bulk request',
    async (status, pipelineState, reason) => {
      catalog.server.state.pipelines.add(pipeline.fqn);
      const stop = new AbortController();
      catalog.server.faults.push({
        on: /^PUT \/tables\/bulk$/,
        hang: true,
        meanwhile: () => stop.abort(reason),
      });
      const sink = catalog.sink({ pipeline });
      for (const record of [...parents, table('Account'), table('Contact')])
        await sink.write(record, NEVER);
      expect(await sink.finish(succeeded, stop.signal)).toMatchObject({
        status,
        error: { code: reason.code },
      });
      expect(catalog.server.state.statuses.at(-1)).toMatchObject({ pipelineState });
    },
  );

  it('is failed below the success threshold', async () => {
    const wrong = table('Bad', {
      more: {
        tags: [
          { tagFQN: 'No.Such', source: 'Classification', labelType: 'Manual', state: 'Confirmed' },
        ],
      },
    });
    expect(await catalog.run([...parents, wrong], { successThreshold: 75 })).toMatchObject({
      status: 'partialSuccess',
    });
    expect(await catalog.run([...parents, wrong], { successThreshold: 76 })).toMatchObject({
      status: 'failed',
    });
  });

  it('does not fail the run when the server has no such pipeline', async () => {
    expect(await catalog.run([...parents, table('Account')], { pipeline })).toMatchObject({
      status: 'success',
    });
  });
});
