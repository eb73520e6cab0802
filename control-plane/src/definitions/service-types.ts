import { ControlPlaneError } from '../runtime/errors.ts';
import { parseSalesforceConnection } from './salesforce-connection.ts';

type Document = Readonly<Record<string, unknown>>;

/**
 * The types of service that runners have connectors for, each with the function that validates its
 * connection.
 */
const PARSERS = {
  Salesforce: parseSalesforceConnection,
} as const satisfies Readonly<Record<string, (document: Document) => Document>>;

export type ServiceType = keyof typeof PARSERS;
export const SERVICE_TYPES = Object.keys(PARSERS) as ServiceType[];

/** Throws SECRET_IN_PLAIN_TEXT, and INPUT_INVALID for an invalid connection or an unknown type. */
export function parseConnection(type: string, document: Document): Document {
  const known = SERVICE_TYPES.find((name) => name === type);
  if (known === undefined)
    throw new ControlPlaneError('INPUT_INVALID', `unknown service type ${JSON.stringify(type)}`, {
      remedy: `Use one of ${SERVICE_TYPES.join(', ')}.`,
    });
  return PARSERS[known](document);
}
