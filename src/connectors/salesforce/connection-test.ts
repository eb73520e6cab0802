import { z } from 'zod';
import type { StepRecord } from '../../domain/record.ts';
import { RunnerError } from './errors/errors.ts';
import type { ConnectorContext } from '../connector.ts';
import { chooseVersion } from './api/api-version.ts';
import { limitsRequest, readLimits } from './api/budget.ts';
import { listObjects } from './describe/object-list.ts';
import type { Connection } from './sign-in/connection.ts';
import type { Org } from './api/org.ts';
import { queryAll } from './api/query-pages.ts';

interface Step {
  readonly name: string;
  readonly description: string;
  readonly mandatory: boolean;
  /** What is said when it passes. */
  readonly run: (signal: AbortSignal) => Promise<string>;
}

/** Tries what an extraction needs, one thing after the other. `CheckAccess` is the step that OpenMetadata knows. */
export class ConnectionTest {
  readonly #connection: Connection;
  readonly #context: ConnectorContext;
  readonly #org: Org;
  #version = '';

  constructor(connection: Connection, context: ConnectorContext, org: Org) {
    this.#connection = connection;
    this.#context = context;
    this.#org = org;
  }

  /** Ends after the first mandatory step that fails. */
  async *run(signal: AbortSignal): AsyncGenerator<StepRecord, void, undefined> {
    for (const step of this.#steps()) {
      const record = await this.#try(step, signal);
      yield record;
      if (!record.passed && record.mandatory) return;
    }
  }

  async #try({ run, ...step }: Step, signal: AbortSignal): Promise<StepRecord> {
    try {
      return { kind: 'step', ...step, passed: true, message: await run(signal) };
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted) throw error;
      return {
        kind: 'step',
        ...step,
        passed: false,
        message: error.message,
        error: error.toFailure(),
      };
    }
  }

  #steps(): Step[] {
    return [
      {
        name: 'SignIn',
        description: 'Reach Salesforce and sign in',
        mandatory: true,
        run: (signal) => this.#signIn(signal),
      },
      {
        name: 'ApiVersion',
        description: 'Agree on an API version',
        mandatory: true,
        run: (signal) => this.#agree(signal),
      },
      {
        name: 'CheckAccess',
        description: 'List the objects that the user may see',
        mandatory: true,
        run: (signal) => this.#list(signal),
      },
      {
        name: 'ReadDescriptions',
        description: 'Read descriptions through the Tooling API',
        mandatory: false,
        run: (signal) => this.#readDescription(signal),
      },
      {
        name: 'CheckLimits',
        description: 'See how many API calls are left',
        mandatory: false,
        run: (signal) => this.#checkLimits(signal),
      },
    ];
  }

  async #signIn(signal: AbortSignal): Promise<string> {
    const session = await this.#org.sessions.current(signal);
    return `signed in at ${this.#connection.endpoint.host}; the org is ${session.organizationId} at ${session.origin}`;
  }

  async #agree(signal: AbortSignal): Promise<string> {
    this.#version = await chooseVersion(
      this.#org.api,
      this.#connection.apiVersion,
      this.#context.logger,
      signal,
    );
    return `API version ${this.#version}`;
  }

  async #list(signal: AbortSignal): Promise<string> {
    const objects = await listObjects(this.#org.api, this.#version, signal);
    return `the user can see ${objects.length} objects`;
  }

  async #readDescription(signal: AbortSignal): Promise<string> {
    const query =
      "SELECT QualifiedApiName, Description FROM EntityDefinition WHERE QualifiedApiName IN ('Account')";
    try {
      const rows = await queryAll(
        { api: this.#org.api, version: this.#version, what: 'a query of EntityDefinition' },
        query,
        z.object({ QualifiedApiName: z.string() }),
        signal,
      );
      return `descriptions can be read${rows.length === 0 ? ', though the user sees no account' : ''}`;
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      throw new RunnerError(error.code, error.message, {
        cause: thrown,
        remedy:
          'Give the user the permission View Setup and Configuration. Without it, tables and columns have no descriptions.',
      });
    }
  }

  async #checkLimits(signal: AbortSignal): Promise<string> {
    const { max, remaining } = await this.#org.api.jsonAs(
      limitsRequest(this.#version),
      readLimits,
      signal,
    );
    if (remaining <= 0)
      throw new RunnerError(
        'SALESFORCE_LIMIT_REACHED',
        `none of the ${max} API calls of 24 hours are left`,
      );
    return `${remaining} of ${max} API calls of 24 hours are left`;
  }
}
