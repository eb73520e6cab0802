import { setting } from '../setting.ts';
import { PATH } from './path.ts';

export const statusSettings = {
  'status.socket': setting({
    ...PATH,
    flag: '--status-socket',
    default: {
      words: '`status.sock` in the state directory',
      find: ({ stateDir, join }) => join(stateDir, 'status.sock'),
    },
    text: 'Unix socket on which the running runner answers `hybrid-runner status`.',
  }),
} as const;
