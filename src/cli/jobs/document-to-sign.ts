import { formatEndpoint } from '../../../foundation/src/network/endpoint.ts';
import { loadConnectors } from '../../connectors/registry.ts';
import { allow, deny } from '../../policy/decision.ts';
import { formatReference } from '../../secrets/reference.ts';
import { scanForSecrets } from '../../secrets/scan.ts';
import { connectorFor } from '../../worker/connector-choice.ts';
import { parseJobDocument } from '../../worker/job-document.ts';
import { sourcePlace } from '../../worker/source-access.ts';
import { readWorkflowFile } from '../local/workflow-file.ts';

/** A workflow document, and what a signature over it lets runners do. */
export interface DocumentToSign {
  readonly document: Readonly<Record<string, unknown>>;
  readonly service: string;
  readonly hosts: readonly string[];
  /** Each as `secret:/a/b as password`. */
  readonly secrets: readonly string[];
}

/** A signature is stored by the control plane, so no secret may be in what it covers. */
const SIGNER = {
  plainTextPermitted: () => deny('built in', 'a signed document contains references only'),
  filePermitted: () => ({ ...allow('built in'), directory: '/' }),
  authorityPermitted: () => allow('built in'),
};

/** Throws FILE_UNREADABLE, JOB_INVALID and the codes of secrets in the wrong place. */
export async function readDocumentToSign(file: string): Promise<DocumentToSign> {
  const { text } = await readWorkflowFile(file);
  const { document, workflow } = parseJobDocument(text);
  const connector = connectorFor(workflow, await loadConnectors());
  const places = [sourcePlace(connector)];
  const [uses = []] = scanForSecrets(document, { policy: SIGNER, places });
  const { serviceName, serviceConnection } = workflow.source;
  return {
    document: document as DocumentToSign['document'],
    service: serviceName,
    hosts: connector.endpoints(serviceConnection.config).map(formatEndpoint),
    secrets: uses.map(({ path, field }) => `${formatReference(path)} as ${field}`),
  };
}
