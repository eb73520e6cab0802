import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { readTrustedFile } from '../../../../foundation/src/runtime/trusted-file.ts';
import { readCredential } from '../credential-file.ts';

// Invariant: a file of credentials starts no program and names no server. The library of Google
// would do both for a federation whose token comes from a program, an address or a certificate.
// It would read the token of a federation from a file that anybody can change, so the runner does.

const MAX_FILE_BYTES = 64 * 1024;

const text = z.string().min(1);

const schema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('service_account'), client_email: text, private_key: text }),
  z.object({
    type: z.literal('authorized_user'),
    client_id: text,
    client_secret: text,
    refresh_token: text,
  }),
  z.object({
    type: z.literal('external_account'),
    audience: text,
    subject_token_type: text,
    token_url: z.literal('https://sts.googleapis.com/v1/token'),
    service_account_impersonation_url: z
      .string()
      .startsWith('https://iamcredentials.googleapis.com/')
      .exactOptional(),
    credential_source: z.strictObject({
      file: text.refine(isAbsolute),
      format: z
        .object({ type: z.enum(['json', 'text']), subject_token_field_name: text.exactOptional() })
        .exactOptional(),
    }),
  }),
]);

type Document = z.infer<typeof schema>;
type Federation = Extract<Document, { readonly type: 'external_account' }>;

/** A federation has its token in place of the file with it. */
export type GoogleCredentials =
  | Exclude<Document, Federation>
  | (Omit<Federation, 'credential_source'> & { readonly subject_token: string });

/** Throws FILE_UNSAFE, FILE_UNREADABLE and SECRET_MANAGER_SIGN_IN_FAILED; quotes nothing. */
export async function readCredentials(
  path: string,
  protect: (value: string) => void,
): Promise<GoogleCredentials> {
  const file = await readTrustedFile(path, { kind: 'private', maxBytes: MAX_FILE_BYTES });
  if (file === undefined) throw failed(`${path} does not exist`);
  const result = schema.safeParse(parse(file.toString(), path));
  if (!result.success) {
    const keys = result.error.issues.map((issue) => issue.path.join('.') || 'type');
    throw failed(`${path} cannot be used: ${keys.join(', ')}`);
  }
  const credentials = result.data;
  if (credentials.type === 'service_account') protect(credentials.private_key);
  if (credentials.type === 'authorized_user') {
    protect(credentials.client_secret);
    protect(credentials.refresh_token);
  }
  if (credentials.type !== 'external_account') return credentials;
  const { credential_source, ...federation } = credentials;
  const subject_token = await readSubjectToken(credential_source);
  protect(subject_token);
  return { ...federation, subject_token };
}

async function readSubjectToken({
  file,
  format,
}: Federation['credential_source']): Promise<string> {
  const written = await readCredential(file, 'trusted');
  if (format?.type !== 'json') return written;
  const fields = new Map<string, unknown>(Object.entries(parse(written, file) ?? {}));
  const token = fields.get(format.subject_token_field_name ?? '');
  if (typeof token === 'string' && token !== '') return token;
  throw failed(`${file} has no text in the field that subject_token_field_name names`);
}

function parse(content: string, path: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw failed(`${path} is not JSON`);
  }
}

function failed(message: string): RunnerError {
  return new RunnerError('SECRET_MANAGER_SIGN_IN_FAILED', message, {
    remedy:
      'Use the key of a service account, or a federation (external_account) with a token file.',
  });
}
