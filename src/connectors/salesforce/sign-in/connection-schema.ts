import type { PemKind } from '../../../secrets/pem.ts';
import { z } from 'zod';
import { filterPatternSchema } from '../../../../openmetadata/src/workflow.ts';

/**
 * Dotted paths of the secret fields: those that OpenMetadata marks as passwords, and `privateKey`.
 */
export const SECRET_FIELDS = [
  'password',
  'securityToken',
  'consumerSecret',
  'privateKey',
  'sslConfig.caCertificate',
  'sslConfig.sslCertificate',
  'sslConfig.sslKey',
] as const;

/** Certificates and keys are files, so these may be named by path. */
export const FILE_FIELDS = {
  'sslConfig.caCertificate': 'certificate',
  'sslConfig.sslCertificate': 'certificate',
  'sslConfig.sslKey': 'private key',
} as const satisfies Partial<Record<(typeof SECRET_FIELDS)[number], PemKind>>;

/** A certificate authority that connections of the job trust in addition. */
export const AUTHORITY_FIELDS = ['sslConfig.caCertificate'] as const;

/** YAML reads digits without quotes as a number, which loses leading zeros and precision. */
const string = z.string({
  error: ({ input }) => (typeof input === 'number' ? 'is a number; write it in quotes' : undefined),
});
/** Short enough for a line of the audit trail with several of them. */
const text = string.max(512).nullish();
const secretText = string.max(100_000).nullish();
const objectName = z.string().regex(/^[A-Za-z]\w{0,254}$/, 'is not the API name of an object');

/**
 * OpenMetadata's salesforceConnection.json, with `sobjectName` of its older versions and our
 * `privateKey` for JWT bearer. Forms write empty strings and nulls for empty fields, so both count
 * as absent.
 */
export const connectionSchema = z.strictObject({
  type: z.literal('Salesforce').nullish(),
  username: text,
  password: secretText,
  securityToken: secretText,
  consumerKey: text,
  consumerSecret: secretText,
  privateKey: secretText,
  organizationId: text,
  sobjectName: z.union([z.literal(''), objectName]).nullish(),
  sobjectNames: z.array(objectName).max(10_000).nullish(),
  databaseName: z
    .string()
    .max(256)
    .regex(/^(?:(?!::).)*$/, 'contains "::" or a line break')
    .nullish(),
  salesforceApiVersion: z
    .union(
      [
        z.literal(''),
        z.string().regex(/^v?\d{1,3}(?:\.0)?$/),
        z
          .int()
          .min(1)
          .max(999)
          .transform((version) => `${version}.0`),
      ],
      'is not an API version such as "64.0"',
    )
    .nullish(),
  salesforceDomain: text,
  sslConfig: z
    .strictObject({ caCertificate: secretText, sslCertificate: secretText, sslKey: secretText })
    .nullish(),
  connectionOptions: z.record(z.string(), z.unknown()).nullish(),
  connectionArguments: z.record(z.string(), z.unknown()).nullish(),
  schemaFilterPattern: filterPatternSchema.nullish(),
  tableFilterPattern: filterPatternSchema.nullish(),
  databaseFilterPattern: filterPatternSchema.nullish(),
  supportsMetadataExtraction: z.boolean().nullish(),
});
export type RawConnection = z.infer<typeof connectionSchema>;
