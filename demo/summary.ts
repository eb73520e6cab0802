import { relative } from 'node:path';
import type { Run } from './control-plane-client.ts';
import type { Display } from './display.ts';

export interface Summary {
  readonly status: string;
  readonly testConnection: string;
  readonly channel: string | null;
  readonly objects: number;
  readonly fields: number;
  readonly records: number;
  readonly apiCalls: number;
  readonly seconds: number;
  readonly wireBytes: number;
  readonly result: string;
}

export function summarize(resultFile: string, test: Run, run: Run, seconds: number): Summary {
  return {
    status: run.integrity === 'ok' ? run.state : 'failed',
    testConnection: test.testConnection?.status ?? 'Failed',
    channel: run.channel,
    objects: run.counts['objects'] ?? 0,
    fields: run.counts['fields'] ?? 0,
    records: run.records,
    apiCalls: run.counts['apiCalls'] ?? 0,
    seconds: Math.round(seconds * 100) / 100,
    wireBytes: run.wireBytes,
    result: relative(process.cwd(), resultFile),
  };
}

export function showSummary(display: Display, summary: Summary): void {
  display.table([
    ['status', summary.status],
    ['test connection', summary.testConnection],
    ['channel', summary.channel ?? '–'],
    ['objects', summary.objects.toLocaleString('en')],
    ['fields', summary.fields.toLocaleString('en')],
    ['records delivered', summary.records.toLocaleString('en')],
    ['Salesforce API calls', summary.apiCalls.toLocaleString('en')],
    ['wall time', `${summary.seconds.toFixed(1)} s`],
    ['on the wire', `${(summary.wireBytes / 1e6).toFixed(2)} MB`],
    ['result', summary.result],
  ]);
}
