import { expectFailed, expectPassed, refusedAs } from './expectations.ts';
import type { Flow } from './flow.ts';
import type { Json } from '../support/openmetadata-server/store.ts';

interface Case {
  readonly name: string;
  /** Changes of the connection. */
  readonly change?: Json;
  /** What the org does meanwhile. */
  readonly fault?: Json;
  readonly words: RegExp;
  /** False for a step that an extraction can do without: a warning. */
  readonly mandatory?: boolean;
}

const forbid = (path: string): Json => ({ match: { path }, effect: { kind: 'forbid' } });

/** Each step of the runner's connection test fails once. */
const CASES: readonly Case[] = [
  {
    name: 'wrong password',
    change: { password: 'secret:/salesforce/sandbox/wrong' },
    words: /SignIn failed.*SALESFORCE_LOGIN_FAILED/s,
  },
  {
    name: 'missing secret',
    change: { password: 'secret:/salesforce/sandbox/missing' },
    words: /SignIn failed.*SECRET_UNAVAILABLE/s,
  },
  {
    name: 'a secret that the policy does not bind',
    change: { password: 'secret:/other/password' },
    words: /SignIn failed.*SECRET_UNAVAILABLE/s,
  },
  {
    name: 'an org that the policy does not admit',
    change: { salesforceDomain: 'other.my' },
    words: /SignIn failed.*SECRET_UNAVAILABLE/s,
  },
  {
    name: 'API version',
    change: { salesforceApiVersion: '29.0' },
    words: /ApiVersion failed.*SALESFORCE_VERSION_UNSUPPORTED/s,
  },
  {
    name: 'objects',
    fault: forbid('/sobjects$'),
    words: /CheckAccess failed.*SALESFORCE_FORBIDDEN/s,
  },
  {
    name: 'descriptions, as a warning',
    fault: forbid('/tooling/query'),
    words: /ReadDescriptions failed.*View Setup and Configuration/s,
    mandatory: false,
  },
  {
    name: 'limits, as a warning',
    fault: {
      match: { path: '/limits' },
      effect: {
        kind: 'respond',
        status: 200,
        body: { DailyApiRequests: { Max: 15_000, Remaining: 0 } },
      },
    },
    words: /CheckLimits failed.*SALESFORCE_LIMIT_REACHED/s,
    mandatory: false,
  },
];

export async function connectionTests({ scene, report }: Flow): Promise<void> {
  const { ui, stage } = scene;
  const step = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    report.step('connection tests', name, work);
  await step('no runner', async () => {
    await stage.stopRunner();
    expectFailed(await ui.testConnection(scene.connection()), /no runner .*connected/i);
    await stage.startRunner();
  });
  await step('success', async () => expectPassed(await ui.testConnection(scene.connection())));
  await stage.store({ 'secret:/salesforce/sandbox/wrong': 'not the password' });
  for (const { name, change = {}, fault, words, mandatory } of CASES) {
    await step(name, async () => {
      if (fault !== undefined) await stage.admin('POST', '/faults', fault);
      try {
        expectFailed(await ui.testConnection(scene.connection(change)), words, mandatory);
      } finally {
        await stage.admin('DELETE', '/faults');
      }
    });
  }
  await step('password in plain text', async () => {
    const plain = 'a password in plain text';
    const test = await ui
      .testConnection(scene.connection({ password: plain }))
      .catch((thrown: unknown) => refusedAs(thrown));
    const said = JSON.stringify(test);
    if (!/plain text|reference/i.test(said) || said.includes(plain))
      throw new Error(`not rejected with a message: ${said}`);
  });
}
