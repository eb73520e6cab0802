import { recordId } from '../org/ids.ts';

/** The id of the org's integration user. */
export const INTEGRATION_USER = recordId('005', 0);
