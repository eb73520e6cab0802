import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';
import type { Deps } from '../deps.ts';
import { MAX_SIGNATURE_CHARACTERS } from '../signatures/parse.ts';
import {
  removeSignature,
  saveSignature,
  viewSignatures,
  workflowToSign,
} from '../signatures/signatures.ts';
import { Statements } from '../signatures/statements.ts';
import { application, DELETED, jsonBody, REJECTIONS, requestBody, SECURITY } from './routing.ts';
import { NameParameter, Time } from './schemas.ts';

const SUBJECTS = ['pipeline', 'service'] as const;

const SignatureRequest = z
  .strictObject({ signature: z.string().min(1).max(MAX_SIGNATURE_CHARACTERS) })
  .openapi('SignatureRequest');

const SignatureView = z
  .object({
    subject: z.enum(SUBJECTS),
    name: z.string().openapi({ description: 'Name of the pipeline or service' }),
    keyId: z.string().openapi({ description: 'Thumbprint of the key, RFC 7638' }),
    title: z.string().openapi({ description: 'The name that the signer gave' }),
    audience: z.array(z.string()).readonly(),
    notBefore: Time,
    notAfter: Time,
    storedAt: Time,
    state: z.enum(['matches', 'differs', 'notYetValid', 'expired']).openapi({
      description: 'Compared with the present definition; only runners verify the signature',
    }),
  })
  .openapi('Signature');

const Workflow = z.record(z.string(), z.unknown()).openapi('WorkflowToSign');

const list = createRoute({
  method: 'get',
  path: '/api/v1/signatures',
  summary: 'List the signatures of all pipelines and services',
  security: SECURITY,
  responses: {
    200: jsonBody(z.object({ signatures: z.array(SignatureView) }), 'All signatures'),
    ...REJECTIONS,
  },
});

function routesOf(subject: (typeof SUBJECTS)[number]) {
  const path = `/api/v1/${subject}s/{name}/signature` as const;
  const request = { params: NameParameter };
  const what = subject === 'pipeline' ? 'the runs of a pipeline' : 'connection tests of a service';
  return {
    workflow: createRoute({
      method: 'get',
      path: `/api/v1/${subject}s/{name}/workflow`,
      summary: `Get the workflow document to sign for ${what}`,
      security: SECURITY,
      request,
      responses: { 200: jsonBody(Workflow, 'The document'), ...REJECTIONS },
    }),
    put: createRoute({
      method: 'put',
      path,
      summary: `Store the signature that is offered with ${what}`,
      security: SECURITY,
      request: { ...request, ...requestBody(SignatureRequest) },
      responses: { 200: jsonBody(SignatureView, 'What the signature says'), ...REJECTIONS },
    }),
    delete: createRoute({
      method: 'delete',
      path,
      summary: `Delete the signature for ${what}`,
      security: SECURITY,
      request,
      responses: DELETED,
    }),
  };
}

export function signaturesApi(deps: Deps): OpenAPIHono {
  const app = application();
  const statements = new Statements();
  app.openapi(list, async (context) =>
    context.json({ signatures: [...(await viewSignatures(deps, statements))] }, 200),
  );
  for (const subject of SUBJECTS) {
    const routes = routesOf(subject);
    app.openapi(routes.workflow, async (context) => {
      const { name } = context.req.valid('param');
      return context.json(await workflowToSign(deps.store.read, subject, name), 200);
    });
    app.openapi(routes.put, async (context) => {
      const { name } = context.req.valid('param');
      const { signature } = context.req.valid('json');
      return context.json(await saveSignature(deps, subject, name, signature), 200);
    });
    app.openapi(routes.delete, async (context) => {
      await removeSignature(deps, subject, context.req.valid('param').name);
      return context.body(null, 204);
    });
  }
  return app;
}
