import { afterEach, beforeEach, expect, it } from 'vitest';
import { SteppedClock } from '../stage.ts';
import { BASE, basic, openOpenMetadata, type OpenMetadataStage } from './stage.ts';

let om: OpenMetadataStage;
const clock = new SteppedClock();
beforeEach(async () => {
  om = await openOpenMetadata([], { clock });
});
afterEach(() => om.close());

async function statusWith(authorization: string): Promise<number> {
  return (await om.call('GET', `${BASE}/health-auth`, { authorization })).status;
}

function wrong(index: number, user = 'openmetadata-prod'): string {
  return basic(user, `guess ${index}`);
}

it('makes guesses wait after ten failures of an address, also with other users', async () => {
  for (let index = 0; index < 10; index++)
    expect(await statusWith(wrong(index, index % 2 === 0 ? 'nobody' : undefined))).toBe(401);
  const answer = await om.call('GET', `${BASE}/health-auth`, { authorization: wrong(11) });
  expect([answer.status, answer.text]).toEqual([
    429,
    'too many failed sign-ins from this address. Wait a minute, then try again.',
  ]);
  clock.skip(60_001);
  expect(await statusWith(wrong(12))).toBe(401);
});

it('never makes the server wait whose password has been seen', async () => {
  expect(await statusWith(om.authorization)).toBe(200);
  for (let index = 0; index < 12; index++) await statusWith(wrong(index));
  expect(await statusWith(wrong(13))).toBe(429);
  expect(await statusWith(om.authorization)).toBe(200);
});

it('rejects the previous password once it is replaced, without a restart', async () => {
  expect(await statusWith(om.authorization)).toBe(200);
  const { user, password } = JSON.parse(await om.command('rotate', '--name', 'prod', '--json')) as {
    user: string;
    password: string;
  };
  expect(await statusWith(om.authorization)).toBe(401);
  expect(await statusWith(basic(user, password))).toBe(200);
});

it('logs no password and no header', async () => {
  await statusWith(basic('openmetadata-prod', 'hunter2'));
  expect(om.log()).toContain('rejected sign-in of an OpenMetadata server');
  expect(om.log()).not.toMatch(/hunter2|Basic /);
});
