import { z } from 'zod';
import { cancelRun } from '../../runs/cancel-run.ts';
import { isEnded, type Run } from '../../runs/run.ts';
import { ControlPlaneError, type ErrorBody } from '../../runtime/errors.ts';
import {
  patchAutomation,
  testSteps,
  type TestResponse,
  type TestStep,
} from '../server/automations.ts';
import type { CatalogApi } from '../server/catalog-api.ts';
import type { RelayDeps } from './relay-deps.ts';

/** The dialog times out after 180 s. */
const LIMIT_MS = 150_000;
/** A runner that has just lost its connection gets this long to come back. */
const ABSENCE_MS = 5000;
const TICK_MS = 1000;
/** For the last report, also when the control plane stops. */
const REPORT_MS = 10_000;
const MAX_STEPS = 100;

const Step = z.object({
  name: z.string().catch('unnamed step'),
  passed: z.boolean().catch(false),
  mandatory: z.boolean().catch(true),
  message: z.string().nullish().catch(null),
  error: z
    .object({
      code: z.string().catch(''),
      message: z.string().catch(''),
      remedy: z.string().catch(''),
    })
    .nullish()
    .catch(null),
});
type Step = z.infer<typeof Step>;

type Shown = Omit<TestStep, 'name' | 'mandatory'> & { readonly warning?: boolean };

/** One connection test: waits for its steps and writes them into the automation workflow. */
export class ConnectionTest {
  readonly #deps: RelayDeps;
  readonly #api: CatalogApi;
  readonly #id: string;
  readonly #pool: string;

  constructor(deps: RelayDeps, api: CatalogApi, id: string, pool: string) {
    this.#deps = deps;
    this.#api = api;
    this.#id = id;
    this.#pool = pool;
  }

  /** Resolves when the server has the result. */
  async follow(queued: Run, signal: AbortSignal): Promise<void> {
    const { store, changes, clock } = this.#deps;
    const since = clock.monotonic();
    // The dialog has waited since before a restart of the control plane.
    const waitedMs = Math.max(0, clock.now() - queued.queuedAt);
    let reported = -1;
    for (;;) {
      const watch = changes.watch(queued.id);
      const run = (await store.read.runs.get(queued.id)) ?? queued;
      const steps = await this.#stepsOf(run);
      if (isEnded(run.status)) {
        watch.end();
        return this.#conclude(steps, run.status.state === 'success' ? null : run.status.error);
      }
      const elapsedMs = clock.monotonic() - since;
      const problem = this.#problemOf(run, { elapsedMs, waitedMs }, signal);
      if (problem !== undefined) {
        watch.end();
        await this.#cancel(run, problem.message);
        return this.#conclude(steps, problem);
      }
      if (steps.length > reported) await this.#reportProgress(run.id, steps, signal);
      reported = steps.length;
      await watch.wait(clock, TICK_MS, signal);
    }
  }

  /** Ends the dialog with a message about a test that cannot begin. */
  async reject(error: ErrorBody): Promise<void> {
    await this.#conclude([], error);
  }

  /** Why the test cannot continue. */
  #problemOf(
    run: Run,
    { elapsedMs, waitedMs }: { readonly elapsedMs: number; readonly waitedMs: number },
    signal: AbortSignal,
  ): ErrorBody | undefined {
    if (signal.aborted)
      return {
        code: 'RESTARTED',
        message: 'the control plane is restarting',
        remedy: 'Test again.',
      };
    const wait = this.#deps.waits.get(run.id);
    if (run.status.state === 'queued' && wait?.absent === true && elapsedMs >= ABSENCE_MS) {
      const nobody = `no runner of pool ${this.#pool} is connected`;
      const message = wait.code === 'NO_RUNNER' ? nobody : wait.message;
      return { code: wait.code, message, remedy: wait.remedy };
    }
    if (waitedMs + elapsedMs < LIMIT_MS) return undefined;
    return {
      code: 'TIMEOUT',
      message:
        wait === undefined ? 'the test took too long' : `the test took too long: ${wait.message}`,
      remedy: 'Check the runner and its network, then test again.',
    };
  }

  async #stepsOf({ id, epoch, status }: Run): Promise<readonly Step[]> {
    if (status.state === 'queued' || epoch === 0) return [];
    const { records } = this.#deps.store.read;
    const page = { after: 0, limit: MAX_STEPS };
    const stored = await records.ofAttempt(id, epoch, page, 'step');
    return stored.map(({ line }) => Step.parse(JSON.parse(line)));
  }

  async #cancel({ id }: Run, reason: string): Promise<void> {
    await cancelRun(this.#deps, this.#deps.registry, id, reason).catch((thrown: unknown) => {
      if (ControlPlaneError.from(thrown).code !== 'CONFLICT') throw thrown;
    });
  }

  /** The steps so far; a server that does not take them gets the next ones. */
  async #reportProgress(runId: string, steps: readonly Step[], signal: AbortSignal): Promise<void> {
    const passed = steps.filter((step) => step.passed).map(({ name }) => name);
    const message = passed.length === 0 ? 'waiting for the runner' : `passed: ${passed.join(', ')}`;
    try {
      const shown = steps.length === 0 ? [] : await this.#shown({ passed: true, message }, signal);
      await patchAutomation(
        this.#api,
        this.#id,
        { response: this.#response('Running', shown) },
        signal,
      );
    } catch (thrown) {
      this.#deps.log.debug(
        { err: thrown, run: runId, workflow: this.#id },
        'failed to report progress of a connection test',
      );
    }
  }

  async #conclude(steps: readonly Step[], error: ErrorBody | null): Promise<void> {
    const signal = AbortSignal.timeout(REPORT_MS);
    const failed = steps.filter(({ passed }) => !passed);
    const passed = steps.length > 0 && failed.length === 0 && error === null;
    const problems = failed.length > 0 ? failed.map(problemOfStep) : [problemOf(error)];
    const message = passed ? allPassed(steps) : problems[0]!.message;
    const log = passed ? undefined : problems.map(({ log: text }) => text).join('\n\n');
    // The dialog shows a failed step that is not mandatory as a warning.
    const warning = failed.length > 0 && failed.every(({ mandatory }) => !mandatory);
    const result = { passed, message, warning, ...(log === undefined ? {} : { errorLog: log }) };
    const shown = await this.#shown(result, signal);
    const response = this.#response(passed ? 'Successful' : 'Failed', shown);
    // The workflow itself has done its work: the dialog then shows the steps, failed ones too.
    await patchAutomation(this.#api, this.#id, { response, status: 'Successful' }, signal);
    this.#deps.log.info({ workflow: this.#id, passed }, 'connection test reported');
  }

  /** The steps of the server’s definition, each with the result of all of ours. */
  async #shown(
    { warning = false, ...result }: Shown,
    signal: AbortSignal,
  ): Promise<readonly TestStep[]> {
    return (await testSteps(this.#api, signal)).map(({ name, mandatory }) => ({
      name,
      mandatory: mandatory && !warning,
      ...result,
    }));
  }

  #response(status: TestResponse['status'], steps: readonly TestStep[]): TestResponse {
    return { status, lastUpdatedAt: this.#deps.clock.now(), steps };
  }
}

function allPassed(steps: readonly Step[]): string {
  return `passed: ${steps.map(({ name }) => name).join(', ')}`;
}

interface Problem {
  readonly message: string;
  readonly log: string;
}

function problemOfStep({ name, message, error }: Step): Problem {
  const text = error?.message ?? message ?? 'no reason given';
  const found = problemOf({ code: error?.code ?? '', message: text, remedy: error?.remedy ?? '' });
  return { message: `${name} failed: ${text}`, log: `${name}: ${found.log}` };
}

function problemOf(error: ErrorBody | null): Problem {
  const { code, message, remedy } = error ?? {
    code: 'NO_RESULT',
    message: 'the runner reported no result',
    remedy: 'Check the log of the runner.',
  };
  const first = code === '' ? message : `${code}: ${message}`;
  return { message, log: remedy === '' ? first : `${first}\n${remedy}` };
}
