import { describe, expect, it } from 'vitest';
import { logLevelOf, parseJobDocument } from './job-document.ts';

const source = {
  type: 'salesforce',
  serviceName: 'crm',
  serviceConnection: { config: {} },
  sourceConfig: { config: {} },
};

describe('workflowConfig of a workflow', () => {
  it.each([
    ['left out', {}],
    ['empty', { workflowConfig: {} }],
    ['a key without a value', { workflowConfig: null }],
  ])('may be %s where there is no sink', (_how, more) => {
    const { workflow, document } = parseJobDocument(JSON.stringify({ source, ...more }));
    expect(workflow.workflowConfig).toEqual({
      loggerLevel: 'INFO',
      successThreshold: 90,
      raiseOnError: true,
    });
    expect(logLevelOf(workflow)).toBe('info');
    expect(document).toEqual({ source, ...more });
  });

  it('is rejected with the name of the invalid field', () => {
    expect(() =>
      parseJobDocument(JSON.stringify({ source, workflowConfig: { successThreshold: 101 } })),
    ).toThrow(
      expect.objectContaining({
        code: 'JOB_INVALID',
        message: expect.stringContaining('workflowConfig.successThreshold'),
      }),
    );
    expect(() => parseJobDocument(JSON.stringify({ source, workflowConfig: 'INFO' }))).toThrow(
      expect.objectContaining({
        code: 'JOB_INVALID',
        message: expect.stringContaining('workflowConfig'),
      }),
    );
  });
});
