import { ApiError } from '../errors.ts';

export function malformed(text: string): ApiError {
  return new ApiError(400, 'MALFORMED_QUERY', text);
}

/** The error of catalog objects for an unsupported kind of query. */
export function unsupported(text: string): ApiError {
  return new ApiError(400, 'EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION', text);
}

const APPEND = (what: string, after: string): string =>
  `If you are attempting to use a custom ${what}, be sure to append the '__c' after the ${after} name. ` +
  'Please reference your WSDL or the describe call for the appropriate names.';

export function noSuchColumn(soql: string, column: string, entity: string): ApiError {
  return new ApiError(
    400,
    'INVALID_FIELD',
    pointAt(
      soql,
      column,
      `No such column '${column}' on entity '${entity}'. ${APPEND('field', 'custom field')}`,
    ),
  );
}

export function noSuchRelation(soql: string, relation: string, entity: string): ApiError {
  const text = `Didn't understand relationship '${relation}' in field path. ${APPEND('relationship', 'custom relationship').replace('__c', '__r')}`;
  return new ApiError(400, 'INVALID_FIELD', pointAt(soql, relation, `${text} (on ${entity})`));
}

export function noSuchObject(soql: string, object: string): ApiError {
  return new ApiError(
    400,
    'INVALID_TYPE',
    pointAt(
      soql,
      object,
      `sObject type '${object}' is not supported. ${APPEND('object', 'entity')}`,
    ),
  );
}

/** Part of the query with a caret below the word, row and column, then the message. */
function pointAt(soql: string, word: string, text: string): string {
  const flat = soql.replaceAll(/\s/g, ' ');
  const at = Math.max(0, flat.search(new RegExp(`\\b${word.replaceAll(/[^\w]/g, '\\$&')}\\b`)));
  const from = Math.max(0, at - 30);
  return `\n${flat.slice(from, at + word.length + 30)}\n${' '.repeat(at - from)}^\nERROR at Row:1:Column:${at + 1}\n${text}`;
}
