import { z } from 'zod';
import { checkSecretReferences } from './connection-secrets.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import { filterPattern } from './filter-pattern.ts';
import { parseDefinition } from './parse.ts';
import { signInProblem } from './salesforce-sign-in.ts';

const text = z.string().trim().min(1, 'is empty; omit it').max(4096).optional();
const objectName = z.string().regex(/^[A-Za-z]\w{0,254}$/, 'is not the API name of an object');

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const DOMAIN = new RegExp(`^(?:login|test|${LABEL}(?:\\.${LABEL})?\\.my)$`, 'i');

/**
 * OpenMetadata's salesforceConnection.json (1.8 to 1.13), plus `sobjectName` of older versions and
 * the runner's `privateKey`.
 */
const connectionSchema = z.strictObject({
  type: z.literal('Salesforce').optional(),
  username: text,
  password: text,
  securityToken: text,
  consumerKey: text,
  consumerSecret: text,
  privateKey: text,
  organizationId: z
    .string()
    .regex(
      /^00D[A-Za-z0-9]{12}(?:[A-Z0-5]{3})?$/,
      'is not an organization id: 15 or 18 characters that start with 00D',
    )
    .optional(),
  salesforceDomain: z
    .string()
    .max(200)
    .regex(
      DOMAIN,
      'is not the part of the org’s address before ".salesforce.com", such as "acme.my", "login" or "test"',
    )
    .optional(),
  salesforceApiVersion: z
    .union(
      [z.string().regex(/^v?\d{1,3}(?:\.0)?$/), z.int().min(1).max(999)],
      'is not an API version such as "64.0"',
    )
    .optional(),
  sobjectName: objectName.optional(),
  sobjectNames: z.array(objectName).max(10_000).optional(),
  databaseName: z
    .string()
    .min(1, 'is empty; omit it')
    .max(256)
    .regex(
      /^(?:(?!::).)*$/,
      'contains "::" or a line break, which OpenMetadata does not allow in names',
    )
    .optional(),
  sslConfig: z
    .strictObject({
      caCertificate: text.nullable(),
      sslCertificate: text.nullable(),
      sslKey: text.nullable(),
    })
    .optional(),
  connectionOptions: empty(),
  connectionArguments: empty(),
  schemaFilterPattern: filterPattern.optional(),
  tableFilterPattern: filterPattern.optional(),
  databaseFilterPattern: filterPattern.optional(),
  supportsMetadataExtraction: z.boolean().optional(),
});

export const CONNECTION_FIELDS: readonly string[] = Object.keys(connectionSchema.shape);

export type SalesforceConnection = z.infer<typeof connectionSchema>;

/**
 * OpenMetadata passes these to its client library. Runners reject them, because they could name
 * another host.
 */
function empty(): z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodUnknown>> {
  return z
    .record(z.string(), z.unknown())
    .refine(
      (entries) => Object.keys(entries).length === 0,
      'must be omitted: use the specific fields instead',
    )
    .optional();
}

/**
 * Validates a connection and drops null members. Throws SECRET_IN_PLAIN_TEXT, and INPUT_INVALID
 * with all invalid fields or with the missing or contradictory fields of the sign-in.
 */
export function parseSalesforceConnection(
  document: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  checkSecretReferences(document);
  const connection = parseDefinition('connection', document, connectionSchema);
  const problem = signInProblem(connection);
  if (problem !== undefined) throw new ControlPlaneError('INPUT_INVALID', `connection: ${problem}`);
  return connection;
}
