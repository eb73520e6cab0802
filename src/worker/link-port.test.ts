import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { FromWorker } from '../../foundation/src/runtime/worker-messages.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { createPortLog, LinkPort } from './link-port.ts';

function lineToLink(): { readonly port: LinkPort; readonly sent: FromWorker[] } {
  const sent: FromWorker[] = [];
  const host = Object.assign(new EventEmitter(), {
    connected: true,
    send: (message: FromWorker) => sent.push(message) > 0,
  });
  return { port: new LinkPort(host as unknown as NodeJS.Process), sent };
}

describe('a log line of a worker', () => {
  it('leaves the process without a secret at any position', () => {
    const { port, sent } = lineToLink();
    const redactor = createRedactor();
    redactor.add('hunter-two-forever');
    const log = createPortLog(port, (line) => redactor.redact(line), 'info', {
      bound: 'hunter-two-forever',
    }).child({ deep: { list: ['x hunter-two-forever y'] } });
    log.log('warn', 'hunter-two-forever was rejected', {
      field: Buffer.from('hunter-two-forever').toString('base64'),
    });
    expect(sent).toHaveLength(1);
    expect(JSON.stringify(sent)).not.toMatch(
      new RegExp(`hunter-two-forever|${Buffer.from('hunter-two-forever').toString('base64')}`),
    );
    expect(JSON.stringify(sent)).toContain('was rejected');
  });

  it('is withheld if nothing readable remains, and omitted below the level', () => {
    const { port, sent } = lineToLink();
    const log = createPortLog(port, () => '[secret]', 'info');
    log.log('debug', 'details');
    log.log('error', 'something');
    expect(sent).toEqual([
      {
        type: 'log',
        level: 'error',
        message: 'log line withheld: redaction failed',
        data: {},
      },
    ]);
  });

  it('is the only message dropped when the link is busy', () => {
    const { port, sent } = lineToLink();
    const log = createPortLog(port, (line) => line, 'info');
    for (let line = 0; line < 2000; line++) log.log('info', 'line');
    port.send({ type: 'durable', sequence: 1, bytes: 1, complete: false, segment: 1 });
    expect([sent.filter(({ type }) => type === 'log').length, sent.at(-1)?.type]).toEqual([
      1000,
      'durable',
    ]);
  });
});
