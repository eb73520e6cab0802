import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { MAX_SIGNATURE_CHARACTERS } from '../../policy/signatures/compact-jws.ts';
import { keyIdOf, publicKeyOf } from '../../policy/signatures/key-id.ts';
import { signStatement } from '../../policy/signatures/sign.ts';
import { signedContent } from '../../policy/signatures/signed-content.ts';
import { parseStatement, type SignedStatement } from '../../policy/signatures/statement.ts';
import { canonicalJson } from '../../../foundation/src/runtime/canonical-json.ts';
import { requireFlag, type Invocation } from '../invocation.ts';
import { parseKind } from '../policy/explain.ts';
import { columns } from '../terminal.ts';
import { type DocumentToSign, readDocumentToSign } from './document-to-sign.ts';
import { readKeyFile } from './key-file.ts';
import { audienceOf, validityOf } from './signing-request.ts';

/** Signs a workflow document for runners, and shows what the signature permits. */
export async function sign({ flags, terminal }: Invocation): Promise<void> {
  const kind = parseKind(flags.get('kind'));
  const [aud, validity] = [audienceOf(flags), validityOf(flags, systemClock.now())];
  const keyFile = requireFlag(flags, 'key');
  const source = await readDocumentToSign(requireFlag(flags, 'workflow'));
  const key = await readKeyFile(keyFile);
  const named = flags.get('name');
  const name = typeof named === 'string' ? named : source.service;
  const workflow = signedContent(source.document);
  const statement = checked({ aud: [...aud], ...validity, kind, name, workflow });
  const signature = signStatement(statement, key);
  if (signature.length > MAX_SIGNATURE_CHARACTERS)
    throw new RunnerError(
      'INPUT_INVALID',
      `the signature exceeds ${MAX_SIGNATURE_CHARACTERS} characters`,
      {
        remedy: 'Select objects by patterns instead of names.',
      },
    );
  const keyId = keyIdOf(publicKeyOf(key));
  const facts = factsOf(statement, source, keyId);
  terminal.document({ signature, ...facts }, signature);
  terminal.notice(`Signed:\n${columns(Object.entries(facts).map(rowOf))}`);
}

/** What runners read in the statement. Throws INPUT_INVALID for what they would not accept. */
function checked(statement: SignedStatement): SignedStatement {
  try {
    return parseStatement(Buffer.from(canonicalJson(statement)));
  } catch (thrown) {
    throw new RunnerError('INPUT_INVALID', 'invalid name, pool or runner', {
      cause: thrown,
      remedy: 'A name has at most 200 characters; a pool or runner has letters, digits, . _ and -.',
    });
  }
}

function factsOf(
  { name, kind, aud, nbf, exp }: SignedStatement,
  { service, hosts, secrets }: DocumentToSign,
  keyId: string,
): Readonly<Record<string, string | readonly string[]>> {
  return {
    name,
    kind,
    service,
    hosts,
    secrets,
    audience: aud,
    notBefore: timeOf(nbf),
    notAfter: timeOf(exp),
    keyId,
  };
}

function rowOf([title, value]: readonly [string, string | readonly string[]]): readonly string[] {
  return [`  ${title}`, typeof value === 'string' ? value : value.join(', ') || 'none'];
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
