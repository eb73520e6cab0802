import { describeKills } from './runs.ts';

describeKills('ws');
