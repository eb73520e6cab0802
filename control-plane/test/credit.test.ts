import { expect, it } from 'vitest';
import { Credit, creditFor, SharedCredit } from '../src/link/credit.ts';
import { connect, dial, sayHello, type Connection, type Welcome } from './fake-runner.ts';
import { openStage } from './stage.ts';

const MIB = 1024 * 1024;

it.each([
  ['a local connection', 0, 4],
  ['a round trip of 25 ms', 25, 4],
  ['a round trip of 51.2 ms', 51.2, 8],
  ['a round trip of 200 ms', 200, 16],
  ['a clock that went back', -5, 4],
])('grants for %s of %d ms %d MiB', (_name, roundTripMs, mib) => {
  expect(creditFor(roundTripMs)).toBe(mib * MIB);
});

it('grants the least to each session, and 512 MiB more to all of them together', () => {
  const shared = new SharedCredit();
  const sessions = Array.from({ length: 100 }, () => {
    const credit = new Credit(shared);
    credit.roundTripMs = 200;
    return credit;
  });
  const granted = sessions.map((credit) => credit.take());
  expect(Math.min(...granted)).toBe(4 * MIB);
  expect(granted.reduce((sum, bytes) => sum + bytes)).toBe((400 + 512) * MIB);
  for (const credit of sessions.slice(0, 2)) credit.giveBack();
  sessions[0]!.giveBack();
  expect([sessions[98]!.take(), sessions[99]!.take()]).toEqual([16 * MIB, 16 * MIB]);
  expect(sessions[0]!.take()).toBe(4 * MIB);
});

it.each(['ws', 'grpc'] as const)(
  'grants more to a runner that answers late over %s',
  async (kind) => {
    const stage = await openStage();
    try {
      const identity = await stage.enroll('far');
      const near = await connect(kind, stage, identity);
      expect(near.welcome.creditBytes).toBeGreaterThanOrEqual(4 * MIB);
      near.connection.close();
      const far = await dial(kind, stage);
      const challenge = await far.take('challenge');
      await new Promise((resolve) => setTimeout(resolve, 150));
      const late: Pick<Connection, 'send' | 'take'> = {
        send: (kindOfFrame, body) => far.send(kindOfFrame, body),
        take: async <T>() => challenge as T,
      };
      await sayHello(late as Connection, identity, stage);
      expect((await far.take<Welcome>('welcome')).creditBytes).toBe(16 * MIB);
      far.close();
    } finally {
      await stage.close();
    }
  },
);
