import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batch, outcomeLine, tableLine } from '../../../control-plane/test/fake-records.ts';
import { connect, type Ref } from '../../../control-plane/test/fake-runner.ts';
import { startProgram, type Program } from '../../../control-plane/test/program.ts';
import {
  enrollVia,
  prepareCatalog,
  startRun,
  temporaryFolder,
} from '../../../control-plane/test/stage.ts';

let folder: ReturnType<typeof temporaryFolder>;
let program: Program;

beforeEach(async () => {
  folder = temporaryFolder();
  program = await startProgram(folder.path);
});
afterEach(async () => {
  await program.end('SIGKILL');
  folder.remove();
});

describe('control plane killed during a run', () => {
  it.each(['ws', 'grpc'] as const)(
    'continues where it stopped, over %s: nothing lost, nothing duplicated',
    async (kind) => {
      const identity = await enrollVia(program.api);
      await prepareCatalog(program.api);
      let { connection } = await connect(kind, program, identity);
      const id = await startRun(program.api);
      const { ref } = await connection.take<{ ref: Ref }>('offer');
      connection.send('accept', { ref });
      const lines = Array.from({ length: 240 }, (_, index) => tableLine(`T${index}`));
      for (let first = 0; first < lines.length;) {
        connection.send('batch', batch(ref, first + 1, lines.slice(first, first + 40)));
        await connection.take('ack');
        if (first % 160 === 0) {
          for (const ahead of [40, 80])
            connection.send(
              'batch',
              batch(ref, first + ahead + 1, lines.slice(first + ahead, first + ahead + 40)),
            );
          await program.end('SIGKILL');
          await connection.closed;
          program = await startProgram(folder.path);
          const again = await connect(kind, program, identity, {
            held: [{ ref, running: true, durableSequence: lines.length }],
          });
          expect(again.welcome.positions).toMatchObject([{ ref, verdict: 'VERDICT_KEEP' }]);
          connection = again.connection;
          const stored = again.welcome.positions[0]!.storedSequence;
          expect(stored).toBeGreaterThanOrEqual(first + 40);
          expect(stored % 40).toBe(0);
          first = stored;
        } else first += 40;
      }
      connection.send('batch', batch(ref, lines.length + 1, [outcomeLine(lines)], { last: true }));
      await connection.take('ack');
      expect((await program.api.get(`/api/v1/runs/${id}`)).body).toMatchObject({
        state: 'success',
        attempt: 1,
        epoch: 1,
        records: 241,
        entities: 240,
        integrity: 'ok',
      });
      expect((await program.api.get('/api/v1/tables')).body.total).toBe(240);
      connection.close();
    },
  );
});
