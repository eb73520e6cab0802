import { Columns, plain } from './sqlite-columns.ts';
import type { Statements } from './sqlite-statements.ts';
import type { SignatureReads, SignatureWrites, StoredSignature } from './signature.ts';

const LIST = 'SELECT * FROM signatures ORDER BY subject, name';
const GET = 'SELECT * FROM signatures WHERE subject = ? AND name = ?';
const SIGNATURE = new Columns<StoredSignature>('signatures', {
  subject: plain('subject'),
  name: plain('name'),
  jws: plain('jws'),
  storedAt: plain('stored_at'),
});
const SAVE = SIGNATURE.upsert(['subject', 'name']);
const DELETE = 'DELETE FROM signatures WHERE subject = ? AND name = ?';

export function signatureTable(statements: Statements): SignatureReads & SignatureWrites {
  return {
    list: async () => statements.all(LIST, [], SIGNATURE.read),
    get: async (subject, name) => statements.get(GET, [subject, name], SIGNATURE.read),
    save: async (signature) => statements.save(SAVE, signature),
    delete: async (subject, name) => void statements.run(DELETE, [subject, name]),
  };
}
