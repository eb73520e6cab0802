import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { SpoolWriter } from '../../src/spool/writer.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import type { FromWorker, ToWorker } from '../../foundation/src/runtime/worker-messages.ts';

/** A worker process whose behavior is the workflow of its job, to test how the link handles it. */
type Behavior =
  | 'finish'
  | 'die'
  | 'hang'
  | 'stop on request'
  | 'show environment'
  | 'print'
  | 'write without reporting'
  | 'send an invalid message'
  | 'write too much';

function send(message: FromWorker): void {
  process.send?.(message);
}

async function act(directory: string, behavior: Behavior): Promise<void> {
  const writer = new SpoolWriter({ disk: nodeDisk, directory, clock: systemClock, groupMs: 1 });
  let complete = false;
  if (behavior !== 'write without reporting')
    writer.onDurable((sequence) =>
      send({ type: 'durable', sequence, bytes: writer.bytes, segment: writer.segment, complete }),
    );
  const write = async (text: string, last = false): Promise<void> => {
    complete = last;
    await writer.append(Buffer.from(`${text}\n`), { last }, NEVER);
    await writer.flush(NEVER);
  };
  const finish = async (): Promise<void> => {
    await write('outcome', true);
    process.disconnect();
  };
  switch (behavior) {
    case 'finish':
      await write('first');
      send({ type: 'progress', progress: { phase: 'describe', done: 1, total: 2, apiCalls: 3 } });
      send({ type: 'condition', code: 'DISK_FULL' });
      send({ type: 'condition' });
      send({
        type: 'log',
        level: 'warn',
        message: 'logged by the worker',
        data: { object: 'Account' },
      });
      return await finish();
    case 'die':
      await write('first');
      process.kill(process.pid, 'SIGKILL');
      return;
    case 'write without reporting':
      await write('first');
      return await finish();
    case 'hang':
      await write('first');
      setInterval(() => undefined, 1000);
      return;
    case 'stop on request':
      await write('first');
      process.on('message', (message: ToWorker) => {
        if (message.type === 'stop') void write(message.status).then(finish);
        if (message.type === 'pause') void write(`paused ${message.paused}`);
      });
      return;
    case 'show environment':
      await write(
        JSON.stringify({
          env: process.env,
          argv: process.argv.slice(2),
          execArgv: process.execArgv,
        }),
      );
      return await finish();
    case 'print':
      for (let line = 0; line < 3000; line++) console.log(`line ${line} ${'x'.repeat(40)}`);
      return await finish();
    case 'write too much':
      await write('first');
      setInterval(() => send({ type: 'condition', code: writer.condition?.code }), 50);
      process.on(
        'message',
        (message: ToWorker) => void (message.type === 'stop' && process.exit(70)),
      );
      return await write('x'.repeat(2 * 1024 * 1024));
    case 'send an invalid message':
      process.send?.({ type: 'unknown' });
      return await finish();
  }
}

process.once('message', (message: ToWorker) => {
  if (message.type === 'start') void act(message.directory, message.job.workflow as Behavior);
});
process.on('disconnect', () => setImmediate(() => process.exit()));
