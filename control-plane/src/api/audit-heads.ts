import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';
import type { Deps } from '../deps.ts';
import type { Registry } from '../link/registry.ts';
import { acknowledgeAuditAlarm } from '../runners/audit-heads.ts';
import { existingRunner } from '../runners/existing.ts';
import type { StoredAuditHead } from '../store/audit-head.ts';
import { application, jsonBody, REJECTIONS, SECURITY } from './routing.ts';
import { runnerView } from './runner-view.ts';
import { AuditHeadView, IdParameter, RunnerView } from './schemas.ts';

const Heads = z.object({ runnerId: z.string(), heads: z.array(AuditHeadView) });

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/runners/{id}/audit-heads',
  summary: 'List the signed heads of the audit trail of a runner, for `audit verify --heads`',
  security: SECURITY,
  request: { params: IdParameter },
  responses: { 200: jsonBody(Heads, 'The heads, oldest first'), ...REJECTIONS },
});
const acknowledgeRoute = createRoute({
  method: 'post',
  path: '/api/v1/runners/{id}/audit-heads/acknowledge',
  summary: 'End the alarm about the audit trail of a runner',
  security: SECURITY,
  request: { params: IdParameter },
  responses: { 200: jsonBody(RunnerView, 'The runner'), ...REJECTIONS },
});

export function auditHeadsApi(deps: Deps, registry: Registry): OpenAPIHono {
  const app = application();
  const view = runnerView(deps, registry);
  app.openapi(listRoute, async (context) => {
    const { id } = await existingRunner(deps.store.read, context.req.valid('param').id);
    const heads = await deps.store.read.auditHeads.list(id);
    return context.json({ runnerId: id, heads: heads.map(viewHead) }, 200);
  });
  app.openapi(acknowledgeRoute, async (context) =>
    context.json(await view(await acknowledgeAuditAlarm(deps, context.req.valid('param').id)), 200),
  );
  return app;
}

function viewHead(head: StoredAuditHead): z.infer<typeof AuditHeadView> {
  const { number, hash, signature, publicKey, receivedAt, problem, acknowledgedAt } = head;
  return {
    number,
    hash,
    signature: signature.toString('base64'),
    publicKey: publicKey.toString('base64'),
    receivedAt,
    problem,
    acknowledgedAt,
  };
}
