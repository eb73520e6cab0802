import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { SpoolWriter } from '../../src/spool/writer.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { FromWorker, ToWorker } from '../../src/runtime/worker-messages.ts';

/** A worker process that does what its job's document says, so that tests can see how the link copes. */
type Behaviour =
  | 'finish'
  | 'die'
  | 'hang'
  | 'stop when asked'
  | 'show environment'
  | 'chatter'
  | 'write without telling'
  | 'nonsense'
  | 'write too much';

const never = new AbortController().signal;

function send(message: FromWorker): void {
  process.send?.(message);
}

async function act(directory: string, behaviour: Behaviour): Promise<void> {
  const writer = new SpoolWriter({ disk: nodeDisk, directory, clock: systemClock, groupMs: 1 });
  let complete = false;
  if (behaviour !== 'write without telling')
    writer.onDurable((sequence) =>
      send({ type: 'durable', sequence, bytes: writer.bytes, segment: writer.segment, complete }),
    );
  const write = async (text: string, last = false): Promise<void> => {
    complete = last;
    await writer.append(Buffer.from(`${text}\n`), { last }, never);
    await writer.flush(never);
  };
  const finish = async (): Promise<void> => {
    await write('outcome', true);
    process.disconnect();
  };
  switch (behaviour) {
    case 'finish':
      await write('first');
      send({ type: 'progress', progress: { phase: 'describe', done: 1, total: 2, apiCalls: 3 } });
      send({ type: 'condition', code: 'DISK_FULL' });
      send({ type: 'condition' });
      send({
        type: 'log',
        level: 'warn',
        message: 'said by the worker',
        data: { object: 'Account' },
      });
      return await finish();
    case 'die':
      await write('first');
      process.kill(process.pid, 'SIGKILL');
      return;
    case 'write without telling':
      await write('first');
      return await finish();
    case 'hang':
      await write('first');
      setInterval(() => undefined, 1000);
      return;
    case 'stop when asked':
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
    case 'chatter':
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
    case 'nonsense':
      process.send?.({ type: 'gift', horse: true });
      return await finish();
  }
}

process.once('message', (message: ToWorker) => {
  if (message.type === 'start') void act(message.directory, message.job.workflow as Behaviour);
});
process.on('disconnect', () => setImmediate(() => process.exit()));
