import type { Row, Statements } from './sqlite-statements.ts';
import type {
  SignatureReads,
  SignatureSubject,
  SignatureWrites,
  StoredSignature,
} from './signature.ts';

const LIST = 'SELECT * FROM signatures ORDER BY subject, name';
const GET = 'SELECT * FROM signatures WHERE subject = ? AND name = ?';
const SAVE =
  'INSERT OR REPLACE INTO signatures (subject, name, jws, stored_at) VALUES (?, ?, ?, ?)';
const DELETE = 'DELETE FROM signatures WHERE subject = ? AND name = ?';

export function signatureTable(statements: Statements): SignatureReads & SignatureWrites {
  return {
    list: async () => statements.all(LIST, [], toSignature),
    get: async (subject, name) => statements.get(GET, [subject, name], toSignature),
    save: async ({ subject, name, jws, storedAt }) =>
      void statements.run(SAVE, [subject, name, jws, storedAt]),
    delete: async (subject, name) => void statements.run(DELETE, [subject, name]),
  };
}

function toSignature(row: Row): StoredSignature {
  return {
    subject: row['subject'] as SignatureSubject,
    name: row['name'] as string,
    jws: row['jws'] as string,
    storedAt: row['stored_at'] as number,
  };
}
