import { ControlPlaneError } from '../runtime/errors.ts';
import { parseSalesforceConnection } from './salesforce-connection.ts';
import type { Json } from '../runtime/json.ts';

/**
 * The types of service that runners have connectors for, each with the function that validates its
 * connection.
 */
const PARSERS = {
  Salesforce: parseSalesforceConnection,
} as const satisfies Readonly<Record<string, (document: Json) => Json>>;

export type ServiceType = keyof typeof PARSERS;
/** The type whose pipelines run here when OpenMetadata deploys them. */
export const OUR_SERVICE = 'Salesforce' satisfies ServiceType;
export const SERVICE_TYPES = Object.keys(PARSERS) as ServiceType[];

/** Throws SECRET_IN_PLAIN_TEXT, and INPUT_INVALID for an invalid connection or an unknown type. */
export function parseConnection(type: string, document: Json): Json {
  const known = SERVICE_TYPES.find((name) => name === type);
  if (known === undefined)
    throw new ControlPlaneError('INPUT_INVALID', `unknown service type ${JSON.stringify(type)}`, {
      remedy: `Use one of ${SERVICE_TYPES.join(', ')}.`,
    });
  return PARSERS[known](document);
}
