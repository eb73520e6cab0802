import { describe, expect, it } from 'vitest';
import { parseSalesforceConnection } from '../../control-plane/src/definitions/salesforce-connection.ts';
import {
  parseSourceConfig,
  SOURCE_OPTIONS,
} from '../../control-plane/src/definitions/source-config.ts';
import { UNUSABLE, USABLE } from '../../control-plane/test/connection-cases.ts';
import { parseConnection } from '../../src/connectors/salesforce/sign-in/connection.ts';
import { readSourceOptions } from '../../src/connectors/salesforce/options/source-options.ts';

/**
 * The control plane rejects when a service is saved what a runner would reject when it runs, and
 * nothing else.
 */
describe('a Salesforce connection', () => {
  it.each(UNUSABLE)('with %s is rejected by both', (_, given) => {
    expect(() => parseSalesforceConnection(given)).toThrow();
    expect(() => parseConnection(given)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^SALESFORCE_(?:CONNECTION|DOMAIN)_INVALID$/) as unknown,
      }),
    );
  });

  it.each(USABLE)('for %s is accepted by both', (_, given) => {
    expect(() => parseConnection(parseSalesforceConnection(given))).not.toThrow();
  });
});

describe('an option of a pipeline', () => {
  it.each(SOURCE_OPTIONS)('%s is known to a runner', (name) => {
    expect(
      readSourceOptions({ [name]: null }, { service: 's', database: 'd', schema: 'e' }).ignored,
    ).toEqual([]);
  });

  it('with members of a newer OpenMetadata is accepted', () => {
    expect(() =>
      parseSourceConfig({ incremental: { enabled: true, lookbackDays: 1, safetyMarginDays: 1 } }),
    ).not.toThrow();
  });
});
