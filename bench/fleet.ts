/**
 * The load of bench/control-plane.ts, in a process of its own: runners that are implemented from
 * proto/ only, each with a TLS connection, and an operator who starts runs.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { batch, outcomeLine } from '../control-plane/test/fake-records.ts';
import {
  connect,
  newKey,
  type Connection,
  type Identity,
  type Ref,
  type Target,
} from '../control-plane/test/fake-runner.ts';
import { ApiCalls } from './api-calls.ts';
import { percentile } from './measure.ts';

const HANDSHAKES_AT_ONCE = 8;
const CALLS_AT_ONCE = 16;
const HEARTBEAT_MS = 15_000;
const HEARTBEAT_TICK_MS = 5;
const CAPACITY = 2;
const SERVICES = 500;

const Start = z.object({
  port: z.number(),
  ca: z.string(),
  adminToken: z.string(),
  runners: z.number(),
  jobs: z.number(),
});
type Start = z.infer<typeof Start>;

/** The whole stream of a job that ends at once; only its reference differs. */
const STREAM = batch({ runId: '', attempt: 1, epoch: 1 }, 1, [outcomeLine([])], { last: true });

/** Runs `work` for each number below `count`, `atOnce` at a time. */
async function inParallel(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

class Fleet {
  readonly #target: Target;
  readonly #newClients: () => ApiCalls[];
  #clients: readonly ApiCalls[];
  readonly #connections: Connection[] = [];
  readonly #offeredAt = new Map<string, number>();
  /** From an offer to the acknowledgement of the outcome, in ms. */
  readonly #times: number[] = [];
  #acknowledged: () => void = () => undefined;

  constructor({ port, ca, adminToken }: Start) {
    this.#target = { port, ca };
    this.#newClients = () =>
      Array.from(
        { length: CALLS_AT_ONCE },
        () => new ApiCalls(`https://localhost:${port}`, adminToken, ca),
      );
    this.#clients = this.#newClients();
  }

  async connect(runners: number): Promise<void> {
    const identities: Identity[] = [];
    await inParallel(runners, CALLS_AT_ONCE, async (index) => {
      identities[index] = await this.#enroll(index);
    });
    this.#sendHeartbeats();
    await inParallel(runners, HANDSHAKES_AT_ONCE, async (index) => {
      const options = { bootId: randomBytes(8).toString('hex'), capacity: CAPACITY };
      const { connection } = await connect('ws', this.#target, identities[index]!, options);
      this.#connections.push(connection);
      void this.#work(connection);
    });
  }

  async prepare(): Promise<void> {
    await inParallel(SERVICES, CALLS_AT_ONCE, async (index) => {
      const create = { 'if-none-match': '*' };
      const connection = {
        username: 'etl@acme.example',
        password: 'secret:/salesforce/bench/password',
        salesforceDomain: 'acme.my',
      };
      const body = { type: 'Salesforce', connection };
      await this.#client(index).call('PUT', `/api/v1/services/s${index}`, body, create);
      const pipeline = { service: `s${index}`, sourceConfig: {} };
      await this.#client(index).call('PUT', `/api/v1/pipelines/p${index}`, pipeline, create);
    });
  }

  /** Starts runs and waits until each has ended: runs a second, and ms from offer to the end. */
  async dispatch(jobs: number): Promise<{ jobsPerSecond: number; p50: number; p99: number }> {
    // The server has closed the idle connections of the old ones.
    for (const client of this.#clients) client.close();
    this.#clients = this.#newClients();
    this.#times.length = 0;
    const done = new Promise<void>((resolve) => {
      this.#acknowledged = () => this.#times.length === jobs && resolve();
    });
    const started = performance.now();
    await inParallel(jobs, CALLS_AT_ONCE, async (index) => {
      const path = `/api/v1/pipelines/p${index % SERVICES}/runs`;
      await this.#client(index).call('POST', path, {});
    });
    await done;
    return {
      jobsPerSecond: jobs / ((performance.now() - started) / 1000),
      p50: percentile(this.#times, 50),
      p99: percentile(this.#times, 99),
    };
  }

  #client(index: number): ApiCalls {
    return this.#clients[index % CALLS_AT_ONCE]!;
  }

  async #enroll(index: number): Promise<Identity> {
    const client = this.#client(index);
    const { token } = await client.call<{ token: string }>('POST', '/api/v1/enrollment-tokens', {});
    const { key, publicKey } = newKey();
    const { runnerId } = await client.call<{ runnerId: string }>('POST', '/runner/v1/enroll', {
      token,
      publicKey,
      name: `runner-${index}`,
      version: '0.1.0',
      platform: 'bench',
    });
    return { runnerId, key };
  }

  /** Accepts each offer and ends it at once. */
  async #work(connection: Connection): Promise<void> {
    for (;;) {
      const frame = await connection.next();
      if (frame === undefined) throw new Error('the control plane closed a connection');
      if (frame.body === 'offer') {
        const { ref } = frame['offer'] as { ref: Ref };
        this.#offeredAt.set(ref.runId, performance.now());
        connection.send('accept', { ref });
        connection.send('batch', { ...STREAM, ref });
      }
      if (frame.body === 'ack') {
        const { ref } = frame['ack'] as { ref: Ref };
        this.#times.push(performance.now() - this.#offeredAt.get(ref.runId)!);
        this.#acknowledged();
      }
    }
  }

  /** Each connection sends one heartbeat in an interval, one connection after the other. */
  #sendHeartbeats(): void {
    let next = 0;
    let due = 0;
    let before = performance.now();
    setInterval(() => {
      const now = performance.now();
      due += ((now - before) * this.#connections.length) / HEARTBEAT_MS;
      before = now;
      for (; due >= 1; due--)
        this.#connections[next++ % this.#connections.length]!.send('heartbeat', {
          number: next,
          capacity: CAPACITY,
        });
    }, HEARTBEAT_TICK_MS);
  }
}

process.once('message', (message) => {
  const start = Start.parse(message);
  const fleet = new Fleet(start);
  const report = (text: string, figures: object = {}): void =>
    void process.send!({ report: text, ...figures });
  process.on('message', (step) => {
    if (step === 'dispatch')
      void fleet.dispatch(start.jobs).then((figures) => report('dispatched', figures));
  });
  void fleet
    .prepare()
    .then(() => fleet.connect(start.runners))
    .then(() => report('connected'));
});
process.on('disconnect', () => process.exit());
