import { expect, it } from 'vitest';
import { JOB_KINDS as CONTROL_PLANE_KINDS } from '../../control-plane/src/runs/job-kinds.ts';
import { JOB_KINDS } from '../../foundation/src/domain/job.ts';

it('runner and control plane support the same job kinds', () => {
  expect(CONTROL_PLANE_KINDS).toEqual(JOB_KINDS);
});
