import { describe, expect, it } from 'vitest';
import { attempt, failed, table, yielding } from '../../test/support/attempts.ts';
import type { ConnectorContext } from '../connectors/connector.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';

describe('records of an attempt', () => {
  const redact = (line: string): string => line.replaceAll('sesame-sesame', '[secret]');

  it('are redacted, including the outcome', async () => {
    const { sink } = await attempt(
      (context) => {
        context.logger.log('info', 'signing in with sesame-sesame');
        return yielding([table('A', { description: 'sesame-sesame' }), failed('sesame-sesame')]);
      },
      { redact },
    );
    expect(sink.lines.join('')).not.toContain('sesame');
    expect(sink.lines).toHaveLength(4);
  });

  it('contain a valid outcome when redaction would leave nothing of it', async () => {
    const { sink, outcome } = await attempt(() => yielding([table('A'), failed('B')]), {
      redact: (line) => line.replace('"counts"', ''),
    });
    expect(sink.records.at(-1)).toMatchObject({
      kind: 'outcome',
      failures: [],
      counts: {},
      records: outcome.records,
    });
  });

  it('report a record that cannot be written as failed', async () => {
    const { sink, outcome } = await attempt(() =>
      yielding([table('A', { description: 'x'.repeat(1_100_000) }), table('B')]),
    );
    expect(outcome).toMatchObject({ status: 'failed', counts: { entities: 1, failures: 1 } });
    expect(sink.records[0]).toMatchObject({
      kind: 'failure',
      failure: { code: 'ENTITY_INVALID', name: 'crm.default.salesforce.A' },
    });
  });

  it('contain the log at the level of the workflow, before the record that it belongs to', async () => {
    const local: string[] = [];
    const logger: Logger = {
      log: (_level, message) => void local.push(message),
      child: () => logger,
    };
    const { sink } = await attempt(
      async function* (context: ConnectorContext) {
        context.logger.log('debug', 'detail');
        context.logger.child({ object: 'A' }).log('warn', 'careful', { field: 'x' });
        yield await Promise.resolve(table('A'));
      },
      { logger },
    );
    expect(local).toEqual(['detail', 'careful']);
    expect(sink.records.slice(0, 2)).toMatchObject([
      { kind: 'log', level: 'warn', message: 'careful', data: { object: 'A', field: 'x' } },
      { kind: 'entity' },
    ]);
  });

  it('count warnings at any log level', async () => {
    const { outcome } = await attempt((context) => {
      for (const level of ['info', 'warn', 'warn'] as const) context.logger.log(level, level);
      return yielding([table('A')]);
    });
    expect(outcome).toMatchObject({
      status: 'success',
      counts: { warnings: 2 },
      steps: [{ warnings: 2 }],
    });
  });

  it('report the number of log lines dropped because they came too fast', async () => {
    const { sink } = await attempt((context) => {
      for (let line = 0; line < 1500; line++) context.logger.log('info', `line ${line}`);
      return yielding([table('A')]);
    });
    const logs = sink.records.filter((record) => record.kind === 'log');
    expect(logs).toHaveLength(1001);
    expect(logs.at(-1)?.message).toContain('500 log lines were dropped');
  });
});
