import { z } from 'zod';
import type { Json } from '../../../../foundation/src/domain/json.ts';
import type { CatalogApi } from './catalog-api.ts';
import { parseAnswer } from './services.ts';

const Workflow = z.object({
  id: z.string(),
  request: z.object({
    connection: z.object({ config: z.record(z.string(), z.unknown()) }).nullish(),
    connectionType: z.string().nullish(),
    serviceName: z.string().nullish(),
  }),
});

export interface AutomationRequest {
  readonly connection: Json;
  readonly connectionType: string | null;
  /** null for a service that is not saved yet. */
  readonly serviceName: string | null;
}

/** The request of an automation workflow with its secrets decrypted; undefined when it is gone. */
export async function readAutomation(
  api: CatalogApi,
  id: string,
  signal: AbortSignal,
): Promise<AutomationRequest | undefined> {
  const what = 'automation workflow';
  const body = await api.find(`/automations/workflows/${encodeURIComponent(id)}`, what, signal);
  if (body === undefined) return undefined;
  const { connection, connectionType, serviceName } = parseAnswer(Workflow, body, what).request;
  return {
    connection: connection?.config ?? {},
    connectionType: connectionType ?? null,
    serviceName: serviceName ?? null,
  };
}

/** A step of OpenMetadata’s testConnectionResult. */
export interface TestStep {
  readonly name: string;
  readonly mandatory: boolean;
  readonly passed: boolean;
  readonly message: string;
  readonly errorLog?: string;
}

export interface TestResponse {
  readonly status: 'Running' | 'Successful' | 'Failed';
  readonly lastUpdatedAt: number;
  readonly steps: readonly TestStep[];
}

/** Writes the response, and with `status` the end, of an automation workflow. */
export async function patchAutomation(
  api: CatalogApi,
  id: string,
  {
    response,
    status,
  }: { readonly response: TestResponse; readonly status?: 'Successful' | 'Failed' },
  signal: AbortSignal,
): Promise<void> {
  const body = [
    { op: 'add', path: '/response', value: response },
    ...(status === undefined ? [] : [{ op: 'add', path: '/status', value: status }]),
  ];
  const path = `/automations/workflows/${encodeURIComponent(id)}`;
  await api.send({ method: 'PATCH', path, what: 'automation workflow', body }, signal);
}

const Definition = z.object({
  steps: z.array(z.object({ name: z.string(), mandatory: z.boolean().nullish() })).min(1),
});

/** The names of the steps that the server’s dialog shows for Salesforce. */
export async function testSteps(
  api: CatalogApi,
  signal: AbortSignal,
): Promise<readonly { readonly name: string; readonly mandatory: boolean }[]> {
  const what = 'definition of the connection test';
  const path = '/services/testConnectionDefinitions/name/Salesforce.testConnectionDefinition';
  const body = await api.find(path, what, signal);
  const parsed = Definition.safeParse(body);
  const steps = parsed.success ? parsed.data.steps : [{ name: 'CheckAccess', mandatory: true }];
  return steps.map(({ name, mandatory }) => ({ name, mandatory: mandatory ?? true }));
}
